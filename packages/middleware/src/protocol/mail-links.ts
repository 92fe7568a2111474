/**
 * Owns the links in our mails. Each is an HMAC over the mail and what it is for, derived when the mail is sent: nobody
 * who can read the outbox can open one. Never known to an agent.
 */
import { createHmac } from "node:crypto";
import { equalInConstantTime } from "@agent-auth/web/secrets";
import type { QueuedMail } from "./model.js";

/** `claim`: opens the review page. `deny`: "this wasn't me". `manage`: opens the page of connected agents. */
export type MailLinkPurpose = "claim" | "deny" | "manage";

const prefixes: Record<MailLinkPurpose, string> = { claim: "cml", deny: "cmd", manage: "cmm" };
const shape = /^(cml|cmd|cmm)_([1-9][0-9]{0,15})_([A-Za-z0-9_-]{43})$/;

/** What a link secret claims to be. Says nothing about whether it is one. */
export interface MailLink {
  purpose: MailLinkPurpose;
  mailId: number;
  mac: string;
}

type Anchor = Pick<QueuedMail, "id" | "template" | "attemptId" | "userId" | "createdAt">;

function sign(key: Buffer, purpose: MailLinkPurpose, mail: Anchor): string {
  const text = JSON.stringify([purpose, mail.id, mail.template, mail.attemptId, mail.userId, mail.createdAt]);
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** The secret of a link, such as `cml_17_…`. */
export function formatMailLink(key: Buffer, purpose: MailLinkPurpose, mail: Anchor): string {
  return `${prefixes[purpose]}_${mail.id}_${sign(key, purpose, mail)}`;
}

/** Reads a link secret; null when it has not the form of one. */
export function parseMailLink(value: string): MailLink | null {
  const match = shape.exec(value);
  const purpose = Object.entries(prefixes).find(([, prefix]) => prefix === match?.[1])?.[0];
  if (match === null || purpose === undefined) return null;
  const [, , mailId, mac] = match;
  return { purpose: purpose as MailLinkPurpose, mailId: Number(mailId), mac: mac as string };
}

/** Whether the link was derived for this mail, under any of the keys still accepted. */
export function isMailLink(keys: readonly Buffer[], link: MailLink, mail: Anchor): boolean {
  return keys.some((key) => equalInConstantTime(sign(key, link.purpose, mail), link.mac));
}
