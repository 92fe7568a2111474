/** Owns the answers of the pages: which notice goes with which status, and how a page becomes a reply. */

import { pageHeaders } from "@agent-auth/web/page-security";
import type { ClaimView } from "../flows/view-claim.js";
import type { Visitor } from "../flows/visitor.js";
import type { Refusal } from "../protocol/errors.js";
import type { NoticePage, Page } from "../views/page.js";
import { hasProvenMailbox } from "./browser-proof.js";
import { retryHeaders } from "./refusal-reply.js";
import { noStore, type Reply } from "./reply.js";
import type { Call, Services } from "./services.js";

/** A rendered page. */
export function pageReply(services: Services, status: number, page: Page): Reply {
  return {
    status,
    headers: { "Content-Type": "text/html; charset=utf-8", ...pageHeaders(services.isHttps) },
    body: services.renderPage(page),
    ...(status < 400 ? {} : { refusal: refusalOf(page) }),
  };
}

/** What a page with an error status is called in the log. */
function refusalOf(page: Page): string {
  if (page.page === "notice") return page.notice;
  const problem = "problem" in page ? page.problem : null;
  return typeof problem === "string" ? problem : (problem?.kind ?? page.page);
}

/** A redirect that leaves no token in a cache or a referrer. */
export function redirectReply(
  services: Services,
  status: 302 | 303,
  location: string,
  headers: Record<string, string> = {},
): Reply {
  return {
    status,
    headers: { Location: location, ...pageHeaders(services.isHttps), ...noStore, ...headers },
    body: null,
  };
}

export function noticeReply(
  services: Services,
  status: number,
  notice: NoticePage["notice"],
  extra: Omit<NoticePage, "page" | "notice"> = {},
): Reply {
  return pageReply(services, status, { page: "notice", notice, ...extra });
}

/** Path of the claim page for one attempt, for redirects and as `returnTo` of the host's login. */
export function claimPagePath(services: Services, secret: string): string {
  return pathWith(services.context.endpoints.url.claimPage, "claim_attempt_token", secret);
}

/** Path of one of our pages with a parameter. */
export function pathWith(url: string, name: string, value: string): string {
  const page = new URL(url);
  page.searchParams.set(name, value);
  return page.pathname + page.search;
}

const gateNotices = {
  unknown: ["unknown_link", 404],
  claimed: ["claimed", 200],
  denied: ["denied", 200],
  locked: ["locked", 410],
  revoked: ["revoked", 410],
  suspended: ["suspended", 403],
  provider_disabled: ["provider_disabled", 403],
  no_account: ["no_account", 403],
  replaced: ["replaced", 410],
  expired: ["expired", 410],
  too_many_guesses: ["too_many_guesses", 410],
} as const;

/** Gates that have pages of their own. */
export type SettledGate = Exclude<ClaimView["gate"], "open" | "code" | "check_mail" | "prove_mailbox">;

/** The answer for a visitor who is stopped before any page with a form. */
export function gateReply(
  services: Services,
  view: Extract<ClaimView, { gate: SettledGate }>,
  secret: string,
  method: "GET" | "POST" = "GET",
): Reply {
  const loginUrl = () => services.accounts.loginUrl?.(claimPagePath(services, secret)) ?? "/";
  if (view.gate === "sign_in") {
    // Browsers hold a form to our origin through its redirects (CSP form-action), and a login may be elsewhere.
    return method === "GET"
      ? redirectReply(services, 302, loginUrl())
      : noticeReply(services, 403, "signed_out", { signInUrl: loginUrl() });
  }
  if (view.gate === "wrong_account")
    return noticeReply(services, 403, "wrong_account", {
      account: { email: view.user.email, switchUrl: loginUrl() },
    });
  const [notice, status] = gateNotices[view.gate];
  return noticeReply(services, status, notice);
}

/** A refusal on a page: the same status as on an agent endpoint, in words for a person. */
export function pageRefusal(services: Services, refusal: Refusal): Reply {
  const { status } = refusal.row;
  const { retryAfterSeconds, members, headers } = refusal.detail;
  const reply =
    status === 429
      ? noticeReply(services, status, "rate_limited", { retryAfterSeconds: retryAfterSeconds ?? 60 })
      : status === 503
        ? noticeReply(services, status, "unavailable", { retryAfterSeconds: retryAfterSeconds ?? 60 })
        : status >= 500
          ? noticeReply(services, status, "server_error", { requestId: String(members?.request_id ?? "") })
          : noticeReply(services, status, "bad_request");
  return {
    ...reply,
    headers: { ...reply.headers, ...retryHeaders(refusal), ...headers },
    refusal: refusal.row.error,
  };
}

/** Who is looking, as far as their browser can tell. */
export function visitorOf(services: Services, { request, note }: Call): Visitor {
  const { currentUser } = services.accounts;
  return {
    signedIn: currentUser === undefined ? null : async () => currentUser(request),
    hasProven: (attemptId) => hasProvenMailbox(services, request.headers, attemptId),
    onFound: note,
  };
}
