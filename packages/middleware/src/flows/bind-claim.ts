/** Binds a claim to the user a provider vouches for, with nobody at a page. */
import { Refusal } from "../protocol/errors.js";
import type { AuditEvent, Caller, EpochSeconds, Registration } from "../protocol/model.js";
import { type Body, claimedBody } from "../protocol/replies.js";
import { noScopeLeft, type Person } from "./admit-person.js";
import { agentEvent, idJagDetail } from "./audit-entries.js";
import type { IdentityContext } from "./identity-context.js";
import { issueAssertion } from "./issue-assertion.js";
import { connectedNotice } from "./queue-mail.js";
import type { VouchedFor } from "./verify-id-jag.js";

/** One claim of a registration with a verified ID-JAG. */
export interface ClaimCall {
  registration: Registration;
  vouched: VouchedFor;
  caller: Caller;
  now: EpochSeconds;
}

/** Null when the registration can no longer be claimed. */
export async function bindClaim(
  context: IdentityContext,
  { registration, vouched, caller, now }: ClaimCall,
  person: Extract<Person, { kind: "known" }>,
): Promise<Body | null> {
  const { idJag, provider } = vouched;
  const detail = { ...idJagDetail(idJag), userId: person.terms.userId };
  const event = (type: AuditEvent["type"]): AuditEvent => ({
    type,
    at: now,
    actor: { kind: "provider", id: provider.issuer },
    ip: caller.ip,
    registrationId: registration.id,
    detail: { ...detail, scopes: person.granted },
  });
  const outcome = await context.store.bindByIdJag({
    terms: person.terms,
    link: person.link,
    registrationId: registration.id,
    generation: registration.generation,
    expectedAttemptId: registration.currentAttemptId,
    scopes: person.granted,
    now,
    audit: [
      { ...event("claim.confirmed"), ...connectedNotice(context, { id: person.terms.userId }) },
      ...(person.link ? [event("delegation.created")] : []),
      agentEvent("assertion.issued", registration.id, caller, now, idJagDetail(idJag)),
    ],
  });
  if (outcome === "in_flight") throw new Refusal("ceremony_in_flight");
  if (outcome === "not_allowed") return null;
  if (outcome === "issuer_disabled") throw new Refusal("issuer_not_enabled");
  if (outcome === "suspended") throw new Refusal("registration_suspended");
  if (outcome === "no_scope") throw noScopeLeft();
  if (outcome !== "bound") throw new Refusal("assertion_revoked");
  context.metrics.claim("confirmed");
  context.announcer.committed();
  context.outbox.committed();
  // Read anew for the end date, which it may have taken over. The generation is that of the bind, whatever came since:
  // an assertion must not outlive what took it away.
  const stored = await context.store.findRegistration(registration.id);
  const bound: Registration = {
    ...registration,
    userId: person.terms.userId,
    claimedAt: now,
    scopes: person.granted,
    generation: registration.generation + 1,
    endsAt: stored?.endsAt ?? null,
  };
  return claimedBody(bound, await issueAssertion(context, bound, now, idJag.scopes));
}
