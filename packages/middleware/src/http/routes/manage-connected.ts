/** `POST /agent/connected`: a person opens their page by the link of a mail, or revokes one of their agents. */
import { isSameOrigin } from "@agent-auth/web/page-security";
import { revokeConnected } from "../../flows/connected-agents.js";
import { connectedPage, ownerOf, revokeSubject } from "../connected-page.js";
import { openByLink } from "../manage-link.js";
import { noticeReply, pageReply, pathWith, redirectReply } from "../page-reply.js";
import { isCsrfToken } from "../page-security.js";
import type { Reply } from "../reply.js";
import { requestLink } from "../request-link.js";
import { type Call, onlyValue, type Services } from "../services.js";
import { signedOut } from "./connected.js";

export async function manageConnected(services: Services, call: Call): Promise<Reply> {
  if (!isSameOrigin(call.request.headers, services.origin)) return noticeReply(services, 403, "cross_site");
  const action = onlyValue(call.form.get("action") ?? []);
  if (action === "open") return openByLink(services, call);
  if (action === "send_link" && services.accounts.loginUrl === undefined) return requestLink(services, call);
  return action === "revoke" ? revoke(services, call) : noticeReply(services, 400, "bad_request");
}

async function revoke(services: Services, call: Call): Promise<Reply> {
  const { context, csrfKeys } = services;
  const only = (name: string) => onlyValue(call.form.get(name) ?? []);
  const owner = await ownerOf(services, call);
  if (owner === null) return signedOut(services, "POST");
  const registrationId = only("registration");
  const subject = revokeSubject(owner.id, registrationId);
  if (!isCsrfToken(csrfKeys, subject, only("csrf"), context.clock.now()))
    return pageReply(services, 403, await connectedPage(services, owner, { problem: "stale_form" }));
  const revoked = await revokeConnected(context, {
    userId: owner.id,
    registrationId,
    caller: call.caller,
  });
  if (revoked !== null) call.note(revoked.id);
  const page = context.endpoints.url.connectedPage;
  return redirectReply(
    services,
    303,
    revoked === null ? new URL(page).pathname : pathWith(page, "revoked", revoked.id),
  );
}
