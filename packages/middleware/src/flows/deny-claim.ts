/** Lets the signed-in person refuse an agent. The claim handle is over for good. */
import type { Caller } from "../protocol/model.js";
import type { FlowContext } from "./context.js";
import type { OpenClaim } from "./view-claim.js";

/** False when somebody was faster. */
export async function denyClaim(
  context: FlowContext,
  input: { claim: OpenClaim; caller: Caller },
): Promise<boolean> {
  const { registration, attempt, user, now } = input.claim;
  return context.store.denyClaim({
    attemptId: attempt.id,
    registrationId: registration.id,
    now,
    audit: [
      {
        type: "claim.denied",
        at: now,
        actor: { kind: "user", id: user.id },
        ip: input.caller.ip,
        registrationId: registration.id,
        detail: { attemptId: attempt.id },
      },
    ],
  });
}
