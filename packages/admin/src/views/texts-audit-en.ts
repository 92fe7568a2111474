/** Owns what the events of the audit log are called, how grave they look, and what they keep, in English. */
import type { AuditEvent, QueuedMail } from "../surface.js";
import { kindWords } from "./texts-en.js";
import { policyCodeWords, policyDetailNames } from "./texts-providers-en.js";
import type { Tone } from "./words.js";

type EventType = AuditEvent["type"];

const names: Record<EventType, [string, Tone]> = {
  "registration.created": ["Registered", "accent"],
  "registration.expired": ["Expired unclaimed", "neutral"],
  "registration.revoked": ["Revoked", "bad"],
  "registration.suspended": ["Suspended", "attention"],
  "registration.resumed": ["Resumed", "good"],
  "registration.narrowed": ["Scopes narrowed", "attention"],
  "registration.end_date_set": ["End date set", "attention"],
  "assertion.issued": ["Assertion issued", "neutral"],
  "assertion.refreshed": ["Assertion refreshed", "neutral"],
  "token.issued": ["Access token issued", "neutral"],
  "token.revoked": ["Access token revoked", "bad"],
  "claim.requested": ["Claim requested", "accent"],
  "claim.viewed": ["Claim page opened", "neutral"],
  "claim.confirmed": ["Claimed", "good"],
  "claim.denied": ["Claim denied", "bad"],
  "claim.locked": ["Claim locked", "bad"],
  "user_code.minted": ["Code shown", "neutral"],
  "delegation.created": ["Delegation linked", "good"],
  "delegation.deleted": ["Delegation unlinked", "attention"],
  "provider.added": ["Provider added", "attention"],
  "provider.changed": ["Provider changed", "attention"],
  "provider.disabled": ["Provider disabled", "bad"],
  "provider.enabled": ["Provider enabled", "good"],
  "event.received": ["Provider event received", "accent"],
  "event.rejected": ["Provider event rejected", "bad"],
  "mail.sent": ["Mail sent", "neutral"],
  "mail.failed": ["Mail failed", "bad"],
  "mail.retried": ["Mail tried again", "accent"],
  "key.rotated": ["Signing key rotated", "attention"],
  "person.erased": ["Data of a person erased", "attention"],
  "job.started": ["Bulk job started", "attention"],
  "data.exported": ["Data exported", "attention"],
};

/** Types that can be filtered for, in the order of the list. */
export const auditTypes = Object.keys(names) as EventType[];

export function isAuditType(text: string): text is EventType {
  return Object.hasOwn(names, text);
}

const nameOf = (type: string): [string, Tone] | undefined => (isAuditType(type) ? names[type] : undefined);

export function auditName(type: string): string {
  return nameOf(type)?.[0] ?? type;
}

export function auditTone(type: string): Tone {
  return nameOf(type)?.[1] ?? "neutral";
}

export const actorWords: Record<AuditEvent["actor"]["kind"], string> = {
  agent: "Agent",
  user: "Person",
  provider: "Provider",
  operator: "Operator",
  system: "System",
};

export const mailWords: Record<QueuedMail["template"], string> = {
  claim_link: "Claim link",
  agent_connected: "Agent connected",
  agent_revoked: "Agent revoked",
  manage_link: "Manage link",
};

/** What the parts of an event are called. Those that are not listed are called as they are stored. */
export const detailNames: Record<string, string> = {
  reason: "Reason",
  kind: "Kind",
  error: "Answered with",
  check: "Why",
  attemptId: "Claim attempt",
  userId: "User",
  iss: "Provider",
  sub: "Person there",
  agent_platform: "Platform of the agent",
  agent_context_id: "Its context there",
  scopes: "Scopes",
  endsAt: "Ends",
  ceremony: "How",
  template: "Mail",
  mailId: "Number of the mail",
  tries: "Tries",
  failure: "Failure before",
  guesses: "Wrong codes",
  job: "Bulk job",
  types: "Kinds of events",
  kid: "Key",
  signsFrom: "Signs from",
  ended: "Agents ended",
  action: "What it does",
  what: "What was taken",
  filter: "To what",
  incident: "Incident",
  ...policyDetailNames,
};

/** Reasons and the like that the service itself gives; what people typed stays as it is. */
export const codeWords: Record<string, Record<string, string>> = {
  reason: {
    user_request: "The person asked for it",
    claim_window_over: "Nobody claimed it in time",
    never_collected: "What the claim granted was never collected",
    refresh_token_revoked: "Its refresh token was handed back",
    refresh_token_reuse: "An old refresh token was used again: somebody may have copied it",
    provider_revoked: "The provider took back what it had vouched for",
    provider_session_revoked: "The provider ended the person’s sessions",
    capped: "Too many mails to that address",
    uncounted: "Mails to that address could not be counted",
    refused: "The mail server refused it",
    given_up: "Given up after a day of tries",
  },
  ceremony: {
    read_back: "The person read a code to the agent",
    code_entry: "The person typed the code of the agent",
  },
  template: mailWords,
  what: { registrations: "Registrations", audit_log: "The audit log" },
  kind: kindWords,
  ...policyCodeWords,
};

export const endDateRemoved = "The end date was removed";

export const auditPage = {
  title: "Audit log",
  lead: "Who did what, when and from where. Rows are only ever added. No token and no code is in it.",
  exportCsv: "Export as CSV",
  exportLines: "Export as NDJSON",
  find: "Find events",
  any: "Any",
  fields: {
    type: "Event",
    actor_kind: "By",
    actor: "Actor id",
    registration: "Registration id",
    from: "From (UTC)",
    to: "Until (UTC)",
  },
  filter: "Filter",
  clear: "Clear",
  caption: "Events, newest first",
  columns: { event: "Event", when: "When", who: "Who", registration: "Registration", detail: "Detail" },
  shown: { one: "event on this page", many: "events on this page" },
  inStretch: {
    heading: "Nothing in this stretch",
    text: "Many events were looked through. There are more: go on to the next page.",
  },
  noMatch: { heading: "Nothing matches", text: "Widen the range or drop a filter." },
  turnedRound: "Nothing happens after the last and before the first of these days: turn them round.",
  empty: {
    heading: "Nothing has happened yet",
    text: "Every registration, claim, token, revocation and operator’s action is listed here.",
  },
  showAll: "Show everything",
  /** `Operator op_1, from 192.0.2.1`. */
  from: ", from ",
} as const;
