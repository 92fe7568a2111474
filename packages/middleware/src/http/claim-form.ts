/** Owns the form of the review page and of a revealed code: the person authorises or denies. */

import { confirmClaim } from "../flows/confirm-claim.js";
import { denyClaim } from "../flows/deny-claim.js";
import { revealCode } from "../flows/reveal-code.js";
import { type OpenClaim, viewClaim } from "../flows/view-claim.js";
import { usesCodeEntry, usesReadBack } from "../protocol/ceremony.js";
import { intersect } from "../protocol/scopes.js";
import { claimPagePath, gateReply, noticeReply, pageReply, redirectReply, visitorOf } from "./page-reply.js";
import { isCsrfToken } from "./page-security.js";
import type { Reply } from "./reply.js";
import { codePage, type Resubmission, reviewPage, settleSubject } from "./review-page.js";
import { type Call, onlyValue, type Services } from "./services.js";

/** Ends in a redirect back to the page, or in the form once more with what was wrong. */
export async function submitClaimForm(services: Services, call: Call): Promise<Reply> {
  const { form, caller } = call;
  const only = (name: string) => onlyValue(form.get(name) ?? []);
  const secret = only("claim_attempt_token");
  const view = await viewClaim(services.context, { secret, visitor: visitorOf(services, call) });
  if (view.gate === "check_mail" || view.gate === "prove_mailbox")
    return redirectReply(services, 303, claimPagePath(services, secret));
  if (view.gate !== "open" && view.gate !== "code") return gateReply(services, view, secret, "POST");
  const { claim } = view;
  const scopes = view.gate === "code" ? confirmedScopes(claim, form.get("scope")) : (form.get("scope") ?? []);
  const again = (status: number, problem: Resubmission["problem"]) =>
    pageReply(
      services,
      status,
      view.gate === "code" && problem.kind !== "no_scope"
        ? codePage(services, claim, secret, { ...problem, kind: problem.kind })
        : reviewPage(services, claim, secret, { scopes, problem }),
    );
  if (!isCsrfToken(services.csrfKeys, settleSubject(claim), only("csrf"), claim.now))
    return again(403, { kind: "stale_form" });

  const done = redirectReply(services, 303, claimPagePath(services, secret));
  if (only("action") === "deny") {
    await denyClaim(services.context, { claim, userId: claim.user.id, caller, now: claim.now });
    return done;
  }
  // Joined, two codes are no code: nobody can say which was meant.
  const userCode = (form.get("user_code") ?? []).join("+");
  // Pressed twice: the code is there already.
  if (view.gate === "code" && userCode.trim() === "") return done;
  await services.limits.claimPage(caller);
  const result = await authorize(services, call, claim, userCode, scopes);
  switch (result.outcome) {
    case "no_scope":
    case "malformed_code":
      return again(400, { kind: result.outcome });
    case "wrong_code":
      return again(400, { kind: result.outcome, remainingGuesses: result.remaining });
    case "no_account":
      return noticeReply(services, 403, "no_account");
    default:
      return done;
  }
}

/** The page of a code asks for no scopes; a tab from before may have less ticked, and then that is what is meant. */
function confirmedScopes({ attempt }: OpenClaim, ticked: readonly string[] | undefined): string[] {
  const confirmed = attempt.confirmedScopes ?? [];
  return ticked === undefined ? confirmed : intersect(confirmed, ticked);
}

/** A code was typed: it binds. None was, and the service uses read-back: one is revealed. */
function authorize(
  { context }: Services,
  { caller }: Call,
  claim: OpenClaim,
  userCode: string,
  scopes: readonly string[],
) {
  const { ceremony } = context.settings;
  const wasTyped = userCode.trim() !== "" && usesCodeEntry(ceremony);
  if (wasTyped || !usesReadBack(ceremony)) return confirmClaim(context, { claim, userCode, scopes, caller });
  return revealCode(context, { claim, scopes, caller });
}
