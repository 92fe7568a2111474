/** Owns what counts as an issuer and as a resource identifier (RFC 8414 section 2, RFC 9728 section 1.2). */
import { isLoopback } from "@agent-auth/web/addresses";

type ParsedUrl = { url: URL } | { problem: string };

function parseIdentifier(value: string, allowHttp: boolean): ParsedUrl {
  if (!URL.canParse(value)) return { problem: "must be an absolute URL such as https://api.example.com" };
  const url = new URL(value);
  if (url.protocol !== "https:" && url.protocol !== "http:") return { problem: "must be an https URL" };
  if (url.protocol === "http:" && !allowHttp && !isLoopback(url))
    return { problem: "must use https (http is for loopback hosts, or with dangerouslyAllowHttpIssuer)" };
  if (url.hash !== "" || value.includes("#")) return { problem: "must not have a fragment" };
  if (url.username !== "" || url.password !== "") return { problem: "must not hold credentials" };
  return { url };
}

/** An issuer is compared character by character, so it must be written in its one normal form. */
export function parseIssuer(value: string, allowHttp: boolean): ParsedUrl {
  const parsed = parseIdentifier(value, allowHttp);
  if ("problem" in parsed) return parsed;
  const { url } = parsed;
  if (value.includes("?")) return { problem: "must not have a query" };
  if (value.endsWith("/")) return { problem: "must not end with a slash" };
  const normal = url.pathname === "/" ? url.origin : url.origin + url.pathname;
  return normal === value ? parsed : { problem: `must be written in its normal form: ${normal}` };
}

export function parseResource(value: string, allowHttp: boolean): ParsedUrl {
  return parseIdentifier(value, allowHttp);
}

/** Path of an identifier without a trailing slash: "" for an origin. */
export function pathOf(identifier: string): string {
  return new URL(identifier).pathname.replace(/\/+$/, "");
}
