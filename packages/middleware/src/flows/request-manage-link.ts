/** Mails a link to the page of connected agents to whoever asks for one about their own address. */
import type { Caller } from "../protocol/model.js";
import { accountAt } from "./account-at.js";
import type { IdentityContext } from "./identity-context.js";
import { manageLinkMail } from "./queue-mail.js";

/**
 * Nothing tells the caller whether there is such an account. Counts are taken only where a mail could go out, or asking
 * for addresses that resemble somebody's would use up theirs.
 */
export async function requestManageLink(
  context: IdentityContext,
  input: { email: string; caller: Caller },
): Promise<void> {
  const { email, caller } = input;
  const account = await accountAt(context, email);
  if (account === null) return;
  const asked = await manageLinkMail(context, { recipient: email, userId: account.id, ip: caller.ip });
  await context.store.appendAudit(asked.audit);
  if (asked.mail === undefined) return;
  await context.store.queueMail({ mail: asked.mail, registrationId: null, now: context.clock.now() });
  context.outbox.committed();
}
