/** Owns the words of the overview, "Needs attention" apart, in English. */
import { count, type Inline, say } from "./words.js";

const today = (number: number): Inline => say`${{ words: count(number) }} today`;

export const overviewWords = {
  lead: (service: string): string => `Agents at ${service}. Days are UTC.`,
  cards: {
    claimed: { label: "Claimed", note: today },
    waiting: { label: "Waiting for a person", note: "Asked, not answered" },
    unclaimed: {
      label: "Unclaimed",
      note: (number: number): Inline => say`${{ words: count(number) }} registered today`,
    },
    suspended: { label: "Suspended" },
    ended: { label: "Ended", note: "Their end date has passed" },
    expired: { label: "Expired", note: "Nobody claimed them in time" },
    revoked: { label: "Revoked", note: today },
    tokens: { label: "Active tokens", note: "Good right now" },
  },
  uncounted:
    "Too many registrations have an end date, or have just expired, for all of them to be looked at here. Ended and Expired are at least what is shown, Claimed, Waiting and Unclaimed at most; the lists are exact.",
  activity: "Registrations and claims, last 30 days",
  failures: {
    heading: "Refusals and failures, last 30 days",
    none: "None. Everything that came in was good.",
    caption: "Refusals and failures by reason, most first",
    columns: { reason: "Reason", what: "What", times: "Times", share: "Share" },
    what: { event: "Provider event", id_jag: "ID-JAG", mail: "Mail" },
  },
  kinds: {
    heading: "By kind",
    caption: "Registrations by kind",
    columns: { kind: "Kind", registrations: "Registrations" },
  },
  scopes: {
    heading: "Scopes granted most",
    none: "Nothing is granted to anybody.",
    caption: "Scopes by how many registrations are granted them",
    columns: { scope: "Scope", registrations: "Registrations" },
  },
} as const;
