/** Owns what becomes of an event after a try: sent, tried again, or given up (RFC 8935 section 2). */

/** Services refuse events older than a day (PROTOCOL section 7), so there is no use in trying longer. */
export const giveUpAfterSeconds = 86_400;
const firstPauseSeconds = 5;
const longestPauseSeconds = 3600;

/** How one try went. */
export type TryResult =
  | { kind: "accepted" }
  | { kind: "refused"; problem: string }
  /** There is no way to the service, and waiting will not make one. */
  | { kind: "impossible"; problem: string }
  | { kind: "unavailable"; problem: string; retryAfterSeconds?: number | undefined };

export type Settlement =
  | { status: "sent"; settledAt: number }
  | { status: "refused" | "failed"; settledAt: number; problem: string }
  | { status: "waiting"; nextTryAt: number; problem: string };

/** 5 s, 15 s, 45 s, … up to an hour. */
export function pauseAfter(attempts: number): number {
  return Math.min(firstPauseSeconds * 3 ** Math.max(0, attempts - 1), longestPauseSeconds);
}

/** Whether a status says "not now" rather than "no". */
export function isTemporary(status: number): boolean {
  return status >= 500 || status === 429 || status === 408 || status === 425;
}

/** Decides on a result. `attempts` counts the try that just ended. */
export function settle(
  event: { createdAt: number; attempts: number },
  result: TryResult,
  now: number,
): Settlement {
  if (result.kind === "accepted") return { status: "sent", settledAt: now };
  if (result.kind !== "unavailable") {
    const status = result.kind === "refused" ? "refused" : "failed";
    return { status, settledAt: now, problem: result.problem };
  }
  const asked = Math.min(result.retryAfterSeconds ?? 0, longestPauseSeconds);
  const nextTryAt = now + Math.max(pauseAfter(event.attempts), asked);
  if (nextTryAt > event.createdAt + giveUpAfterSeconds)
    return { status: "failed", settledAt: now, problem: `gave up after a day: ${result.problem}` };
  return { status: "waiting", nextTryAt, problem: result.problem };
}
