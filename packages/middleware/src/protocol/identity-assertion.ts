/**
 * Owns the claims of the identity assertions we issue to agents and the rules to accept them back. They are for our
 * own token endpoint only; `typ` and `aud` keep them apart from every other JWT (RFC 8725 section 3.11).
 */
import type { EpochSeconds } from "./model.js";

export const identityAssertionType = "agent-identity-assertion+jwt";
/** Clocks of two nodes may differ by this much; applied to `iat`, never to `exp`, since we set both. */
const clockSkewSeconds = 60;

export interface IdentityAssertion {
  registrationId: string;
  generation: number;
  expiresAt: EpochSeconds;
}

/** Builds the claims. `jti` must be unique and unguessable. */
export function assertionClaims(input: {
  issuer: string;
  registrationId: string;
  generation: number;
  jti: string;
  now: EpochSeconds;
  expiresAt: EpochSeconds;
}): Record<string, unknown> {
  return {
    iss: input.issuer,
    sub: input.registrationId,
    aud: input.issuer,
    iat: input.now,
    exp: input.expiresAt,
    jti: input.jti,
    gen: input.generation,
  };
}

/** Reads verified claims; null when one is missing, of the wrong kind, for somebody else, or out of time. */
export function readAssertionClaims(
  claims: Record<string, unknown>,
  issuer: string,
  now: EpochSeconds,
): IdentityAssertion | null {
  const { iss, aud, sub, jti, iat, exp, gen } = claims;
  if (iss !== issuer || aud !== issuer) return null;
  if (typeof sub !== "string" || sub === "" || typeof jti !== "string" || jti === "") return null;
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp) || !Number.isSafeInteger(gen)) return null;
  if ((exp as number) <= now || (iat as number) > now + clockSkewSeconds) return null;
  return { registrationId: sub, generation: gen as number, expiresAt: exp as number };
}

/** Longest compact JWS we look at. */
const longestJws = 16_384;
const compactJws = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/**
 * Whether the value is one compact JWS in canonical base64url: no padding, no white space, no spare trailing bits, so
 * that one assertion has one spelling.
 */
export function isCompactJws(value: string): boolean {
  if (value.length > longestJws) return false;
  const match = compactJws.exec(value);
  return (
    match?.slice(1).every((part) => Buffer.from(part, "base64url").toString("base64url") === part) ?? false
  );
}
