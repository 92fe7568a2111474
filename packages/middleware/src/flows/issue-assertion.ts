/** Owns issuing identity assertions, and the refresh tokens next to them: the same way in every flow. */
import { expiryOf } from "../protocol/access-rules.js";
import { assertionClaims } from "../protocol/identity-assertion.js";
import type { EpochSeconds, RefreshFamily, Registration } from "../protocol/model.js";
import { assertionIdOf, formatRefreshToken } from "../protocol/refresh-token.js";
import type { IssuedAssertion } from "../protocol/replies.js";
import { intersect } from "../protocol/scopes.js";
import type { FlowContext } from "./context.js";
import { newId, newRowId } from "./draw.js";

/** A chain of refresh tokens for the registration as it stands. Its first token has the number 1. */
export function newRefreshFamily(
  context: FlowContext,
  { registration, now }: { registration: Registration; now: EpochSeconds },
): RefreshFamily {
  return {
    id: newRowId(context, "rtf", now),
    registrationId: registration.id,
    generation: registration.generation,
    sequence: 1,
    createdAt: now,
    rotatedAt: null,
    expiresAt: expiryOf(registration, context.settings.lifetimes.refreshTokenSeconds, now),
    revokedAt: null,
  };
}

/**
 * The assertion and the good refresh token of a family, as they are delivered together. For the same `now` the answer
 * says the same again.
 */
export async function issueWithRefresh(
  context: FlowContext,
  registration: Registration,
  family: RefreshFamily,
  now: EpochSeconds,
): Promise<IssuedAssertion> {
  const value = formatRefreshToken(context.keys.refreshToken[0], family.id, family.sequence);
  const issued = await issueAssertion(context, registration, now, null, assertionIdOf(family));
  return { ...issued, refreshToken: { value, expiresAt: family.expiresAt } };
}

/** Signs an identity assertion for the registration as it stands. `scopes` caps what it can be exchanged for. */
export async function issueAssertion(
  context: FlowContext,
  registration: Registration,
  now: EpochSeconds,
  scopes: readonly string[] | null = null,
  id = newId(context, "asn"),
): Promise<IssuedAssertion> {
  const expiresAt = expiryOf(registration, context.settings.lifetimes.assertionSeconds, now);
  const claims = assertionClaims({
    issuer: context.settings.issuer,
    registrationId: registration.id,
    generation: registration.generation,
    jti: id,
    now,
    expiresAt,
    // Words of the provider's that mean nothing here stay out of it.
    scopes: scopes === null ? null : intersect(scopes, context.settings.postClaimScopes),
  });
  return { assertion: await context.assertionKeys.sign(claims), expiresAt };
}
