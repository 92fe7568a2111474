/**
 * Compares a code and counts a wrong one, for both ceremonies: they share one budget, and where it is used up nothing
 * is compared.
 */
import { guessesPerAttempt, guessesPerClaim } from "../protocol/claim-rules.js";
import type { AuditEvent, ClaimAttempt, EpochSeconds, Registration } from "../protocol/model.js";
import type { FlowContext } from "./context.js";

export type Guess =
  | { outcome: "right" }
  /** `remaining` is 0 when this was the attempt's last guess. */
  | { outcome: "wrong"; remaining: number }
  /** The attempt's guesses were used up before. */
  | { outcome: "attempt_over" }
  /** The claim's guesses are used up: its handle has ended for good. */
  | { outcome: "claim_over" };

/** Guesses left, as far as is known. */
export function remainingGuesses(attempt: { wrongGuesses: number }, claim: { wrongGuesses: number }): number {
  return Math.max(
    Math.min(guessesPerAttempt - attempt.wrongGuesses, guessesPerClaim - claim.wrongGuesses),
    0,
  );
}

/** `isRight` is called only while there are guesses left, and has no effects. `event` puts together the audit event of a lock. */
export async function guessCode(
  { store, metrics }: FlowContext,
  input: {
    registration: Pick<Registration, "id">;
    attempt: Pick<ClaimAttempt, "id">;
    isRight: () => boolean;
    event: (type: "claim.locked", detail: AuditEvent["detail"]) => AuditEvent;
    now: EpochSeconds;
  },
): Promise<Guess> {
  const { registration, attempt, isRight, event, now } = input;
  const lock = async (guesses: number): Promise<Guess> => {
    const isFirst = await store.lockClaim({
      registrationId: registration.id,
      now,
      audit: [event("claim.locked", { guesses })],
    });
    if (isFirst) metrics.claim("locked");
    return { outcome: "claim_over" };
  };
  const guess = await store.spendGuess({
    attemptId: attempt.id,
    isRight,
    maxPerAttempt: guessesPerAttempt,
    maxPerClaim: guessesPerClaim,
  });
  if (guess.outcome === "exhausted") {
    // Whoever spent the last guess of the claim may have died before locking it.
    const guesses = (await store.findRegistration(registration.id))?.wrongGuesses ?? 0;
    return guesses >= guessesPerClaim ? lock(guesses) : { outcome: "attempt_over" };
  }
  if (guess.outcome === "right") return guess;
  if (guess.claimGuesses >= guessesPerClaim) return lock(guess.claimGuesses);
  const spent = { wrongGuesses: guess.attemptGuesses };
  return { outcome: "wrong", remaining: remainingGuesses(spent, { wrongGuesses: guess.claimGuesses }) };
}
