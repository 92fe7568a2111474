/** Lets the signed-in person bind an agent to their account with the code it showed them. */
import { guessesPerAttempt, guessesPerClaim } from "../protocol/claim-rules.js";
import type { AuditEvent, Caller } from "../protocol/model.js";
import { intersect } from "../protocol/scopes.js";
import { isUserCode, normaliseUserCode } from "../protocol/user-code.js";
import type { FlowContext } from "./context.js";
import type { OpenClaim } from "./view-claim.js";

export type ConfirmOutcome =
  | { outcome: "confirmed" }
  | { outcome: "no_scope" }
  | { outcome: "malformed_code" }
  | { outcome: "wrong_code"; remaining: number }
  /** The attempt or the claim is over, or somebody was faster: the page shows how things stand now. */
  | { outcome: "over" };

/** Exactly one of any number of concurrent right answers is "confirmed". */
export async function confirmClaim(
  context: FlowContext,
  input: { claim: OpenClaim; userCode: string; scopes: readonly string[]; caller: Caller },
): Promise<ConfirmOutcome> {
  const { store } = context;
  const { registration, attempt, user, now } = input.claim;
  const scopes = intersect(input.claim.offered, input.scopes);
  if (scopes.length === 0) return { outcome: "no_scope" };
  const code = normaliseUserCode(input.userCode);
  if (code === null) return { outcome: "malformed_code" };

  const event = (type: AuditEvent["type"], detail: AuditEvent["detail"]): AuditEvent => ({
    type,
    at: now,
    actor: { kind: "user", id: user.id },
    ip: input.caller.ip,
    registrationId: registration.id,
    detail: { attemptId: attempt.id, ...detail },
  });
  // Counted before it is compared: any number of parallel guesses compares no more than the budget allows.
  const guess = await store.spendGuess({
    attemptId: attempt.id,
    maxPerAttempt: guessesPerAttempt,
    maxPerClaim: guessesPerClaim,
  });
  const lock = (guesses: number) =>
    store.lockClaim({ registrationId: registration.id, now, audit: [event("claim.locked", { guesses })] });
  if (guess.outcome === "exhausted") {
    // Whoever spent the last guess of the claim may have died before locking it.
    const guesses = (await store.findRegistration(registration.id))?.wrongGuesses ?? 0;
    if (guesses >= guessesPerClaim) await lock(guesses);
    return { outcome: "over" };
  }
  const right =
    attempt.userCodeHash !== null && isUserCode(context.userCodeKeys, attempt.id, code, attempt.userCodeHash);
  if (!right) {
    if (guess.claimGuesses >= guessesPerClaim) {
      await lock(guess.claimGuesses);
      return { outcome: "over" };
    }
    const remaining = Math.min(
      guessesPerAttempt - guess.attemptGuesses,
      guessesPerClaim - guess.claimGuesses,
    );
    return remaining > 0 ? { outcome: "wrong_code", remaining } : { outcome: "over" };
  }
  const { link } = attempt;
  const bound = await store.confirmClaim({
    attemptId: attempt.id,
    registrationId: registration.id,
    generation: registration.generation,
    userId: user.id,
    scopes,
    now,
    audit: [
      event("claim.confirmed", { userId: user.id, scopes }),
      ...(link === null
        ? []
        : [event("delegation.created", { iss: link.issuer, sub: link.subject, userId: user.id, scopes })]),
    ],
  });
  if (bound) context.announcer.committed();
  return { outcome: bound ? "confirmed" : "over" };
}
