/** Exchanges an identity assertion of ours for an access token (RFC 7523 section 2.1). */
import { grantedScopes } from "../protocol/access-rules.js";
import { isCompactJws } from "../protocol/compact-jws.js";
import { Refusal } from "../protocol/errors.js";
import { type IdentityAssertion, readAssertionClaims } from "../protocol/identity-assertion.js";
import type { Caller, EpochSeconds, Registration } from "../protocol/model.js";
import { type Body, tokenBody } from "../protocol/replies.js";
import { covers, intersect, parseScope } from "../protocol/scopes.js";
import { allows, statusOf } from "../protocol/state.js";
import { agentEvent } from "./audit-entries.js";
import type { FlowContext } from "./context.js";
import { newAccessToken } from "./new-records.js";

/**
 * Refuses with `invalid_grant` or `invalid_scope`. The registration is looked at anew on every exchange. `onKnown` is
 * called with the registration's id once the assertion has proven it, and may refuse as well.
 */
export async function exchangeAssertion(
  context: FlowContext,
  input: {
    assertion: string;
    scope: string | null;
    caller: Caller;
    onKnown: (registrationId: string) => Promise<void>;
  },
): Promise<Body> {
  const { store, clock, settings } = context;
  const now = clock.now();
  const proven = await readAssertion(context, input.assertion, now);
  if (proven === null) throw new Refusal("invalid_grant");
  await input.onKnown(proven.registrationId);
  const registration = await store.findRegistration(proven.registrationId);
  if (registration === null) throw new Refusal("invalid_grant");
  refuseIfReplaced(registration, proven, now);
  const standing = grantedScopes(registration, settings, now);
  if (standing === null) throw new Refusal("invalid_grant");
  const granted = intersect(standing, proven.scopes ?? standing);

  const asked = input.scope === null ? granted : parseScope(input.scope);
  if (asked === null || asked.length === 0 || !covers(granted, asked)) throw new Refusal("invalid_scope");
  const { token, plaintext } = newAccessToken(context, { registration, scopes: asked, now });
  const stored = await store.issueAccessToken({
    token,
    now,
    audit: [agentEvent("token.issued", registration.id, input.caller, now, { scopes: asked })],
  });
  // The registration changed between the look and the write: nothing was issued.
  if (!stored) throw new Refusal("invalid_grant");
  context.metrics.accessTokenIssued("jwt-bearer");
  return tokenBody({ accessToken: plaintext, expiresIn: token.expiresAt - now, scopes: asked, issued: null });
}

async function readAssertion(
  context: FlowContext,
  assertion: string,
  now: EpochSeconds,
): Promise<IdentityAssertion | null> {
  if (!isCompactJws(assertion)) return null;
  const claims = await context.assertionKeys.verify(assertion);
  return claims === null ? null : readAssertionClaims(claims, context.settings.issuer, now);
}

/** An older generation is worthless; after a claim the agent is told that it holds a newer assertion. */
function refuseIfReplaced(registration: Registration, proven: IdentityAssertion, now: EpochSeconds): void {
  if (registration.generation === proven.generation) return;
  const isClaimed = allows(statusOf(registration, now), "exchange_claimed");
  // Nothing was delivered in the place of a provider's: that agent presents a new ID-JAG.
  const hasNewer = isClaimed && registration.kind !== "identity_assertion";
  throw new Refusal(hasNewer ? "superseded_assertion" : "invalid_grant");
}
