/** `POST /agent/claim`: the person authorises or denies. Ends in a redirect back to the page. */

import { isSameOrigin } from "@agent-auth/web/page-security";
import { submitClaimForm } from "../claim-form.js";
import { noticeReply } from "../page-reply.js";
import type { Reply } from "../reply.js";
import { type Call, onlyValue, type Services } from "../services.js";
import { denyByMail } from "./not-me.js";
import { proveByMail, resendByMail } from "./prove-mailbox.js";

const actions: Readonly<Record<string, (services: Services, call: Call) => Promise<Reply>>> = {
  authorize: submitClaimForm,
  deny: submitClaimForm,
  prove_mailbox: proveByMail,
  resend: resendByMail,
  deny_by_mail: denyByMail,
};

export async function settleClaim(services: Services, call: Call): Promise<Reply> {
  if (!isSameOrigin(call.request.headers, services.origin)) return noticeReply(services, 403, "cross_site");
  const action = onlyValue(call.form.get("action") ?? []);
  const run = Object.hasOwn(actions, action) ? actions[action] : undefined;
  return run === undefined ? noticeReply(services, 400, "bad_request") : run(services, call);
}
