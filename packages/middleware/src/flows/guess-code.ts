/**
 * Spends a guess and compares a code, for both ceremonies: they share one budget, and whoever cannot spend may not
 * compare.
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

/** `isRight` is called only once a guess is spent. `event` puts together the audit event of a lock. */
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
  // Counted before it is compared: any number of parallel guesses compares no more than the budget allows.
  const guess = await store.spendGuess({
    attemptId: attempt.id,
    maxPerAttempt: guessesPerAttempt,
    maxPerClaim: guessesPerClaim,
  });
  if (guess.outcome === "exhausted") {
    // Whoever spent the last guess of the claim may have died before locking it.
    const guesses = (await store.findRegistration(registration.id))?.wrongGuesses ?? 0;
    return guesses >= guessesPerClaim ? lock(guesses) : { outcome: "attempt_over" };
  }
  if (isRight()) {
    // What stays on the count are wrong ones. Should it get lost here, one too many is counted: that is the safe side.
    await store.returnGuess({ attemptId: attempt.id });
    return { outcome: "right" };
  }
  if (guess.claimGuesses >= guessesPerClaim) return lock(guess.claimGuesses);
  const spent = { wrongGuesses: guess.attemptGuesses };
  return { outcome: "wrong", remaining: remainingGuesses(spent, { wrongGuesses: guess.claimGuesses }) };
}
