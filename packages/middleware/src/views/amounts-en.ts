/** Owns amounts in English: how many of a thing, how long. */

/** "1 try", "3 tries". */
export function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

/** "45 seconds", "about 4 minutes", "about 2 hours". */
export function duration(seconds: number): string {
  if (seconds < 90) return count(Math.max(1, Math.ceil(seconds)), "second", "seconds");
  if (seconds < 90 * 60) return `about ${count(Math.ceil(seconds / 60), "minute", "minutes")}`;
  return `about ${count(Math.ceil(seconds / 3600), "hour", "hours")}`;
}
