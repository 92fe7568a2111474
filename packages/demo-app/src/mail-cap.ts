/** Owns how often the demo's own mail goes to one address: anybody can type anybody's into a form. Kept in memory. */

const hour = 3_600_000;
const perHour = 3;
const perDay = 10;
/** Above this many addresses the oldest are forgotten, so a flood of them cannot fill the memory. */
const maximumEntries = 10_000;

export interface MailCap {
  /** Whether one more mail may go there now; if so, it is counted. */
  spend(address: string): boolean;
}

/** `now` returns milliseconds. */
export function mailCap(now: () => number = Date.now): MailCap {
  const sent = new Map<string, number[]>();
  return {
    spend(address) {
      const today = (sent.get(address) ?? []).filter((at) => at > now() - 24 * hour);
      const lately = today.filter((at) => at > now() - hour);
      if (today.length >= perDay || lately.length >= perHour) return false;
      sent.delete(address);
      sent.set(address, [...today, now()]);
      for (const oldest of sent.keys()) {
        if (sent.size <= maximumEntries) break;
        sent.delete(oldest);
      }
      return true;
    },
  };
}
