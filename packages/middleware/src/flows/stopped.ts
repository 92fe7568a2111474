/** Owns refusing what an operator stopped: a suspension, or an end date, is not undone by a new assertion. */
import { Refusal } from "../protocol/errors.js";
import type { EpochSeconds, Registration } from "../protocol/model.js";
import { statusOf } from "../protocol/state.js";

/** Refuses with `registration_suspended`. */
export function refuseIfStopped(registration: Registration | null, now: EpochSeconds): void {
  if (registration === null) return;
  const status = statusOf(registration, now);
  if (status === "suspended" || status === "ended") throw new Refusal("registration_suspended");
}
