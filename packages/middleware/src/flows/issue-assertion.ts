/** Owns issuing identity assertions: the same way in every flow. */
import { expiryOf } from "../protocol/access-rules.js";
import { assertionClaims } from "../protocol/identity-assertion.js";
import type { EpochSeconds, Registration } from "../protocol/model.js";
import type { IssuedAssertion } from "../protocol/replies.js";
import { intersect } from "../protocol/scopes.js";
import type { FlowContext } from "./context.js";
import { newId } from "./new-records.js";

/** Signs an identity assertion for the registration as it stands. `scopes` caps what it can be exchanged for. */
export async function issueAssertion(
  context: FlowContext,
  registration: Registration,
  now: EpochSeconds,
  scopes: readonly string[] | null = null,
): Promise<IssuedAssertion> {
  const expiresAt = expiryOf(registration, context.settings.lifetimes.assertionSeconds, now);
  const claims = assertionClaims({
    issuer: context.settings.issuer,
    registrationId: registration.id,
    generation: registration.generation,
    jti: newId(context, "asn"),
    now,
    expiresAt,
    // Words of the provider's that mean nothing here stay out of it.
    scopes: scopes === null ? null : intersect(scopes, context.settings.postClaimScopes),
  });
  return { assertion: await context.assertionKeys.sign(claims), expiresAt };
}
