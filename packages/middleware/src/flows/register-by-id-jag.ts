/** Registers an agent a trusted provider vouches for: at once, or after the account's owner approved the link. */
import { Refusal } from "../protocol/errors.js";
import type { AuditEvent, Caller, EpochSeconds } from "../protocol/model.js";
import { type Body, identityAssertionBody } from "../protocol/replies.js";
import { intersect } from "../protocol/scopes.js";
import { admitPerson, noScopeLeft, type Person } from "./admit-person.js";
import { agentEvent, idJagDetail } from "./audit-entries.js";
import { counted } from "./count-outcome.js";
import { exclusively, personName } from "./exclusively.js";
import type { IdentityContext } from "./identity-context.js";
import { issueAssertion } from "./issue-assertion.js";
import { type IdJagCall, openStepUp, prepareRegistration } from "./open-step-up.js";
import { connectedNotice } from "./queue-mail.js";
import { refuseIfStopped } from "./stopped.js";
import { type VouchedFor, verifyIdJag } from "./verify-id-jag.js";

/** 200 with an assertion, or the 401 that opens a claim. */
export type RegisterByIdJagResult = { outcome: "registered" | "interaction_required"; body: Body };

/**
 * Refuses with the errors of `verifyIdJag` and `admitPerson`, `registration_suspended`, `ceremony_in_flight` or
 * `too_many_attempts`. A refused call leaves no user, no delegation and no registration behind.
 */
export async function registerByIdJag(
  context: IdentityContext,
  /** `onVerified` may refuse before anything has an effect. */
  input: { assertion: string; caller: Caller; onVerified: () => Promise<void> },
): Promise<RegisterByIdJagResult> {
  const now = context.clock.now();
  const { caller, assertion, onVerified } = input;
  return counted(context, { what: "id_jag", now }, async (onTrusted) => {
    const vouched = await verifyIdJag(context, assertion, now, { onTrusted });
    await onVerified();
    return exclusively(context, personName(vouched.idJag), () => register(context, { vouched, caller, now }));
  });
}

async function register(
  context: IdentityContext,
  { vouched, caller, now }: { vouched: VouchedFor; caller: Caller; now: EpochSeconds },
): Promise<RegisterByIdJagResult> {
  const { issuer, subject } = vouched.idJag;
  const existing = await context.store.findRegistrationBySubject(issuer, subject);
  await refuseIfStopped(context, vouched.idJag, now);
  const person = await admitPerson(context, vouched, { now, registration: existing });
  const call = { vouched, existing, caller, now };
  if (person.kind === "known") return admit(context, call, person);
  const opened = await openStepUp(context, call, person);
  if (opened.outcome === "interaction_required") return opened;
  // The owner approved another attempt a moment ago: what was a step-up is a clean match now.
  return admit(context, call, { ...person, kind: "known", link: false });
}

async function admit(
  context: IdentityContext,
  call: IdJagCall,
  person: Extract<Person, { kind: "known" }>,
): Promise<RegisterByIdJagResult> {
  const { vouched, caller, now } = call;
  const { registration } = prepareRegistration(context, call, person);
  const { idJag, provider } = vouched;
  const detail = idJagDetail(idJag);
  const linked: AuditEvent = {
    type: "delegation.created",
    at: now,
    actor: { kind: "provider", id: provider.issuer },
    ip: caller.ip,
    registrationId: registration.id,
    detail: { ...detail, userId: person.terms.userId },
  };
  const admitted = await context.store.admitByIdJag({
    terms: person.terms,
    link: person.link,
    registration: {
      ...registration,
      userId: person.terms.userId,
      claimedAt: now,
      collectedAt: now,
      claimTokenHash: null,
    },
    now,
    // The store keeps the first and the last only if a registration or a link was really made, and the notice only if
    // the person has an agent more than before.
    audit: [
      agentEvent("registration.created", registration.id, caller, now, {
        kind: "identity_assertion",
        ...detail,
      }),
      {
        ...agentEvent("assertion.issued", registration.id, caller, now, detail),
        ...connectedNotice(context, { id: person.terms.userId }),
      },
      ...(person.link ? [linked] : []),
    ],
  });
  if (admitted.outcome === "issuer_disabled") throw new Refusal("issuer_not_enabled");
  if (admitted.outcome === "suspended") throw new Refusal("registration_suspended");
  if (admitted.outcome === "no_scope") throw noScopeLeft();
  if (admitted.outcome !== "admitted") throw new Refusal("assertion_revoked");
  // One that was kept was claimed before. In the very same second it is counted twice: a count can live with that.
  if (admitted.registration.claimedAt === now) context.metrics.registered("identity_assertion");
  context.announcer.committed();
  context.outbox.committed();
  const scopes = intersect(admitted.registration.scopes, idJag.scopes ?? admitted.registration.scopes);
  const issued = await issueAssertion(context, admitted.registration, now, idJag.scopes);
  return { outcome: "registered", body: identityAssertionBody(admitted.registration, issued, scopes) };
}
