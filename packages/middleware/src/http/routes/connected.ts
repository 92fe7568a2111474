/** `GET /agent/connected`: a person's own agents. Opened by the host's login, or by the manage link of a mail. */

import { connectedPage, ownerOf } from "../connected-page.js";
import { manageLinkPage } from "../manage-link.js";
import { noticeReply, pageReply, redirectReply } from "../page-reply.js";
import type { Reply } from "../reply.js";
import { requestLinkPage } from "../request-link.js";
import { type Call, onlyValue, type Services } from "../services.js";

export async function connected(services: Services, call: Call): Promise<Reply> {
  const { query } = call;
  if (query.has("manage")) return manageLinkPage(services, onlyValue(query.getAll("manage")));
  const owner = await ownerOf(services, call);
  if (owner === null) return signedOut(services, "GET", query.has("sent"));
  const revoked = await revokedOf(services, owner.id, onlyValue(query.getAll("revoked")));
  return pageReply(services, 200, await connectedPage(services, owner, { revoked }));
}

/** Where somebody goes whom nobody has vouched for: to the login, or to their mailbox. */
export function signedOut(services: Services, method: "GET" | "POST", wasSent = false): Reply {
  const { loginUrl } = services.accounts;
  const { pathname } = new URL(services.context.endpoints.url.connectedPage);
  if (loginUrl === undefined) return requestLinkPage(services, method === "GET" ? 200 : 403, { wasSent });
  // Browsers hold a form to our origin through its redirects (CSP form-action), and a login may be elsewhere.
  return method === "GET"
    ? redirectReply(services, 302, loginUrl(pathname))
    : noticeReply(services, 403, "signed_out", { signInUrl: loginUrl(pathname) });
}

/** What a redirect after a revocation tells of, if it is true. */
async function revokedOf({ context }: Services, userId: string, registrationId: string) {
  if (registrationId === "") return null;
  const registration = await context.store.findRegistration(registrationId);
  const isTrue = registration?.userId === userId && registration.revokedAt !== null;
  return isTrue ? { clientName: registration.clientName } : null;
}
