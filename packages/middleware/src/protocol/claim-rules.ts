/** Owns the rules of a claim: who may start one, what the page shows, what a poll is told (PROTOCOL sections 4, 5). */
import type { ErrorName } from "./errors.js";
import { isHinted } from "./login-hint.js";
import type { ClaimAttempt, EpochSeconds, Registration } from "./model.js";
import { allows, type Status, statusOf } from "./state.js";

export const guessesPerAttempt = 5;
export const guessesPerClaim = 15;
export const attemptsPerHour = 5;
export const pollIntervalSeconds = 5;
export const pollStepSeconds = 5;
/** An agent that keeps polling too fast is not pushed further than this. */
export const longestPollIntervalSeconds = 60;
/** An approved claim stays deliverable at least this long, even if its window closes first. */
export const deliveryGraceSeconds = 600;

/** Whether an attempt can still be settled by a person. */
export function isAlive(attempt: ClaimAttempt, now: EpochSeconds): boolean {
  return (
    attempt.replacedAt === null &&
    attempt.deniedAt === null &&
    attempt.wrongGuesses < guessesPerAttempt &&
    attempt.expiresAt > now
  );
}

/** Whether the code the agent shows may still be typed. Revealing the other one lengthens the attempt, not its life. */
export function isUserCodeAlive(attempt: ClaimAttempt, attemptSeconds: number, now: EpochSeconds): boolean {
  return now < attempt.createdAt + attemptSeconds;
}

const startRefusals: Partial<Record<Status, ErrorName>> = {
  revoked: "claim_revoked",
  suspended: "registration_suspended",
  ended: "claim_expired",
  claimed: "claimed_or_in_flight",
  expired: "claim_expired",
};

/** Why a claim cannot be started, or null when it can. */
export function startRefusal(registration: Registration, now: EpochSeconds): ErrorName | null {
  const status = statusOf(registration, now);
  // A handle that was refused stays refused, whether its window is still open or not.
  if (registration.claimEndedAt !== null && (status === "expired" || allows(status, "start_claim")))
    return "claim_denied";
  return startRefusals[status] ?? null;
}

/** What a poll with the claim_token finds. */
export type PollFinding = "deliver" | "pending" | "not_started" | "denied" | "expired" | "unusable";

/** Evaluates a poll. "unusable" is the same answer for delivered, revoked and suspended: nothing is left to learn. */
export function pollFinding(
  registration: Registration,
  attempt: ClaimAttempt | null,
  now: EpochSeconds,
): PollFinding {
  const status = statusOf(registration, now);
  if (allows(status, "collect_claim")) {
    // An approved claim is never told that its code expired; when its time is over it is gone like any other.
    const isDeliverable = registration.collectedAt === null && deliverableUntil(registration) > now;
    return isDeliverable ? "deliver" : "unusable";
  }
  if (status === "expired") return registration.claimEndedAt === null ? "expired" : "denied";
  if (!allows(status, "start_claim")) return "unusable";
  if (registration.claimEndedAt !== null) return "denied";
  if (attempt === null) return "not_started";
  return isAlive(attempt, now) ? "pending" : "expired";
}

/** End of the time in which an approved claim can be collected. */
export function deliverableUntil(registration: Registration): EpochSeconds {
  return Math.max(registration.claimExpiresAt, (registration.claimedAt ?? 0) + deliveryGraceSeconds);
}

/** The gates of the claim page that do not depend on who is looking, in their order. */
export type ClaimGate =
  | "claimed"
  | "revoked"
  | "suspended"
  | "denied"
  | "locked"
  | "replaced"
  | "expired"
  | "too_many_guesses"
  | "open";

/** Which gate stops a visitor of the claim page, or "open". */
export function claimGate(registration: Registration, attempt: ClaimAttempt, now: EpochSeconds): ClaimGate {
  const status = statusOf(registration, now);
  if (status === "claimed") return "claimed";
  if (status === "revoked" || status === "suspended") return status;
  if (registration.claimEndedAt !== null) return registration.claimEndReason ?? "locked";
  if (attempt.replacedAt !== null) return "replaced";
  if (attempt.wrongGuesses >= guessesPerAttempt) return "too_many_guesses";
  return allows(status, "settle_claim") && isAlive(attempt, now) ? "open" : "expired";
}

/**
 * Whether the person a mail was written to can still end the claim: as long as the agent could go on with it, whether
 * or not the attempt they were told of has lapsed.
 */
export function isDeniableByMail(
  registration: Registration,
  attempt: ClaimAttempt,
  now: EpochSeconds,
): boolean {
  return attempt.replacedAt === null && startRefusal(registration, now) === null;
}

/** Whether the signed-in person is the one the agent named. An unproven address proves nothing. */
export function isHintedPerson(
  attempt: ClaimAttempt,
  user: { email: string; emailVerified: boolean },
): boolean {
  return user.emailVerified && isHinted(attempt.loginHint, user.email);
}
