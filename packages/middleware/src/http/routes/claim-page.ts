/** `GET /agent/claim`: shows a person what an agent asks for. Changes nothing, so that link scanners do no harm. */

import { noteView, viewClaim } from "../../flows/view-claim.js";
import { gateReply, pageReply, visitorOf } from "../page-reply.js";
import type { Reply } from "../reply.js";
import { checkMailPage, codePage, continuePage, reviewPage } from "../review-page.js";
import { type Call, onlyValue, type Services } from "../services.js";
import { notMePage } from "./not-me.js";

export async function claimPage(services: Services, call: Call): Promise<Reply> {
  const { query, request, caller } = call;
  if (query.has("not_me")) return notMePage(services, onlyValue(query.getAll("not_me")));
  const secret = onlyValue(query.getAll("claim_attempt_token"));
  const view = await viewClaim(services.context, { secret, visitor: visitorOf(services, call) });
  switch (view.gate) {
    case "open":
      if (request.method === "GET") await noteView(services.context, view.claim, caller);
      return pageReply(services, 200, reviewPage(services, view.claim, secret));
    case "code":
      return pageReply(services, 200, codePage(services, view.claim, secret));
    case "check_mail":
      return pageReply(services, 200, checkMailPage(services, view, secret, query.has("resent")));
    case "prove_mailbox":
      return pageReply(services, 200, continuePage(services, "prove_mailbox", view, secret));
    default:
      return gateReply(services, view, secret);
  }
}
