/** Claims an anonymous registration with an ID-JAG (PROTOCOL section 4.2). */
import { attemptsPerHour, isAlive, pollIntervalSeconds, startRefusal } from "../protocol/claim-rules.js";
import { Refusal } from "../protocol/errors.js";
import { parseLoginHint } from "../protocol/login-hint.js";
import type { AuditEvent, Caller, ClaimAttempt, EpochSeconds, Registration } from "../protocol/model.js";
import { type Body, claimedBody, claimStartedBody } from "../protocol/replies.js";
import { admitPerson, type Person } from "./admit-person.js";
import { agentEvent, idJagDetail } from "./audit-entries.js";
import type { IdentityContext } from "./identity-context.js";
import { issueAssertion } from "./issue-assertion.js";
import type { Match } from "./match-account.js";
import { newAttempt } from "./new-records.js";
import { findByClaimToken } from "./start-claim.js";
import { refuseIfStopped } from "./stopped.js";
import { type VouchedFor, verifyIdJag } from "./verify-id-jag.js";

/**
 * Refuses with the errors of `startClaim`, `verifyIdJag` and `admitPerson`, and with `ceremony_in_flight` while a live
 * attempt belongs to somebody else. A refused call creates nothing and replaces nothing.
 */
export async function claimByIdJag(
  context: IdentityContext,
  input: { claimToken: string; assertion: string; caller: Caller },
): Promise<Body> {
  const { store, clock } = context;
  const registration = await findByClaimToken(context, input.claimToken);
  if (registration === null) throw new Refusal("invalid_claim_token");
  const now = clock.now();
  const refusal = startRefusal(registration, now);
  if (refusal !== null) throw new Refusal(refusal);
  if (registration.kind !== "anonymous") throw new Refusal("claimed_or_in_flight");

  const vouched = await verifyIdJag(context, input.assertion, now);
  const { issuer, subject } = vouched.idJag;
  refuseIfStopped(await store.findRegistrationBySubject(issuer, subject), now);
  const { currentAttemptId } = registration;
  const attempt = currentAttemptId === null ? null : await store.findAttempt(currentAttemptId);
  const person = await admitPerson(context, vouched, now, async (match) => {
    if (attempt !== null && belongsToSomebodyElse(attempt, match, vouched, now))
      throw new Refusal("ceremony_in_flight");
  });
  return person.kind === "known"
    ? bind(context, registration, vouched, person, input.caller, now)
    : stepUp(context, registration, vouched, person, input.caller, now);
}

/** A live attempt is never silently replaced by another person's assertion; one that is over does not count. */
function belongsToSomebodyElse(
  attempt: ClaimAttempt,
  match: Match,
  { idJag }: VouchedFor,
  now: EpochSeconds,
): boolean {
  if (!isAlive(attempt, now)) return false;
  const userId = match.kind === "linked" ? match.userId : match.kind === "step_up" ? match.account.id : null;
  if (attempt.confirmedUserId !== null) return attempt.confirmedUserId !== userId;
  if (attempt.link !== null) return attempt.link.userId !== userId;
  const addresses = [idJag.email, match.kind === "step_up" ? parseLoginHint(match.account.email) : null];
  return !addresses.includes(attempt.loginHint);
}

async function bind(
  context: IdentityContext,
  registration: Registration,
  { idJag, provider }: VouchedFor,
  person: Extract<Person, { kind: "known" }>,
  caller: Caller,
  now: EpochSeconds,
): Promise<Body> {
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
      event("claim.confirmed"),
      ...(person.link ? [event("delegation.created")] : []),
      agentEvent("assertion.issued", registration.id, caller, now, idJagDetail(idJag)),
    ],
  });
  if (outcome === "in_flight") throw new Refusal("ceremony_in_flight");
  if (outcome === "not_allowed") throw new Refusal("claimed_or_in_flight");
  if (outcome !== "bound") throw new Refusal("assertion_revoked");
  context.announcer.committed();
  const bound: Registration = {
    ...registration,
    userId: person.terms.userId,
    claimedAt: now,
    scopes: person.granted,
    generation: registration.generation + 1,
  };
  return claimedBody(bound, await issueAssertion(context, bound, now, idJag.scopes));
}

async function stepUp(
  context: IdentityContext,
  registration: Registration,
  { idJag }: VouchedFor,
  person: Extract<Person, { kind: "step_up" }>,
  caller: Caller,
  now: EpochSeconds,
): Promise<Body> {
  const loginHint = person.account.email;
  const handout = newAttempt(context, { registration, loginHint, caller, now, link: person.terms });
  const detail = { attemptId: handout.attempt.id, ...idJagDetail(idJag) };
  const result = await context.store.startAttempt({
    attempt: handout.attempt,
    expectedAttemptId: registration.currentAttemptId,
    pollInterval: pollIntervalSeconds,
    maxPerHour: attemptsPerHour,
    now,
    audit: [
      agentEvent("claim.requested", registration.id, caller, now, detail),
      agentEvent("user_code.minted", registration.id, caller, now, detail),
    ],
  });
  if (result.outcome === "too_many")
    throw new Refusal("too_many_attempts", { retryAfterSeconds: Math.max(result.retryAt - now, 1) });
  if (result.outcome === "not_allowed") throw new Refusal("claimed_or_in_flight");
  if (result.outcome === "in_flight") throw new Refusal("ceremony_in_flight");
  return claimStartedBody({ ...registration, kind: "identity_assertion" }, handout);
}
