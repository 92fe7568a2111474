/** Owns how times and the fate of an event are put into words. */
import type { QueuedEvent } from "../protocol/model.js";

export interface Moment {
  iso: string;
  text: string;
}

const format = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** In UTC and saying so: the server does not know where its reader is. */
export function momentOf(seconds: number): Moment {
  const date = new Date(seconds * 1000);
  return { iso: date.toISOString(), text: `${format.format(date)} UTC` };
}

/** How the delivery of an event stands. */
export function statusOf(event: QueuedEvent): {
  tone: "success" | "warning" | "danger";
  text: string;
  at: Moment | null;
} {
  if (event.status === "sent") return { tone: "success", text: "sent", at: null };
  if (event.status === "refused") return { tone: "danger", text: `refused: ${event.problem}`, at: null };
  if (event.status === "failed") return { tone: "danger", text: `not sent: ${event.problem}`, at: null };
  const reason = event.problem === null ? "" : ` (${event.problem})`;
  return { tone: "warning", text: `waiting${reason}, next try at`, at: momentOf(event.nextTryAt) };
}
