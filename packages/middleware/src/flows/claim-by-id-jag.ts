/** Claims an anonymous registration with an ID-JAG (PROTOCOL section 4.2). */
import { attemptsPerHour, isAlive, pollIntervalSeconds, startRefusal } from "../protocol/claim-rules.js";
import { Refusal } from "../protocol/errors.js";
import { parseLoginHint } from "../protocol/login-hint.js";
import type { Caller, ClaimAttempt, EpochSeconds, Registration } from "../protocol/model.js";
import { type Body, claimStartedBody } from "../protocol/replies.js";
import { admitPerson, type Person } from "./admit-person.js";
import { codeMinted, idJagDetail } from "./audit-entries.js";
import { bindClaim, type ClaimCall } from "./bind-claim.js";
import { counted } from "./count-outcome.js";
import { exclusively, personName } from "./exclusively.js";
import type { IdentityContext } from "./identity-context.js";
import type { Match } from "./match-account.js";
import { newAttempt } from "./new-records.js";
import { claimRequested } from "./queue-mail.js";
import { findByClaimToken, type OnKnown } from "./start-claim.js";
import { refuseIfStopped } from "./stopped.js";
import { type VouchedFor, verifyIdJag } from "./verify-id-jag.js";

/**
 * Refuses with the errors of `startClaim`, `verifyIdJag` and `admitPerson`, and with `ceremony_in_flight` while a live
 * attempt belongs to somebody else. A refused call creates nothing and replaces nothing.
 */
export async function claimByIdJag(
  context: IdentityContext,
  input: { claimToken: string; assertion: string; caller: Caller; onKnown?: OnKnown },
): Promise<Body> {
  const now = context.clock.now();
  await findStartable(context, input.claimToken, now, input.onKnown);
  return counted(context, { what: "id_jag", now }, async (onTrusted) => {
    const vouched = await verifyIdJag(context, input.assertion, now, { onTrusted });
    await refuseIfStopped(context, vouched.idJag, now);
    // One at a time, and looked at anew: of several assertions for one claim, only the one that gets it creates a user.
    return exclusively(context, `claim ${input.claimToken}`, () =>
      exclusively(context, personName(vouched.idJag), () => claim(context, input, vouched, now)),
    );
  });
}

/** The registration, if it can be claimed this way at `now`; else the refusal that says why not. */
async function findStartable(
  context: IdentityContext,
  claimToken: string,
  now: EpochSeconds,
  onKnown?: OnKnown,
): Promise<Registration> {
  const registration = await findByClaimToken(context, claimToken);
  if (registration === null) throw new Refusal("invalid_claim_token");
  onKnown?.(registration.id);
  const refusal = startRefusal(registration, now);
  if (refusal !== null) throw new Refusal(refusal);
  if (registration.kind !== "anonymous") throw new Refusal("claimed_or_in_flight");
  return registration;
}

async function claim(
  context: IdentityContext,
  { claimToken, caller }: { claimToken: string; caller: Caller },
  vouched: VouchedFor,
  now: EpochSeconds,
): Promise<Body> {
  const registration = await findStartable(context, claimToken, now);
  const { currentAttemptId } = registration;
  const attempt = currentAttemptId === null ? null : await context.store.findAttempt(currentAttemptId);
  const guard = async (match: Match) => {
    if (attempt !== null && (await belongsToSomebodyElse(context, attempt, match, vouched, now)))
      throw new Refusal("ceremony_in_flight");
  };
  const person = await admitPerson(context, vouched, { now, registration, guard });
  const call = { registration, vouched, caller, now };
  const body = await (person.kind === "known"
    ? bindClaim(context, call, person)
    : stepUp(context, call, person));
  if (body !== null) return body;
  // Something happened between the look and the step: the registration as it is now says what.
  await findStartable(context, claimToken, now);
  throw new Refusal("claimed_or_in_flight");
}

/** A live attempt is never silently replaced by another person's assertion; one that is over does not count. */
async function belongsToSomebodyElse(
  { accounts }: IdentityContext,
  attempt: ClaimAttempt,
  match: Match,
  { idJag }: VouchedFor,
  now: EpochSeconds,
): Promise<boolean> {
  if (!isAlive(attempt, now)) return false;
  const userId = match.kind === "linked" ? match.userId : match.kind === "step_up" ? match.account.id : null;
  if (attempt.confirmedUserId !== null) return attempt.confirmedUserId !== userId;
  if (attempt.link !== null) return attempt.link.userId !== userId;
  // A linked person may have one address here and another one at the provider: it is the account that counts.
  const hinted = (await accounts.findByEmail?.(attempt.loginHint)) ?? null;
  if (hinted !== null) return hinted.id !== userId;
  const addresses = [idJag.email, match.kind === "step_up" ? parseLoginHint(match.account.email) : null];
  return !addresses.includes(attempt.loginHint);
}

/** Null when the registration can no longer be claimed. */
async function stepUp(
  context: IdentityContext,
  { registration, vouched, caller, now }: ClaimCall,
  person: Extract<Person, { kind: "step_up" }>,
): Promise<Body | null> {
  const { idJag } = vouched;
  const loginHint = parseLoginHint(person.account.email) ?? person.account.email;
  const handout = newAttempt(context, { registration, loginHint, caller, now, link: person.terms });
  const { attempt } = handout;
  const registrationId = registration.id;
  const detail = { attemptId: attempt.id, ...idJagDetail(idJag) };
  const requested = await claimRequested(context, {
    attempt,
    registrationId,
    caller,
    now,
    detail,
    existing: registration,
  });
  const result = await context.store.startAttempt({
    attempt,
    expectedAttemptId: registration.currentAttemptId,
    pollInterval: pollIntervalSeconds,
    maxPerHour: attemptsPerHour,
    now,
    audit: [...requested, ...codeMinted(attempt, caller, now, detail)],
  });
  if (result.outcome === "too_many")
    throw new Refusal("too_many_attempts", { retryAfterSeconds: Math.max(result.retryAt - now, 1) });
  if (result.outcome === "not_allowed") return null;
  if (result.outcome === "in_flight") throw new Refusal("ceremony_in_flight");
  if (result.outcome === "issuer_disabled") throw new Refusal("issuer_not_enabled");
  context.metrics.claim("started");
  context.outbox.committed();
  return claimStartedBody({ ...registration, kind: "identity_assertion" }, handout);
}
