/**
 * Owns the checks on an ID-JAG (PROTOCOL section 3) and their order. Pure: what needs keys or the trust list is in
 * `flows/verify-id-jag.ts`, which runs all of them. A check that says nothing else refuses with `invalid_assertion`.
 */
import { isResource } from "./access-rules.js";
import { isKeyId, isName, isNumericDate, isType, type UnverifiedJws } from "./compact-jws.js";
import { Refusal } from "./errors.js";
import { asciiHost, parseLoginHint } from "./login-hint.js";
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
  /** By the provider's clock, as the moment of its events is. */
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

/** Names of the checks, in their order. The flow that runs them can run no other. */
export const idJagChecks = [
  "form",
  "typ",
  "crit",
  "kid",
  "iss",
  "alg",
  "signature",
  "aud",
  "exp",
  "nbf",
  "iat",
  "lifetime",
  "sub",
  "jti",
  "client_id",
  "cnf",
  "authorization_details",
  "tenant",
  "resource",
  "scope",
  "address",
  "policy",
  "auth_time",
] as const;
export type IdJagCheck = (typeof idJagChecks)[number];

type Members = Record<string, unknown>;

/** Refuses what is not one JWS. */
export function checkForm(jws: UnverifiedJws | null): UnverifiedJws {
  if (jws === null) throw faulty("The assertion is not one compact JWS of at most 16 KiB.");
  return jws;
}

export function checkType({ typ }: Members): void {
  if (!isType(typ, idJagType)) throw faulty(`The header typ is not ${idJagType}.`);
}

export function checkCritical(header: Members): void {
  if (Object.hasOwn(header, "crit")) throw faulty("The header has crit, which is not supported.");
}

export function checkKeyId({ kid }: Members): void {
  if (!isKeyId(kid)) throw faulty("The header kid is not a short string.");
}

/** The `alg`, against what this provider may use. */
export function checkAlgorithm({ alg }: Members, provider: TrustedProvider): AssertionAlgorithm {
  const allowed = provider.algorithms.find((algorithm) => algorithm === alg);
  if (allowed === undefined) throw faulty("The header alg is not one this provider may use.");
  return allowed;
}

/** Refuses with `audience_mismatch`. */
export function checkAudience({ aud }: Members, audiences: readonly string[]): void {
  const audience = Array.isArray(aud) && aud.length === 1 ? aud[0] : aud;
  if (typeof audience !== "string" || !audiences.includes(audience)) throw new Refusal("audience_mismatch");
}

/** Refuses with `credential_expired` what is past, and only that. */
export function checkExpiry({ exp }: Members, now: EpochSeconds): number {
  if (!isNumericDate(exp)) throw faulty("The claim exp is missing or not a number.");
  if (exp + clockSkewSeconds <= now) throw new Refusal("credential_expired");
  return exp;
}

export function checkNotBefore({ nbf }: Members, now: EpochSeconds): void {
  if (nbf !== undefined && !isNumericDate(nbf)) throw faulty("The claim nbf is not a number.");
  if (nbf !== undefined && nbf > now + clockSkewSeconds) throw faulty("The claim nbf is in the future.");
}

export function checkIssuedAt({ iat }: Members, now: EpochSeconds): number {
  if (!isNumericDate(iat)) throw faulty("The claim iat is missing or not a number.");
  if (iat > now + clockSkewSeconds) throw faulty("The claim iat is in the future.");
  return iat;
}

export function checkLifetime(iat: number, exp: number): void {
  if (exp - iat > longestIdJagSeconds) throw faulty("The assertion lives longer than 10 minutes.");
  if (exp <= iat) throw faulty("The assertion ends before it begins.");
}

export function checkName(claims: Members, name: "sub" | "jti"): string {
  const value = claims[name];
  if (!isName(value)) throw faulty(`The claim ${name} is missing or not a text of at most 255 characters.`);
  return value;
}

