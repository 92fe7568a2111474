/** Owns which services an ID-JAG can be for. */
import { isLoopback } from "@agent-auth/web/addresses";
import { parseIssuer } from "./issuer.js";

export interface AudiencePolicy {
  /** This provider: never its own audience. */
  issuer: string;
  /** Null: any service. */
  allowed: readonly string[] | null;
  allowHttp: boolean;
}

const longestAudience = 500;

/** Whether `value` is the issuer URL of a service that this provider may name as `aud`, written in its normal form. */
export function isAudience(value: string, policy: AudiencePolicy): boolean {
  if (value.length > longestAudience || value === policy.issuer) return false;
  if (policy.allowed !== null && !policy.allowed.includes(value)) return false;
  // Two development servers on one machine need no https between them.
  const bothLoopback = isLoopback(new URL(policy.issuer));
  const parsed = parseIssuer(value, policy.allowHttp);
  return "url" in parsed && (parsed.url.protocol === "https:" || policy.allowHttp || bothLoopback);
}

/** RFC 8707 section 2: an absolute URI without a fragment. */
export function isResource(value: string): boolean {
  return value.length <= longestAudience && URL.canParse(value) && !value.includes("#");
}
