/** Finds the claim behind a link: the one an agent was given, or one of ours from a mail. */

import { isMailLink, type MailLinkPurpose, parseMailLink } from "../protocol/mail-links.js";
import type { ClaimAttempt, QueuedMail, Registration } from "../protocol/model.js";
import { hashSecret, parseSecret } from "../protocol/secrets.js";
import type { FlowContext } from "./context.js";

/** A claim, and the mail whose link led to it; null when it was the agent's. */
export interface FoundClaim {
  registration: Registration;
  attempt: ClaimAttempt;
  mail: QueuedMail | null;
}

/** The claim behind the secret of a claim page's address, or null. */
export async function findClaim(context: FlowContext, secret: string): Promise<FoundClaim | null> {
  const { store } = context;
  const token = parseSecret("claim_attempt_token", secret);
  if (token === null) return findClaimByMail(context, secret, "claim");
  const attempt = await store.findAttemptByToken(hashSecret(token));
  return withRegistration(context, attempt, null);
}

/** The claim behind a link of a mail, if the link is for this purpose. */
export async function findClaimByMail(
  context: FlowContext,
  secret: string,
  purpose: MailLinkPurpose,
): Promise<FoundClaim | null> {
  const mail = await findMailByLink(context, secret, purpose);
  if (mail === null || mail.attemptId === null) return null;
  return withRegistration(context, await context.store.findAttempt(mail.attemptId), mail);
}

/**
 * The claim a "this wasn't me" link denies: the attempt of its mail, or the one that took its place, as long as that
 * names the same address. The newer one's own mail may have been one too many.
 */
export async function findDeniable(context: FlowContext, secret: string): Promise<FoundClaim | null> {
  const found = await findClaimByMail(context, secret, "deny");
  const currentId = found?.registration.currentAttemptId ?? null;
  if (found === null || found.attempt.replacedAt === null || currentId === null) return found;
  const current = await context.store.findAttempt(currentId);
  return current?.loginHint === found.attempt.loginHint ? { ...found, attempt: current } : found;
}

/** The mail a link was derived for, if the link is for this purpose. */
export async function findMailByLink(
  { store, keys }: FlowContext,
  secret: string,
  purpose: MailLinkPurpose,
): Promise<QueuedMail | null> {
  const link = parseMailLink(secret);
  if (link === null || link.purpose !== purpose) return null;
  const mail = await store.findMail(link.mailId);
  return mail !== null && isMailLink(keys.mailLink, link, mail) ? mail : null;
}

async function withRegistration(
  { store }: FlowContext,
  attempt: ClaimAttempt | null,
  mail: QueuedMail | null,
): Promise<FoundClaim | null> {
  const registration = attempt === null ? null : await store.findRegistration(attempt.registrationId);
  return attempt === null || registration === null ? null : { registration, attempt, mail };
}
