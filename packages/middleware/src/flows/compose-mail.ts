/**
 * Owns what a queued mail becomes when it is sent: to whom, what it tells, and its links, which exist from this moment
 * on. Looks at how things stand now, because a mail may have waited for hours.
 */

import { claimGate } from "../protocol/claim-rules.js";
import { isLinkable } from "../protocol/delegation.js";
import { parseLoginHint } from "../protocol/login-hint.js";
import { formatMailLink, type MailLinkPurpose } from "../protocol/mail-links.js";
import type { MailValues } from "../protocol/mail-values.js";
import type { QueuedMail, Registration } from "../protocol/model.js";
import { readableAddress } from "../protocol/network.js";
import { addressOfUser } from "./account-at.js";
import type { IdentityContext } from "./identity-context.js";
import { findActiveProvider, findTrustedProvider } from "./trust.js";

export type ComposedMail =
  | { outcome: "ready"; to: string; values: MailValues; headers: Record<string, string> }
  /** There is nobody to write to, or nothing to tell any more. */
  | { outcome: "pointless"; failure: "no_address" | "superseded" };

const superseded = { outcome: "pointless", failure: "superseded" } as const;

/** Composes a mail as of now. Throws what the host's hooks throw. */
export async function composeMail(
  context: IdentityContext,
  mail: QueuedMail,
  scopeDescriptions: Readonly<Record<string, string>>,
): Promise<ComposedMail> {
  const values = await valuesOf(context, mail, scopeDescriptions);
  if (values === null) return superseded;
  const to = await recipientOf(context, mail);
  if (to === null) return { outcome: "pointless", failure: "no_address" };
  // RFC 2369: where mail programs offer it, "unsubscribe" means what "this wasn't me" means.
  const unsubscribe = values.template === "claim_link" ? { "List-Unsubscribe": `<${values.denyUrl}>` } : {};
  return { outcome: "ready", to, values, headers: { "Auto-Submitted": "auto-generated", ...unsubscribe } };
}

/** The address to write to, or null. Whatever the host stores, one plain address comes out. */
async function recipientOf({ accounts }: IdentityContext, mail: QueuedMail): Promise<string | null> {
  const address = mail.recipient ?? (await addressOfUser(accounts, mail.userId));
  return address !== null && parseLoginHint(address) !== null ? address.trim() : null;
}

/** What the mail tells, or null when it is no longer true. */
function valuesOf(
  context: IdentityContext,
  mail: QueuedMail,
  scopeDescriptions: Readonly<Record<string, string>>,
): Promise<MailValues | null> {
  switch (mail.template) {
    case "claim_link":
      return claimLinkValues(context, mail);
    case "agent_connected":
      return connectedValues(context, mail, scopeDescriptions);
    case "agent_revoked":
      return revokedValues(context, mail);
    case "manage_link":
      return Promise.resolve({ template: "manage_link", manageUrl: manageUrl(context, mail) });
  }
}

async function claimLinkValues(context: IdentityContext, mail: QueuedMail): Promise<MailValues | null> {
  const { store, clock, endpoints } = context;
  const attempt = mail.attemptId === null ? null : await store.findAttempt(mail.attemptId);
  const registration = attempt === null ? null : await store.findRegistration(attempt.registrationId);
  if (attempt === null || registration === null) return null;
  if (claimGate(registration, attempt, clock.now()) !== "open") return null;
  const { link } = attempt;
  const provider = link === null ? null : await findActiveProvider(context, link.issuer);
  // Without its provider, or after a revocation, the page would be a dead end.
  const isDeadEnd =
    link !== null &&
    (provider === null || !isLinkable(await store.findDelegation(link.issuer, link.subject), link));
  if (isDeadEnd) return null;
  const page = endpoints.url.claimPage;
  return {
    template: "claim_link",
    claimUrl: `${page}?claim_attempt_token=${secretOf(context, "claim", mail)}`,
    denyUrl: `${page}?not_me=${secretOf(context, "deny", mail)}`,
    providerName: provider?.name ?? null,
    requestedAt: attempt.createdAt,
    ip: readableAddress(attempt.createdIp),
    expiresAt: attempt.expiresAt,
  };
}

async function connectedValues(
  context: IdentityContext,
  mail: QueuedMail,
  scopeDescriptions: Readonly<Record<string, string>>,
): Promise<MailValues | null> {
  const registration = await registrationOf(context, mail);
  if (registration === null || registration.claimedAt === null || registration.revokedAt !== null)
    return null;
  if (registration.userId !== mail.userId) return null;
  return {
    template: "agent_connected",
    manageUrl: manageUrl(context, mail),
    providerName: await providerNameOf(context, registration),
    connectedAt: registration.claimedAt,
    scopes: registration.scopes.map((scope) => scopeDescriptions[scope] ?? scope),
  };
}

async function revokedValues(context: IdentityContext, mail: QueuedMail): Promise<MailValues> {
  const registration = await registrationOf(context, mail);
  return {
    template: "agent_revoked",
    providerName: registration === null ? null : await providerNameOf(context, registration),
    revokedAt: mail.createdAt,
    revokedBy: registration?.revokedBy ?? null,
  };
}

async function registrationOf(
  { store }: IdentityContext,
  { registrationId }: QueuedMail,
): Promise<Registration | null> {
  return registrationId === null ? null : store.findRegistration(registrationId);
}

/** The provider's name, from our trust list and never from a token. */
async function providerNameOf(context: IdentityContext, { issuer }: Registration): Promise<string | null> {
  return issuer === null ? null : ((await findTrustedProvider(context, issuer))?.name ?? null);
}

function manageUrl(context: IdentityContext, mail: QueuedMail): string {
  return `${context.endpoints.url.connectedPage}?manage=${secretOf(context, "manage", mail)}`;
}

function secretOf({ keys }: IdentityContext, purpose: MailLinkPurpose, mail: QueuedMail): string {
  return formatMailLink(keys.mailLink[0], purpose, mail);
}
