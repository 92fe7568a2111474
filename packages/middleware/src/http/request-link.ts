/** Owns the form with which somebody without a login at the host has a link to their connected agents mailed. */

import { requestManageLink } from "../flows/request-manage-link.js";
import { parseLoginHint } from "../protocol/login-hint.js";
import type { RequestLinkPage } from "../views/page.js";
import { pageReply, pathWith, redirectReply } from "./page-reply.js";
import { type CsrfSubject, csrfToken, isCsrfToken } from "./page-security.js";
import type { Reply } from "./reply.js";
import { type Call, onlyValue, type Services } from "./services.js";

/** The form works this long. */
const formSeconds = 3600;
const subject: CsrfSubject = { action: "request_link", person: "", about: "connected" };

export function requestLinkPage(
  services: Services,
  status: number,
  { wasSent = false, problem = null }: Partial<Pick<RequestLinkPage, "wasSent" | "problem">> = {},
): Reply {
  const { endpoints, clock } = services.context;
  const csrf = csrfToken(services.csrfKeys[0], subject, clock.now() + formSeconds);
  const form = { target: new URL(endpoints.url.connectedPage).pathname, csrf };
  return pageReply(services, status, { page: "request_link", wasSent, problem, form });
}

/** Mails the link. The page says the same whether one went out or not. */
export async function requestLink(services: Services, { form, caller }: Call): Promise<Reply> {
  const only = (name: string) => onlyValue(form.get(name) ?? []);
  const { context, csrfKeys, limits } = services;
  if (!isCsrfToken(csrfKeys, subject, only("csrf"), context.clock.now()))
    return requestLinkPage(services, 403, { problem: "stale_form" });
  const email = parseLoginHint(only("email"));
  if (email === null) return requestLinkPage(services, 400, { problem: "malformed_email" });
  await limits.claimPage(caller);
  await requestManageLink(context, { email, caller });
  return redirectReply(services, 303, pathWith(context.endpoints.url.connectedPage, "sent", "1"));
}
