/** Owns how often a wrong password may be tried: per address and sender, and per sender. Kept in memory. */

const windowMilliseconds = 15 * 60_000;
const maximumPerAddress = 10;
const maximumPerSender = 50;
/** Above this many entries the oldest are dropped, so a flood of addresses cannot fill the memory. */
const maximumEntries = 10_000;

export interface LoginThrottle {
  /** Seconds to wait before the next try, or 0. */
  waitSeconds(email: string, sender: string): number;
  recordFailure(email: string, sender: string): void;
  recordSuccess(email: string, sender: string): void;
}

/** `now` returns milliseconds. */
export function loginThrottle(now: () => number = Date.now): LoginThrottle {
  const failures = new Map<string, { count: number; since: number }>();
  const senderKey = (sender: string) => `sender ${sender}`;
  const addressKey = (email: string, sender: string) => `address ${sender} ${email}`;

  function waitFor(key: string, maximum: number): number {
    const entry = failures.get(key);
    if (entry === undefined || entry.count < maximum) return 0;
    return Math.max(0, Math.ceil((entry.since + windowMilliseconds - now()) / 1000));
  }

  function count(key: string): void {
    const entry = failures.get(key);
    if (entry !== undefined && entry.since + windowMilliseconds > now()) {
      entry.count += 1;
      return;
    }
    failures.delete(key);
    failures.set(key, { count: 1, since: now() });
    for (const oldest of failures.keys()) {
      if (failures.size <= maximumEntries) break;
      failures.delete(oldest);
    }
  }

  return {
    waitSeconds: (email, sender) =>
      Math.max(
        waitFor(addressKey(email, sender), maximumPerAddress),
        waitFor(senderKey(sender), maximumPerSender),
      ),
    recordFailure(email, sender) {
      count(addressKey(email, sender));
      count(senderKey(sender));
    },
    recordSuccess(email, sender) {
      failures.delete(addressKey(email, sender));
    },
  };
}