/** What `client_id` names: accepted as it is, or a client metadata document to look at. Refuses with `invalid_client_id`. */
export function checkClientId(
  { client_id: clientId }: Members,
  provider: TrustedProvider,
): { clientId: string; mustMatchMetadata: boolean } {
  if (!isName(clientId) && !(typeof clientId === "string" && clientId.length <= 2048 && clientId !== ""))
    throw new Refusal("invalid_client_id");
  const known = clientId === provider.issuer || provider.clientIds.includes(clientId);
  if (!known && !clientId.startsWith("https://") && !clientId.startsWith("http://"))
    throw new Refusal("invalid_client_id");
  return { clientId, mustMatchMetadata: !known };
}

/**
 * Claims that narrow whom or what the token speaks of in a way we do not know: ignoring one would grant more than the
 * provider meant to, or mix people up.
 */
export const narrowingClaims = ["tenant", "aud_tenant", "aud_sub", "sub_id"];

/** Refuses a token that has one of these. */
export function checkAbsent(claims: Members, names: readonly string[]): void {
  const present = names.find((name) => claims[name] !== undefined);
  if (present !== undefined) throw faulty(`The claim ${present} is not supported.`);
}

/** RFC 8707: a token that names resources is for those alone, and we protect one. */
export function checkTarget({ resource: named }: Members, resource: string): void {
  if (named === undefined) return;
  const values: unknown[] = Array.isArray(named) ? named : [named];
  const isOurs = values.length > 0 && values.every((v) => typeof v === "string" && isResource(v, resource));
  if (!isOurs) throw faulty("The claim resource names something else than this service.");
}

/** The cap of the token itself, or null. */
export function readScopes({ scope }: Members): string[] | null {
  if (scope === undefined) return null;
  const scopes = typeof scope === "string" ? parseScope(scope) : null;
  if (scopes === null) throw faulty("The claim scope is not a space-separated string.");
  return scopes;
}

/** The verified address or number. Refuses with `missing_verified_email`. */
export function readAddress(claims: Members): Pick<VerifiedIdJag, "email" | "phone"> {
  const email =
    typeof claims.email === "string" && claims.email_verified === true ? parseLoginHint(claims.email) : null;
  const phone =
    typeof claims.phone_number === "string" &&
    claims.phone_number_verified === true &&
    /^\+[0-9]{6,15}$/.test(claims.phone_number)
      ? claims.phone_number
      : null;
  if (email === null && phone === null) throw new Refusal("missing_verified_email");
  return { email, phone };
}

/** Refuses with `policy_not_met`. */
export function checkPolicy(email: string | null, { amr }: Members, provider: TrustedProvider): void {
  const { allowedEmailDomains, requiredAmr } = provider;
  if (allowedEmailDomains !== null) {
    const domain = email?.slice(email.lastIndexOf("@") + 1);
    // The address has its host in ASCII; a policy is written by people.
    if (domain === undefined || !allowedEmailDomains.some((allowed) => asciiHost(allowed) === domain))
      throw new Refusal("policy_not_met");
  }
  const methods: unknown[] = Array.isArray(amr) ? amr : [];
  if (!requiredAmr.every((method) => methods.includes(method))) throw new Refusal("policy_not_met");
}

/** Refuses with `login_required`. */
export function checkFreshness(claims: Members, maxAgeSeconds: number, now: EpochSeconds): void {
  const authTime = claims.auth_time;
  const isFresh =
    isNumericDate(authTime) && authTime <= now + clockSkewSeconds && now - authTime <= maxAgeSeconds;
  if (!isFresh) throw new Refusal("login_required", { members: { max_age: maxAgeSeconds } });
}

/** What is only shown and noted, and never decides anything. */
export function readLabels(
  claims: Members,
): Pick<VerifiedIdJag, "name" | "agentPlatform" | "agentContextId"> {
  return {
    name: shortText(claims.name),
    agentPlatform: shortText(claims.agent_platform),
    agentContextId: shortText(claims.agent_context_id),
  };
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
