/** Lets an agent finish a claim with the code a person read to it, and delivers everything at once (PROTOCOL 4.4). */
import { isAlive, startRefusal } from "../protocol/claim-rules.js";
import { grantableByPerson, isLinkable } from "../protocol/delegation.js";
import { Refusal } from "../protocol/errors.js";
import type { Caller, ClaimAttempt, EpochSeconds, Registration } from "../protocol/model.js";
import { isReadBackCode } from "../protocol/read-back-code.js";
import { type Body, completedBody } from "../protocol/replies.js";
import { intersect } from "../protocol/scopes.js";
import { normaliseUserCode } from "../protocol/user-code.js";
import { agentEvent } from "./audit-entries.js";
import { afterBinding, type Binding, bindAttempt } from "./bind-attempt.js";
import { guessCode, remainingGuesses } from "./guess-code.js";
import type { IdentityContext } from "./identity-context.js";
import { issueWithRefresh, newRefreshFamily } from "./issue-assertion.js";
import { settleAccount } from "./settle-account.js";
import { findByClaimToken, type OnKnown } from "./start-claim.js";
import { refuseIfStopped } from "./stopped.js";
import { findActiveProvider } from "./trust.js";

/** Seconds after which an agent tries again when something changed under its request and was changed back. */
const retryAfterChangeSeconds = 1;

/** A claim whose code was revealed to a person, who may still be granted for. */
interface Completable {
  registration: Registration;
  attempt: ClaimAttempt;
  scopes: string[];
}

/**
 * Refuses with `invalid_claim_token`, `claim_revoked`, `registration_suspended`, `claimed_or_in_flight`,
 * `claim_denied`, `claim_expired`, `otp_expired`, `claim_not_confirmed`, `otp_invalid` or `account_not_found`. Exactly
 * one of any number of right answers, here or on the page, is answered with what the claim grants.
 */
export async function completeClaim(
  context: IdentityContext,
  input: { claimToken: string; code: string; caller: Caller; onKnown?: OnKnown },
): Promise<Body> {
  const { claimToken, caller } = input;
  const now = context.clock.now();
  const { registration, attempt, scopes } = await findCompletable(context, claimToken, now, input.onKnown);
  await checkCode(context, { ...input, registration, attempt, now });

  const user = await confirmedPerson(context, attempt);
  if (user === null) throw new Refusal("account_not_found");
  const binding = { registration, attempt, user, scopes, caller, now };
  const bound = afterBinding(binding);
  const refreshFamily = newRefreshFamily(context, { registration: bound, now });
  // Signed before anything is bound: a key that cannot be had must not cost the agent its one delivery.
  const issued = await issueWithRefresh(context, bound, refreshFamily, now);
  const isBound = await bindAttempt(context, binding, {
    delivery: { refreshFamily },
    detail: { ceremony: "read_back" },
    audit: [agentEvent("assertion.issued", registration.id, caller, now)],
  });
  if (isBound) return completedBody(bound, issued);
  // Something happened between the look and the step: the claim as it is now says what.
  await findCompletable(context, claimToken, now);
  throw new Refusal("temporarily_unavailable", { retryAfterSeconds: retryAfterChangeSeconds });
}

/** The claim, if a code would finish it at `now`; else the refusal that says why not. Looks at no code. */
async function findCompletable(
  context: IdentityContext,
  claimToken: string,
  now: EpochSeconds,
  onKnown?: OnKnown,
): Promise<Completable> {
  const registration = await findByClaimToken(context, claimToken);
  if (registration === null) throw new Refusal("invalid_claim_token");
  onKnown?.(registration.id);
  const refusal = startRefusal(registration, now);
  if (refusal !== null) throw new Refusal(refusal);
  const { currentAttemptId } = registration;
  const attempt = currentAttemptId === null ? null : await context.store.findAttempt(currentAttemptId);
  if (attempt === null) throw new Refusal("claim_not_confirmed");
  if (attempt.link !== null) await refuseIfStopped(context, attempt.link, now);
  const offered = await offeredFor(context, attempt);
  if (offered === null || !isAlive(attempt, now)) throw new Refusal("otp_expired");
  // Before any code is looked at, so that a guess before the confirmation tells nothing and spends nothing.
  if (attempt.confirmedAt === null || attempt.readBackCodeHash === null)
    throw new Refusal("claim_not_confirmed");
  const scopes = intersect(offered, attempt.confirmedScopes ?? []);
  // Nothing is left of what the person granted: they have to look at it again.
  if (scopes.length === 0) throw new Refusal("otp_expired");
  return { registration, attempt, scopes };
}

/**
 * The person the code was revealed to, with an account by now; null when there is none to be had. Whoever deleted their
 * account meanwhile could not end this agent with it, because it was not theirs yet.
 */
async function confirmedPerson(
  context: IdentityContext,
  attempt: ClaimAttempt,
): Promise<Binding["user"] | null> {
  const { confirmedUserId } = attempt;
  if (confirmedUserId !== null)
    return (await context.accounts.findById(confirmedUserId)) == null ? null : { id: confirmedUserId };
  const id = await settleAccount(context, attempt);
  return id === null ? null : { id, email: attempt.loginHint, emailVerified: true };
}

/** What the attempt can still be granted, or null when its link will not be made any more: the page is dead then too. */
async function offeredFor(context: IdentityContext, { link }: ClaimAttempt): Promise<string[] | null> {
  const { store, settings } = context;
  const provider = link === null ? null : await findActiveProvider(context, link.issuer);
  const isDead =
    link !== null &&
    (provider === null || !isLinkable(await store.findDelegation(link.issuer, link.subject), link));
  return isDead ? null : grantableByPerson(settings.postClaimScopes, provider?.scopes ?? null, link);
}

/** Refuses unless the code is the one that was revealed; spends a guess on every code that has the form of one. */
async function checkCode(
  context: IdentityContext,
  input: {
    registration: Registration;
    attempt: ClaimAttempt;
    claimToken: string;
    code: string;
    caller: Caller;
    now: EpochSeconds;
  },
): Promise<void> {
  const { registration, attempt, claimToken, caller, now } = input;
  const wrong = (remaining: number) =>
    new Refusal("otp_invalid", { members: { remaining_guesses: remaining } });
  const code = normaliseUserCode(input.code);
  if (code === null) throw wrong(remainingGuesses(attempt, registration));
  const { readBackCodeHash: stored } = attempt;
  const guess = await guessCode(context, {
    registration,
    attempt,
    isRight: () => stored !== null && isReadBackCode(context.keys, attempt.id, code, stored),
    event: (type, detail) =>
      agentEvent(type, registration.id, caller, now, { attemptId: attempt.id, ...detail }),
    now,
  });
  if (guess.outcome === "right") return;
  if (guess.outcome === "wrong") throw wrong(guess.remaining);
  // Whoever used up the guesses may have been right with the last one.
  await findCompletable(context, claimToken, now);
  throw new Refusal(guess.outcome === "claim_over" ? "claim_denied" : "otp_expired");
}
