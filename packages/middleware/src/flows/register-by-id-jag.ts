/** Registers an agent a trusted provider vouches for: at once, or after the account's owner approved the link. */

import { attemptsPerHour } from "../protocol/claim-rules.js";
import { Refusal } from "../protocol/errors.js";
import type { AuditEvent, Caller, EpochSeconds, Registration } from "../protocol/model.js";
import { type Body, identityAssertionBody, serviceAuthBody } from "../protocol/replies.js";
import { intersect } from "../protocol/scopes.js";
import { statusOf } from "../protocol/state.js";
import { admitPerson, type Person } from "./admit-person.js";
import { agentEvent, idJagDetail } from "./audit-entries.js";
import type { IdentityContext } from "./identity-context.js";
import { issueAssertion } from "./issue-assertion.js";
import { newAttempt, newRegistration } from "./new-records.js";
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
  input: { assertion: string; caller: Caller },
): Promise<RegisterByIdJagResult> {
  const now = context.clock.now();
  const vouched = await verifyIdJag(context, input.assertion, now);
  const { issuer, subject } = vouched.idJag;
  const existing = await context.store.findRegistrationBySubject(issuer, subject);
  refuseIfStopped(existing, now);
  const person = await admitPerson(context, vouched, now);
  const call = { vouched, existing, caller: input.caller, now };
  return person.kind === "known" ? admit(context, call, person) : stepUp(context, call, person);
}

interface CallState {
  vouched: VouchedFor;
  /** The registration of the same person at the same provider, if there is one. */
  existing: Registration | null;
  caller: Caller;
  now: EpochSeconds;
}

/** The registration as it would be new, under the id it has already. */
function prepare(context: IdentityContext, { vouched, existing, caller, now }: CallState, person: Person) {
  const prepared = newRegistration(context, {
    kind: "identity_assertion",
    clientName: null,
    scopes: person.kind === "known" ? person.granted : [],
    caller,
    now,
  });
  const { issuer, subject, issuedAt } = vouched.idJag;
  const { id } = existing ?? prepared.registration;
  const registration: Registration = {
    ...prepared.registration,
    id,
    issuer,
    subject,
    idJagIssuedAt: issuedAt,
  };
  return { registration, claimToken: prepared.claimToken };
}

async function admit(
  context: IdentityContext,
  call: CallState,
  person: Extract<Person, { kind: "known" }>,
): Promise<RegisterByIdJagResult> {
  const { vouched, existing, caller, now } = call;
  const { registration } = prepare(context, call, person);
  const { idJag, provider } = vouched;
  const detail = idJagDetail(idJag);
  const goesOn = existing !== null && statusOf(existing, now) === "claimed";
  const audit: AuditEvent[] = [agentEvent("assertion.issued", registration.id, caller, now, detail)];
  if (!goesOn)
    audit.unshift(
      agentEvent("registration.created", registration.id, caller, now, {
        kind: "identity_assertion",
        revived: existing !== null,
        ...detail,
      }),
    );
  if (person.link)
    audit.push({
      type: "delegation.created",
      at: now,
      actor: { kind: "provider", id: provider.issuer },
      ip: caller.ip,
      registrationId: registration.id,
      detail: { ...detail, userId: person.terms.userId },
    });
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
    audit,
  });
  if (admitted.outcome === "suspended") throw new Refusal("registration_suspended");
  if (admitted.outcome !== "admitted") throw new Refusal("assertion_revoked");
  const scopes = intersect(admitted.registration.scopes, idJag.scopes ?? admitted.registration.scopes);
  const issued = await issueAssertion(context, admitted.registration, now, idJag.scopes);
  return { outcome: "registered", body: identityAssertionBody(admitted.registration, issued, scopes) };
}

async function stepUp(
  context: IdentityContext,
  call: CallState,
  person: Extract<Person, { kind: "step_up" }>,
): Promise<RegisterByIdJagResult> {
  const { vouched, existing, caller, now } = call;
  const { registration, claimToken } = prepare(context, call, person);
  const loginHint = person.account.email;
  const handout = newAttempt(context, { registration, loginHint, caller, now, link: person.terms });
  registration.currentAttemptId = handout.attempt.id;
  const detail = { attemptId: handout.attempt.id, ...idJagDetail(vouched.idJag) };
  const result = await context.store.openStepUp({
    terms: person.terms,
    registration,
    attempt: handout.attempt,
    maxPerHour: attemptsPerHour,
    now,
    audit: [
      ...(existing === null
        ? [
            agentEvent("registration.created", registration.id, caller, now, {
              kind: "identity_assertion",
              ...detail,
            }),
          ]
        : []),
      agentEvent("claim.requested", registration.id, caller, now, detail),
      agentEvent("user_code.minted", registration.id, caller, now, detail),
    ],
  });
  if (result.outcome === "suspended") throw new Refusal("registration_suspended");
  if (result.outcome === "in_flight") throw new Refusal("ceremony_in_flight");
  if (result.outcome === "too_many")
    throw new Refusal("too_many_attempts", { retryAfterSeconds: Math.max(result.retryAt - now, 1) });
  if (result.outcome === "revoked") throw new Refusal("assertion_revoked");
  if (result.outcome === "linked") {
    // The owner approved another attempt a moment ago: what was a step-up is a clean match now.
    const known: Extract<Person, { kind: "known" }> = {
      kind: "known",
      terms: person.terms,
      link: false,
      granted: person.granted,
    };
    return admit(context, call, known);
  }
  const body = serviceAuthBody({
    registration: result.registration,
    handout,
    claimToken,
    claimUrl: context.endpoints.url.claim,
    postClaimScopes: person.granted,
  });
  return { outcome: "interaction_required", body };
}
