/** Posts of people whose way on is in a mail: prove the mailbox with its link, or ask for another one. */

import { proveMailbox, resendClaimLink } from "../../flows/prove-mailbox.js";
import { type ClaimView, viewClaim } from "../../flows/view-claim.js";
import { mailboxProof } from "../browser-proof.js";
import { claimPagePath, gateReply, pageReply, redirectReply, visitorOf } from "../page-reply.js";
import { isCsrfToken } from "../page-security.js";
import type { Reply } from "../reply.js";
import { checkMailPage, continuePage, mailSubject, resendSubject } from "../review-page.js";
import { type Call, onlyValue, type Services } from "../services.js";

/** Consumes the one-time link and lets this browser look at the one attempt. */
export async function proveByMail(services: Services, call: Call): Promise<Reply> {
  const { secret, csrf, view } = await submitted(services, call);
  if (view.gate !== "prove_mailbox") return elsewhere(services, view, secret);
  const { found, now } = view;
  if (!isCsrfToken(services.csrfKeys, mailSubject("prove_mailbox", found.mail?.id ?? 0), csrf, now))
    return pageReply(services, 403, continuePage(services, "prove_mailbox", view, secret));
  await services.limits.claimPage(call.caller);
  const page = claimPagePath(services, secret);
  // Somebody was faster with this link: the page says that it was used.
  if (!(await proveMailbox(services.context, found, now))) return redirectReply(services, 303, page);
  return redirectReply(services, 303, page, { "Set-Cookie": mailboxProof(services, found.attempt.id, now) });
}

/** Mails another link. The page says the same whether one went out or not. */
export async function resendByMail(services: Services, call: Call): Promise<Reply> {
  const { secret, csrf, view } = await submitted(services, call);
  if (view.gate !== "check_mail") return elsewhere(services, view, secret);
  const { found, now } = view;
  if (!isCsrfToken(services.csrfKeys, resendSubject(found.attempt.id), csrf, now))
    return pageReply(services, 403, checkMailPage(services, view, secret, false));
  await services.limits.claimPage(call.caller);
  await resendClaimLink(services.context, found, call.caller, now);
  return redirectReply(services, 303, `${claimPagePath(services, secret)}&resent=1`);
}

async function submitted(services: Services, call: Call) {
  const secret = onlyValue(call.form.get("claim_attempt_token") ?? []);
  const view = await viewClaim(services.context, { secret, visitor: visitorOf(services, call) });
  return { secret, csrf: onlyValue(call.form.get("csrf") ?? []), view };
}

/** Things have moved on since the form was shown: the page says how they stand. */
function elsewhere(services: Services, view: ClaimView, secret: string): Reply {
  switch (view.gate) {
    case "open":
    case "code":
    case "check_mail":
    case "prove_mailbox":
      return redirectReply(services, 303, claimPagePath(services, secret));
    default:
      return gateReply(services, view, secret, "POST");
  }
}
