/**
 * Owns which mail goes out because of what. Notices are not counted: a stranger could use up the count to keep a person
 * from being told. Read next: `mail-caps.ts` for what is counted, `send-mail.ts` for what happens to a queued mail.
 */
import type {
  AuditEvent,
  Caller,
  ClaimAttempt,
  EpochSeconds,
  MailTemplate,
  NewMail,
  Registration,
} from "../protocol/model.js";
import { agentEvent } from "./audit-entries.js";
import { isBoundToBeRefused } from "./claim-prospects.js";
import type { FlowContext } from "./context.js";
import { type AskedMail, type MailAsker, withinCaps } from "./mail-caps.js";

/** A mail to be spread into the audit event of what it tells of; nothing where this service sends no mail. */
export interface Notice {
  mail?: NewMail;
}

/** A claim link to the person an attempt names, unless it is one too many. Spends from the caps. */
export function claimLinkMail(
  context: FlowContext,
  request: MailAsker & { recipient: string; attemptId: string; registrationId: string },
): Promise<AskedMail> {
  const { recipient, attemptId } = request;
  return withinCaps(context, "mail", { template: "claim_link", recipient, userId: null, attemptId }, request);
}

/** What the start of a claim leaves in the audit log, with the mail to the person it names. */
export async function claimRequested(
  context: FlowContext,
  input: {
    attempt: ClaimAttempt;
    registrationId: string;
    caller: Caller;
    now: EpochSeconds;
    detail?: AuditEvent["detail"];
    /** The registration as it stands, where one exists already. */
    existing?: Registration;
  },
): Promise<AuditEvent[]> {
  const { attempt, registrationId, caller, now, detail, existing } = input;
  const { id: attemptId, loginHint: recipient } = attempt;
  const request = { recipient, attemptId, registrationId, ip: caller.ip };
  const event = agentEvent("claim.requested", registrationId, caller, now, { attemptId, ...detail });
  if (existing !== undefined && (await isBoundToBeRefused(context, existing, now))) return [event];
  const { mail, audit } = await claimLinkMail(context, request);
  return [mail === undefined ? event : { ...event, mail }, ...audit];
}

/**
 * A link to the page of connected agents, for somebody who asked for one. Has counts of its own, so that claim links
 * cannot use them up.
 */
export function manageLinkMail(
  context: FlowContext,
  request: Omit<MailAsker, "registrationId"> & { recipient: string; userId: string },
): Promise<AskedMail> {
  const { recipient, userId } = request;
  const mail = { template: "manage_link" as const, recipient, userId, attemptId: null };
  return withinCaps(context, "manage-mail", mail, { ...request, registrationId: null });
}

/** Tells a person of an agent that can act for them from now on. */
export function connectedNotice(
  context: FlowContext,
  user: { id: string; email?: string | null; emailVerified?: boolean },
): Notice {
  const recipient = user.emailVerified === true ? (user.email ?? null) : null;
  return notice(context, "agent_connected", recipient, user.id);
}

/** Tells a person of an agent that can no longer act for them. Nobody is told of an agent nobody had connected. */
export function revokedNotice(context: FlowContext, userId: string | null): Notice {
  return userId === null ? {} : notice(context, "agent_revoked", null, userId);
}

/** The same for many registrations at once: the store fills in the user of each. */
export function revokedNoticeToEach(context: FlowContext): Notice {
  return notice(context, "agent_revoked", null, null);
}

function notice(
  { mailCaps }: FlowContext,
  template: MailTemplate,
  recipient: string | null,
  userId: string | null,
): Notice {
  return mailCaps === null ? {} : { mail: { template, recipient, userId, attemptId: null } };
}
