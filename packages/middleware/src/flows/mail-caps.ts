/**
 * Owns how often a person may be written to because somebody else named their address. The counts hold even when the
 * request limits are off, and fail closed: a limiter that cannot count must not become a way to flood a mailbox.
 */
import type { AuditEvent, EpochSeconds, NewMail } from "../protocol/model.js";
import { networkOf } from "../protocol/network.js";
import type { FlowContext } from "./context.js";

const hour = 3600;
const day = 86_400;

/** A mail somebody asked for. When a cap held it back, `audit` says so. Both go with the step the mail tells of. */
export interface AskedMail {
  mail?: NewMail;
  capped: boolean;
  audit: AuditEvent[];
}

/** Whose counts a mail is taken from. */
export interface MailAsker {
  registrationId: string | null;
  ip: string | null;
}

/**
 * The mail, unless it is one too many; nothing where this service sends no mail. `kind` keeps the counts of different
 * mails apart. Narrowest first: who is over a limit of their own does not use up the person's.
 */
export async function withinCaps(
  { store, clock, mailCaps: caps }: FlowContext,
  kind: string,
  mail: NewMail & { recipient: string },
  { registrationId, ip }: MailAsker,
): Promise<AskedMail> {
  if (caps === null) return { capped: false, audit: [] };
  const mailbox = mailboxOf(mail.recipient);
  const tiers: [name: string, subject: string | null, quota: number, windowSeconds: number][] = [
    ["registration-day", registrationId, caps.perRegistrationPerDay, day],
    ["ip-hour", networkOf(ip), caps.perIpPerHour, hour],
    ["address-hour", mailbox, caps.perAddressPerHour, hour],
    ["address-day", mailbox, caps.perAddressPerDay, day],
  ];
  for (const [name, subject, quota, windowSeconds] of tiers) {
    // An unknown sender is not counted.
    if (subject === null) continue;
    const key = `${kind}-${name}:${subject}`;
    const use = await store.consumeLimit({ key, windowSeconds }).catch(() => null);
    if (use === null) return heldBack(mail, "uncounted", registrationId, clock.now());
    if (use.used > quota) return heldBack(mail, "capped", registrationId, clock.now());
  }
  return { mail, capped: false, audit: [] };
}

/** `alice+notes@example.com` is read in the mailbox of `alice@example.com` nearly everywhere, so they count as one. */
function mailboxOf(address: string): string {
  return address.replace(/^([^+]+)\+[^@]*@/, "$1@");
}

function heldBack(
  { template }: NewMail,
  reason: "capped" | "uncounted",
  registrationId: string | null,
  now: EpochSeconds,
): AskedMail {
  const actor = { kind: "system", id: null } as const;
  const detail = { template, reason };
  return {
    capped: true,
    audit: [{ type: "mail.failed", at: now, actor, ip: null, registrationId, detail }],
  };
}
