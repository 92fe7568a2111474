/** Owns how times and numbers are put into words, in English. */

const monthNames = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const twoDigits = (number: number): string => String(number).padStart(2, "0");

/** `22 Nov 2026, 05:20 UTC`. It breaks between day and time only. */
export function timeText(date: Date): string {
  const day = [date.getUTCDate(), monthNames[date.getUTCMonth()], date.getUTCFullYear()].join("\u00A0");
  return `${day}, ${twoDigits(date.getUTCHours())}:${twoDigits(date.getUTCMinutes())}\u00A0UTC`;
}

/** `2026-11-22` as "22 Nov". */
export function shortDay(day: string): string {
  const [, month, date] = day.split("-");
  return `${Number(date)} ${monthNames[Number(month) - 1] ?? ""}`;
}

/** 1234567 as "1,234,567". */
export function count(number: number): string {
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

export function plural(number: number, one: string, many: string): string {
  return `${count(number)} ${number === 1 ? one : many}`;
}

const spans: [seconds: number, one: string, many: string][] = [
  [365 * 86_400, "year", "years"],
  [30 * 86_400, "month", "months"],
  [86_400, "day", "days"],
  [3600, "hour", "hours"],
  [60, "minute", "minutes"],
];

/** `5 minutes ago`. A time that is not over yet, by a clock that is ahead, is just now. */
export function agoText(seconds: number): string {
  for (const [span, one, many] of spans)
    if (seconds >= span) return `${plural(Math.floor(seconds / span), one, many)} ago`;
  return "just now";
}
