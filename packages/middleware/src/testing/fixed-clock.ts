/** Owns a clock that stands still until it is told to move. */
import type { Clock } from "../ports.js";

export interface FixedClock extends Clock {
  advance(seconds: number): void;
  set(epochSeconds: number): void;
}

/** A clock that starts at 2026-01-01T00:00:00Z unless told otherwise. */
export function fixedClock(start = 1_767_225_600): FixedClock {
  let current = start;
  return {
    now: () => current,
    advance: (seconds) => {
      current += seconds;
    },
    set: (epochSeconds) => {
      current = epochSeconds;
    },
  };
}
