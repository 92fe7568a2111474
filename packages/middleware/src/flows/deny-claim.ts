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
    caller: Caller;
    now: EpochSeconds;
  },
): Promise<boolean> {
  const { claim, userId, caller, now } = input;
  return context.store.denyClaim({
    attemptId: claim.attempt.id,
    registrationId: claim.registration.id,
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
}
