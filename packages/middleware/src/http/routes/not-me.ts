/** The "this wasn't me" link of a mail: a page that asks, and the post that denies. Needs no sign-in: the link is enough. */

import { denyClaim } from "../../flows/deny-claim.js";
import { findDeniable } from "../../flows/find-claim.js";
import { claimGate, isDeniableByMail } from "../../protocol/claim-rules.js";
import { gateReply, noticeReply, pageReply } from "../page-reply.js";
import { isCsrfToken } from "../page-security.js";
import type { Reply } from "../reply.js";
import { continuePage, mailSubject } from "../review-page.js";
import { type Call, onlyValue, type Services } from "../services.js";

/** Asks; with a GET and after a form that was open for too long. */
export async function notMePage(services: Services, secret: string, status: 200 | 403 = 200): Promise<Reply> {
  const found = await findDeniable(services.context, secret);
  if (found === null) return gateReply(services, { gate: "unknown" }, secret);
  const { registration, attempt } = found;
  const now = services.context.clock.now();
  const gate = claimGate(registration, attempt, now);
  if (gate !== "open" && !isDeniableByMail(registration, attempt, now))
    return gateReply(services, { gate }, secret);
  return pageReply(services, status, continuePage(services, "deny", { found, providerName: null }, secret));
}

/** Denies the attempt the mail was about. */
export async function denyByMail(services: Services, { form, caller, note }: Call): Promise<Reply> {
  const { context, csrfKeys } = services;
  const secret = onlyValue(form.get("not_me") ?? []);
  const found = await findDeniable(context, secret);
  if (found === null) return gateReply(services, { gate: "unknown" }, secret);
  note(found.registration.id);
  const now = context.clock.now();
  const subject = mailSubject("deny_by_mail", found.mail?.id ?? 0);
  if (!isCsrfToken(csrfKeys, subject, onlyValue(form.get("csrf") ?? []), now))
    return notMePage(services, secret, 403);
  if (await denyClaim(context, { claim: found, userId: null, evenIfOver: true, caller, now }))
    return noticeReply(services, 200, "denied");
  return notMePage(services, secret);
}
