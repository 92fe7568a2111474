/** Owns the answers of the pages: which notice goes with which status, and how a page becomes a reply. */
import type { ClaimView } from "../flows/view-claim.js";
import type { HostUser } from "../ports.js";
import type { Refusal } from "../protocol/errors.js";
import type { NoticePage, Page } from "../views/page.js";
import { pageHeaders } from "./page-security.js";
import { retryHeaders } from "./refusal-reply.js";
import { noStore, type Reply } from "./reply.js";
import type { Call, Services } from "./services.js";

/** A rendered page. */
export function pageReply(services: Services, status: number, page: Page): Reply {
  return {
    status,
    headers: { "Content-Type": "text/html; charset=utf-8", ...pageHeaders(services.isHttps) },
    body: services.renderPage(page),
  };
}

/** A redirect that leaves no token in a cache or a referrer. */
export function redirectReply(services: Services, status: 302 | 303, location: string): Reply {
  return {
    status,
    headers: { Location: location, ...pageHeaders(services.isHttps), ...noStore },
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
export function claimPagePath(services: Services, attemptToken: string): string {
  const page = new URL(services.context.endpoints.url.claimPage);
  page.searchParams.set("claim_attempt_token", attemptToken);
  return page.pathname + page.search;
}

const gateNotices = {
  unknown: ["unknown_link", 404],
  claimed: ["claimed", 200],
  denied: ["denied", 200],
  locked: ["locked", 410],
  revoked: ["revoked", 410],
  suspended: ["suspended", 403],
  replaced: ["replaced", 410],
  expired: ["expired", 410],
  too_many_guesses: ["too_many_guesses", 410],
} as const;

/** The answer for a visitor who is stopped before the review page. */
export function gateReply(
  services: Services,
  view: Exclude<ClaimView, { gate: "open" }>,
  attemptToken: string,
  method: "GET" | "POST" = "GET",
): Reply {
  const loginUrl = () => services.accounts.loginUrl(claimPagePath(services, attemptToken));
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
  return { ...reply, headers: { ...reply.headers, ...retryHeaders(refusal), ...headers } };
}

/** The signed-in person, asked of the host at most once per call. */
export function signedInOf(services: Services, call: Call): () => Promise<HostUser | null> {
  return async () => services.accounts.currentUser(call.request);
}
