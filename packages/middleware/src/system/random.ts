/**
 * Owns the one place that draws random bytes: many at a time, because asking costs more than the bytes. No byte is
 * handed out twice.
 */
import { randomFillSync } from "node:crypto";
import type { Random } from "../ports.js";

const drawnAtOnce = 4096;

let drawn = Buffer.alloc(0);
let used = 0;

export const systemRandom: Random = {
  bytes(length) {
    if (length > drawnAtOnce) return randomFillSync(Buffer.alloc(length));
    if (used + length > drawn.length) {
      drawn = randomFillSync(Buffer.alloc(drawnAtOnce));
      used = 0;
    }
    const bytes = Buffer.from(drawn.subarray(used, used + length));
    drawn.fill(0, used, used + length);
    used += length;
    return bytes;
  },
};
