/** Lets a person refuse an agent. The claim handle is over for good. */
import type { Caller, EpochSeconds } from "../protocol/model.js";
import type { FlowContext } from "./context.js";
import type { FoundClaim } from "./find-claim.js";

/** False when somebody was faster. `userId` is null for somebody who only followed a link of ours from a mail. */
export async function denyClaim(
  context: FlowContext,
  input: {
    claim: Pick<FoundClaim, "registration" | "attempt">;
    userId: string | null;
    /** Denies also when the attempt is over, as long as the agent could start another. */
    evenIfOver?: boolean;
    caller: Caller;
    now: EpochSeconds;
  },
): Promise<boolean> {
  const { claim, userId, evenIfOver = false, caller, now } = input;
  const isDenied = await context.store.denyClaim({
    attemptId: claim.attempt.id,
    registrationId: claim.registration.id,
    evenIfOver,
    now,
    audit: [
      {
        type: "claim.denied",
        at: now,
        actor: { kind: "user", id: userId },
        ip: caller.ip,
        registrationId: claim.registration.id,
        detail: { attemptId: claim.attempt.id },
      },
    ],
  });
  if (isDenied) {
    context.metrics.claim("denied");
    context.announcer.committed();
  }
  return isDenied;
}
