/** Owns the one place that reads the machine's clock. */
import type { Clock } from "../ports.js";

export const systemClock: Clock = {
  now: () => Math.floor(Date.now() / 1000),
  milliseconds: () => Date.now() % 1000,
};
