/** `GET /agent/claim`: shows a person what an agent asks for. Changes nothing, so that link scanners do no harm. */
import { noteView, viewClaim } from "../../flows/view-claim.js";
import { gateReply, pageReply, signedInOf } from "../page-reply.js";
import type { Reply } from "../reply.js";
import { reviewPage } from "../review-page.js";
import { type Call, onlyValue, type Services } from "../services.js";

export async function claimPage(services: Services, call: Call): Promise<Reply> {
  const attemptToken = onlyValue(call.query.getAll("claim_attempt_token"));
  const view = await viewClaim(services.context, { attemptToken, signedIn: signedInOf(services, call) });
  if (view.gate !== "open") return gateReply(services, view, attemptToken);
  if (call.request.method === "GET") await noteView(services.context, view.claim, call.caller);
  return pageReply(services, 200, reviewPage(services, view.claim, attemptToken));
}
