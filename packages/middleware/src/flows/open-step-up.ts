/** Asks the owner of a matched account to approve the link with a provider: the 401 that opens a claim. */
import { attemptsPerHour } from "../protocol/claim-rules.js";
import { Refusal } from "../protocol/errors.js";
import { parseLoginHint } from "../protocol/login-hint.js";
import type { Caller, EpochSeconds, Registration } from "../protocol/model.js";
import { type Body, serviceAuthBody } from "../protocol/replies.js";
import { intersect } from "../protocol/scopes.js";
import type { Person } from "./admit-person.js";
import { agentEvent, codeMinted, idJagDetail } from "./audit-entries.js";
import type { IdentityContext } from "./identity-context.js";
import { newAttempt, newRegistration } from "./new-records.js";
import { claimRequested } from "./queue-mail.js";
import type { VouchedFor } from "./verify-id-jag.js";

/** One call with a verified ID-JAG. */
export interface IdJagCall {
  vouched: VouchedFor;
  /** The registration of the same person at the same provider, if there is one. */
  existing: Registration | null;
  caller: Caller;
  now: EpochSeconds;
}

/** The registration as it would be new, under the id it has already. */
export function prepareRegistration(
  context: IdentityContext,
  { vouched, existing, caller, now }: IdJagCall,
  person: Person,
) {
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

export type StepUpResult = { outcome: "interaction_required"; body: Body } | { outcome: "linked" };

/** Opens or renews the one claim, or finds that the account was linked meanwhile. */
export async function openStepUp(
  context: IdentityContext,
  call: IdJagCall,
  person: Extract<Person, { kind: "step_up" }>,
): Promise<StepUpResult> {
  const { vouched, caller, now } = call;
  const { registration, claimToken } = prepareRegistration(context, call, person);
  const loginHint = parseLoginHint(person.account.email) ?? person.account.email;
  const handout = newAttempt(context, { registration, loginHint, caller, now, link: person.terms });
  registration.currentAttemptId = handout.attempt.id;
  const { attempt } = handout;
  const registrationId = registration.id;
  const detail = { attemptId: attempt.id, ...idJagDetail(vouched.idJag) };
  const requested = await claimRequested(context, {
    attempt,
    registrationId,
    caller,
    now,
    detail,
    ...(call.existing === null ? {} : { existing: call.existing }),
  });
  const result = await context.store.openStepUp({
    terms: person.terms,
    registration,
    attempt,
    maxPerHour: attemptsPerHour,
    now,
    audit: [
      agentEvent("registration.created", registration.id, caller, now, {
        kind: "identity_assertion",
        ...detail,
      }),
      ...requested,
      ...codeMinted(attempt, caller, now, detail),
    ],
  });
  if (result.outcome === "issuer_disabled") throw new Refusal("issuer_not_enabled");
  if (result.outcome === "suspended") throw new Refusal("registration_suspended");
  if (result.outcome === "in_flight") throw new Refusal("ceremony_in_flight");
  if (result.outcome === "too_many")
    throw new Refusal("too_many_attempts", { retryAfterSeconds: Math.max(result.retryAt - now, 1) });
  if (result.outcome === "revoked") throw new Refusal("assertion_revoked");
  if (result.outcome === "linked") return { outcome: "linked" };
  context.metrics.registered("identity_assertion");
  context.metrics.claim("started");
  context.announcer.committed();
  context.outbox.committed();
  const body = serviceAuthBody({
    registration: result.registration,
    handout,
    claimToken,
    claimUrl: context.endpoints.url.claim,
    postClaimScopes: intersect(person.granted, vouched.idJag.scopes ?? person.granted),
  });
  return { outcome: "interaction_required", body };
}
