/**
 * Owns the claims of the identity assertions we issue to agents and the rules to accept them back. They are for our
 * own token endpoint only; `typ` and `aud` keep them apart from every other JWT (RFC 8725 section 3.11).
 */
import type { EpochSeconds } from "./model.js";
import { formatScope, parseScope } from "./scopes.js";

export const identityAssertionType = "agent-identity-assertion+jwt";
/** Clocks of two nodes may differ by this much; applied to `iat` and `nbf`, never to `exp`, since we set both. */
const clockSkewSeconds = 60;

export interface IdentityAssertion {
  registrationId: string;
  generation: number;
  expiresAt: EpochSeconds;
  /** Caps what it can be exchanged for; null: what the registration is granted. */
  scopes: string[] | null;
}

/** Builds the claims. `jti` must be unique and unguessable. */
export function assertionClaims(input: {
  issuer: string;
  registrationId: string;
  generation: number;
  jti: string;
  now: EpochSeconds;
  expiresAt: EpochSeconds;
  scopes: readonly string[] | null;
}): Record<string, unknown> {
  return {
    iss: input.issuer,
    sub: input.registrationId,
    aud: input.issuer,
    iat: input.now,
    exp: input.expiresAt,
    jti: input.jti,
    gen: input.generation,
    ...(input.scopes === null ? {} : { scope: formatScope(input.scopes) }),
  };
}

/** Reads verified claims; null when one is missing, of the wrong kind, for somebody else, or out of time. */
export function readAssertionClaims(
  claims: Record<string, unknown>,
  issuer: string,
  now: EpochSeconds,
): IdentityAssertion | null {
  const { iss, aud, sub, jti, iat, nbf, exp, gen, scope } = claims;
  if (iss !== issuer || aud !== issuer) return null;
  if (typeof sub !== "string" || sub === "" || typeof jti !== "string" || jti === "") return null;
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp) || !Number.isSafeInteger(gen)) return null;
  if ((exp as number) <= now || (iat as number) > now + clockSkewSeconds) return null;
  // Never written by us, but RFC 7519 section 4.1.5 leaves no choice where it is there.
  if (nbf !== undefined && !(Number.isSafeInteger(nbf) && (nbf as number) <= now + clockSkewSeconds))
    return null;
  const scopes = typeof scope === "string" ? parseScope(scope) : null;
  if (scope !== undefined && scopes === null) return null;
  return { registrationId: sub, generation: gen as number, expiresAt: exp as number, scopes };
}
