/** Owns refusing what an operator stopped: a suspension, or an end date, is not undone by a new assertion. */
import { Refusal } from "../protocol/errors.js";
import type { EpochSeconds } from "../protocol/model.js";
import type { FlowContext } from "./context.js";

/** Refuses with `registration_suspended` while anything that carries the pair is stopped, whatever its kind. */
export async function refuseIfStopped(
  { store }: FlowContext,
  { issuer, subject }: { issuer: string; subject: string },
  now: EpochSeconds,
): Promise<void> {
  if (await store.isSubjectStopped(issuer, subject, now)) throw new Refusal("registration_suspended");
}
