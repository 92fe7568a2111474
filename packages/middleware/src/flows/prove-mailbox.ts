/** What people do from the links in our mails: prove their mailbox, ask for another link, say that it was not them. */
import { maskAddress } from "../protocol/login-hint.js";
import type { Caller, EpochSeconds } from "../protocol/model.js";
import type { FoundClaim } from "./find-claim.js";
import type { IdentityContext } from "./identity-context.js";
import { claimLinkMail } from "./queue-mail.js";

/** Uses up the one-time link. True for exactly one caller: only that browser has proven the mailbox. */
export async function proveMailbox(
  { store }: IdentityContext,
  { mail }: FoundClaim,
  now: EpochSeconds,
): Promise<boolean> {
  return mail !== null && store.spendMailLink({ id: mail.id, now });
}

/** Mails another link for the same attempt, unless too many went out already. The page says the same either way. */
export async function resendClaimLink(
  context: IdentityContext,
  { registration, attempt }: FoundClaim,
  caller: Caller,
  now: EpochSeconds,
): Promise<void> {
  const { mail, audit } = await claimLinkMail(context, {
    recipient: attempt.loginHint,
    attemptId: attempt.id,
    registrationId: registration.id,
    ip: caller.ip,
  });
  await context.store.appendAudit(audit);
  if (mail === undefined) return;
  await context.store.queueMail({ mail, registrationId: registration.id, now });
  context.outbox.committed();
}

/** The address the mail went to, for the page. */
export function maskedRecipient({ attempt }: FoundClaim): string {
  return maskAddress(attempt.loginHint);
}
