/** Mails a link to the page of connected agents to whoever asks for one about their own address. */
import type { Caller } from "../protocol/model.js";
import type { IdentityContext } from "./identity-context.js";
import { manageLinkMail } from "./queue-mail.js";

/** Nothing tells the caller whether there is such an account: the caps are spent either way. */
export async function requestManageLink(
  context: IdentityContext,
  input: { email: string; caller: Caller },
): Promise<void> {
  const { email, caller } = input;
  const account = (await context.accounts.findByEmail?.(email)) ?? null;
  const asked = await manageLinkMail(context, { recipient: email, userId: account?.id ?? "", ip: caller.ip });
  if (account === null) return;
  await context.store.appendAudit(asked.audit);
  if (asked.mail === undefined) return;
  await context.store.queueMail({ mail: asked.mail, registrationId: null, now: context.clock.now() });
  context.outbox.committed();
}
