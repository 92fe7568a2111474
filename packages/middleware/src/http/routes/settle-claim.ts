/** `POST /agent/claim`: the person authorises with the code, or denies. Ends in a redirect back to the page. */
import { confirmClaim } from "../../flows/confirm-claim.js";
import { denyClaim } from "../../flows/deny-claim.js";
import { viewClaim } from "../../flows/view-claim.js";
import {
  claimPagePath,
  gateReply,
  noticeReply,
  pageReply,
  redirectReply,
  signedInOf,
} from "../page-reply.js";
import { isCsrfToken, isSameOrigin } from "../page-security.js";
import type { Reply } from "../reply.js";
import { csrfSubject, type Resubmission, reviewPage } from "../review-page.js";
import { type Call, onlyValue, type Services } from "../services.js";

export async function settleClaim(services: Services, call: Call): Promise<Reply> {
  const { form, request, caller } = call;
  const only = (name: string) => onlyValue(form.get(name) ?? []);
  if (!isSameOrigin(request.headers, services.origin)) return noticeReply(services, 403, "cross_site");
  const action = only("action");
  if (action !== "authorize" && action !== "deny") return noticeReply(services, 400, "bad_request");

  const attemptToken = only("claim_attempt_token");
  const view = await viewClaim(services.context, { attemptToken, signedIn: signedInOf(services, call) });
  if (view.gate !== "open") return gateReply(services, view, attemptToken, "POST");
  const { claim } = view;
  const scopes = form.get("scope") ?? [];
  const again = (status: number, problem: Resubmission["problem"]) =>
    pageReply(services, status, reviewPage(services, claim, attemptToken, { scopes, problem }));
  if (!isCsrfToken(services.csrfKeys, csrfSubject(claim), only("csrf"), claim.now))
    return again(403, { kind: "stale_form" });

  const done = redirectReply(services, 303, claimPagePath(services, attemptToken));
  if (action === "deny") {
    await denyClaim(services.context, { claim, caller });
    return done;
  }
  await services.limits.claimPage(caller);
  const result = await confirmClaim(services.context, {
    claim,
    userCode: only("user_code"),
    scopes,
    caller,
  });
  if (result.outcome === "no_scope" || result.outcome === "malformed_code")
    return again(400, { kind: result.outcome });
  if (result.outcome === "wrong_code")
    return again(400, { kind: result.outcome, remainingGuesses: result.remaining });
  return done;
}
