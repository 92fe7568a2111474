/**
 * Owns the checks on an ID-JAG (PROTOCOL section 3), in their order, each with its own refusal. Pure: the token is
 * read before, its signature checked between `checkIdJagHeader` and `checkIdJagClaims`, its `jti` remembered after.
 */
import { isResource } from "./access-rules.js";
import { isKeyId, isName, isNumericDate, isType, type UnverifiedJws } from "./compact-jws.js";
import { Refusal } from "./errors.js";
import { parseLoginHint } from "./login-hint.js";
import type { EpochSeconds } from "./model.js";
import type { AssertionAlgorithm, TrustedProvider } from "./provider.js";
import { parseScope } from "./scopes.js";

export const idJagType = "oauth-id-jag+jwt";
export const idJagTokenType = "urn:ietf:params:oauth:token-type:id-jag";
/** Two clocks may differ by this much. One constant for every kind of token from elsewhere. */
export const clockSkewSeconds = 60;
/** Longest time between `iat` and `exp`. */
export const longestIdJagSeconds = 600;

/** What is known about a person a provider vouches for. */
export interface VerifiedIdJag {
  issuer: string;
  subject: string;
  jti: string;
  issuedAt: EpochSeconds;
  expiresAt: EpochSeconds;
  /** Verified by the provider, trimmed and lower-cased. One of the two is there. */
  email: string | null;
  phone: string | null;
  name: string | null;
  clientId: string;
  /** Caps what this assertion can be exchanged for; null: no cap of its own. */
  scopes: string[] | null;
  agentPlatform: string | null;
  agentContextId: string | null;
}

/** Form, `typ` and `crit`. Refuses with `invalid_assertion`. */
export function checkIdJagForm(jws: UnverifiedJws | null): UnverifiedJws {
  if (jws === null) throw faulty("The assertion is not one compact JWS of at most 16 KiB.");
  if (!isType(jws.header.typ, idJagType)) throw faulty(`The header typ is not ${idJagType}.`);
  if (Object.hasOwn(jws.header, "crit")) throw faulty("The header has crit, which is not supported.");
  if (!isKeyId(jws.header.kid)) throw faulty("The header kid is not a short string.");
  return jws;
}

/** The `alg`, against what this provider may use. Refuses with `invalid_assertion`. */
export function checkAlgorithm(alg: unknown, provider: TrustedProvider): AssertionAlgorithm {
  const allowed = provider.algorithms.find((algorithm) => algorithm === alg);
  if (allowed === undefined) throw faulty("The header alg is not one this provider may use.");
  return allowed;
}

export interface ClaimPolicy {
  /** Accepted as the one audience. */
  audiences: readonly string[];
  now: EpochSeconds;
}

/** `aud`, times, `sub` and `jti`, in that order. */
export function checkIdJagClaims(
  claims: Record<string, unknown>,
  { audiences, now }: ClaimPolicy,
): { subject: string; jti: string; issuedAt: EpochSeconds; expiresAt: EpochSeconds } {
  const { aud, exp, nbf, iat, sub, jti } = claims;
  const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (typeof audience !== "string" || !audiences.includes(audience)) throw new Refusal("audience_mismatch");
  if (!isNumericDate(exp)) throw faulty("The claim exp is missing or not a number.");
  if (exp + clockSkewSeconds <= now) throw new Refusal("credential_expired");
  if (nbf !== undefined && !isNumericDate(nbf)) throw faulty("The claim nbf is not a number.");
  if (nbf !== undefined && nbf > now + clockSkewSeconds) throw faulty("The claim nbf is in the future.");
  if (!isNumericDate(iat)) throw faulty("The claim iat is missing or not a number.");
  if (iat > now + clockSkewSeconds) throw faulty("The claim iat is in the future.");
  if (exp - iat > longestIdJagSeconds) throw faulty("The assertion lives longer than 10 minutes.");
  if (exp <= iat) throw faulty("The assertion ends before it begins.");
  if (!isName(sub)) throw faulty("The claim sub is missing or not a text of at most 255 characters.");
  if (!isName(jti)) throw faulty("The claim jti is missing or not a text of at most 255 characters.");
  return { subject: sub, jti, issuedAt: Math.min(Math.floor(iat), now), expiresAt: Math.ceil(exp) };
}

