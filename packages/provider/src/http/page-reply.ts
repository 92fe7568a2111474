/** Owns how a page becomes a reply, and where people are sent. */
import { pageHeaders } from "@agent-auth/web/page-security";
import type { Reply } from "@agent-auth/web/reply";
import { type PathName, paths } from "../protocol/metadata.js";
import type { Page } from "../views/page.js";
import { csrfToken } from "./page-security.js";
import type { Services, SignedInCall } from "./services.js";

export function pageReply(services: Services, status: number, page: Page): Reply {
  return {
    status,
    headers: { "Content-Type": "text/html; charset=utf-8", ...pageHeaders(services.cookie.isHttps) },
    body: services.renderPage(page),
  };
}

/** A redirect to a path of ours. After a post 303, so that a reload does not post again. */
export function redirectReply(services: Services, status: 302 | 303, path: string): Reply {
  return { status, headers: { Location: path, ...pageHeaders(services.cookie.isHttps) }, body: null };
}

/** The reply with a `Set-Cookie` line. */
export function withCookie(reply: Reply, cookieLine: string): Reply {
  return { ...reply, headers: { ...reply.headers, "Set-Cookie": cookieLine } };
}

/** Path of a page, with the issuer's prefix. */
export function pagePath(services: Services, name: PathName, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return services.base + paths[name] + (search === "" ? "" : `?${search}`);
}

/** The sign-in page, and back. */
export function signInPath(services: Services, returnTo: string): string {
  return pagePath(services, "signIn", { return_to: returnTo });
}

/** The token a form of the signed-in visitor carries. */
export function csrfOf(services: Services, call: SignedInCall): string {
  return csrfToken(services.csrfKeys[0], call.cookieToken, services.context.clock.now());
}

/** Whose page it is, for the head of the page. */
export function accountOf(call: SignedInCall): { name: string; email: string } {
  return { name: call.visitor.user.name, email: call.visitor.user.email };
}
