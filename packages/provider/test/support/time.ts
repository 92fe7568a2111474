/** Owns a clock that stands still until it is told to move, and random bytes that repeat with their seed. */
import { createHash } from "node:crypto";
import type { Clock, Random } from "../../src/index.js";

export interface FixedClock extends Clock {
  advance(seconds: number): void;
}

/** Starts at 2026-01-01T00:00:00Z. */
export function fixedClock(start = 1_767_225_600): FixedClock {
  let current = start;
  return {
    now: () => current,
    advance: (seconds) => {
      current += seconds;
    },
  };
}

export function seededRandom(seed: string): Random {
  let counter = 0;
  return {
    bytes(length) {
      const blocks: Buffer[] = [];
      for (let size = 0; size < length; size += 32) {
        blocks.push(createHash("sha256").update(`${seed}:${counter}`).digest());
        counter += 1;
      }
      return Buffer.concat(blocks).subarray(0, length);
    },
  };
}