/** What `client_id` names: accepted as it is, or a client metadata document to look at. Refuses with `invalid_client_id`. */
export function checkClientId(
  clientId: unknown,
  provider: TrustedProvider,
): { clientId: string; mustMatchMetadata: boolean } {
  if (!isName(clientId) && !(typeof clientId === "string" && clientId.length <= 2048 && clientId !== ""))
    throw new Refusal("invalid_client_id");
  const known = clientId === provider.issuer || provider.clientIds.includes(clientId);
  if (!known && !clientId.startsWith("https://") && !clientId.startsWith("http://"))
    throw new Refusal("invalid_client_id");
  return { clientId, mustMatchMetadata: !known };
}

/** `cnf`, `authorization_details`, the verified address, the provider's policy and `auth_time`, in that order. */
export function checkIdJagPerson(
  claims: Record<string, unknown>,
  { provider, resource, now }: { provider: TrustedProvider; resource: string; now: EpochSeconds },
): Pick<VerifiedIdJag, "email" | "phone" | "name" | "scopes" | "agentPlatform" | "agentContextId"> {
  // We cannot honour either, and ignoring them would grant more than the provider meant to.
  if (claims.cnf !== undefined) throw faulty("The claim cnf is not supported.");
  if (claims.authorization_details !== undefined)
    throw faulty("The claim authorization_details is not supported.");
  // Each narrows whom or what the token speaks of in a way we do not know: taking `sub` alone could mix people up.
  for (const name of ["tenant", "aud_tenant", "aud_sub", "sub_id"]) {
    if (claims[name] !== undefined) throw faulty(`The claim ${name} is not supported.`);
  }
  checkTarget(claims.resource, resource);
  const scopes = readScopes(claims.scope);
  const email =
    typeof claims.email === "string" && claims.email_verified === true ? parseLoginHint(claims.email) : null;
  const phone =
    typeof claims.phone_number === "string" &&
    claims.phone_number_verified === true &&
    /^\+[0-9]{6,15}$/.test(claims.phone_number)
      ? claims.phone_number
      : null;
  if (email === null && phone === null) throw new Refusal("missing_verified_email");
  checkPolicy(email, claims.amr, provider);
  checkFreshness(claims.auth_time, provider.maxAuthAgeSeconds, now);
  return {
    email,
    phone,
    name: shortText(claims.name),
    scopes,
    agentPlatform: shortText(claims.agent_platform),
    agentContextId: shortText(claims.agent_context_id),
  };
}

/** RFC 8707: a token that names resources is for those alone, and we protect one. */
function checkTarget(named: unknown, resource: string): void {
  if (named === undefined) return;
  const values: unknown[] = Array.isArray(named) ? named : [named];
  const isOurs = values.length > 0 && values.every((v) => typeof v === "string" && isResource(v, resource));
  if (!isOurs) throw faulty("The claim resource names something else than this service.");
}

function readScopes(scope: unknown): string[] | null {
  if (scope === undefined) return null;
  const scopes = typeof scope === "string" ? parseScope(scope) : null;
  if (scopes === null) throw faulty("The claim scope is not a space-separated string.");
  return scopes;
}

function checkPolicy(email: string | null, amr: unknown, provider: TrustedProvider): void {
  const { allowedEmailDomains, requiredAmr } = provider;
  if (allowedEmailDomains !== null) {
    const domain = email?.slice(email.lastIndexOf("@") + 1);
    if (domain === undefined || !allowedEmailDomains.includes(domain)) throw new Refusal("policy_not_met");
  }
  const methods: unknown[] = Array.isArray(amr) ? amr : [];
  if (!requiredAmr.every((method) => methods.includes(method))) throw new Refusal("policy_not_met");
}

function checkFreshness(authTime: unknown, maxAgeSeconds: number, now: EpochSeconds): void {
  const isFresh =
    isNumericDate(authTime) && authTime <= now + clockSkewSeconds && now - authTime <= maxAgeSeconds;
  if (!isFresh) throw new Refusal("login_required", { members: { max_age: maxAgeSeconds } });
}

/** Text for people and for the audit log: never trusted, never long, never with control characters. */
function shortText(value: unknown): string | null {
  if (typeof value !== "string") return null;
  const text = value
    .normalize("NFC")
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
    .trim();
  return text === "" ? null : text.slice(0, 100);
}

function faulty(description: string): Refusal {
  return new Refusal("invalid_assertion", { description });
}
