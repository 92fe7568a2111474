/** Owns refusing what an operator stopped: a suspension, or an end date, is not undone by a new assertion. */
import { Refusal } from "../protocol/errors.js";
import type { EpochSeconds, Registration } from "../protocol/model.js";

/** Refuses with `registration_suspended`, also when the registration was revoked after it was stopped. */
export function refuseIfStopped(registration: Registration | null, now: EpochSeconds): void {
  if (registration === null) return;
  const hasEnded = registration.endsAt !== null && registration.endsAt <= now;
  if (registration.suspendedAt !== null || hasEnded) throw new Refusal("registration_suspended");
}
