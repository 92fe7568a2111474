/** Looks whether starting a claim is bound to be refused, before anything is spent on it. */
import { attemptsPerHour, isAlive, startRefusal } from "../protocol/claim-rules.js";
import type { EpochSeconds, Registration } from "../protocol/model.js";
import type { FlowContext } from "./context.js";

const hour = 3600;

/**
 * Whether a person has confirmed the current attempt, or the hour's attempts are used up. Only a look: the store decides.
 * A start that is refused must not use up what the person it names may be mailed.
 */
export async function isBoundToBeRefused(
  { store }: FlowContext,
  registration: Registration,
  now: EpochSeconds,
): Promise<boolean> {
  const { id, currentAttemptId } = registration;
  // A claim that is over is not in anybody's way: a step-up begins anew.
  const isUnderWay = startRefusal(registration, now) === null;
  const current = currentAttemptId === null ? null : await store.findAttempt(currentAttemptId);
  if (isUnderWay && current !== null && current.confirmedAt !== null && isAlive(current, now)) return true;
  return (await store.countAttempts({ registrationId: id, after: now - hour })) >= attemptsPerHour;
}
