/** Owns when a mail that was not accepted is tried again, and when it is given up. */
import type { EpochSeconds } from "./model.js";

/** Nobody waits longer than this for a mail. */
export const longestMailAgeSeconds = 86_400;

/** A server that has not accepted a mail by then is given up for this time. */
export const longestSendSeconds = 45;

/** Pauses between tries. The first ones are short: a claim link is good for minutes, and greylisting asks for less. */
const pauses = [15, 30, 60, 120, 300, 600, 1200, 2400, 3600];
const longestPause = 3600;
/** Up to this share of a pause is added by chance, so that mails that failed together do not come back together. */
const jitter = 0.2;

export type NextTry = { kind: "retry"; at: EpochSeconds } | { kind: "failed"; failure: "given_up" };

/** What follows the try with the number `tries`, which failed at `now`. `chance` lies in 0 to 1. */
export function nextTry(
  mail: { createdAt: EpochSeconds; tries: number },
  now: EpochSeconds,
  chance: number,
): NextTry {
  if (now - mail.createdAt >= longestMailAgeSeconds) return { kind: "failed", failure: "given_up" };
  const pause = pauses[mail.tries - 1] ?? longestPause;
  return { kind: "retry", at: now + pause + Math.floor(pause * jitter * chance) };
}
