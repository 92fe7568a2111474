/** Owns the manage link of a mail: a page that asks, and the post that opens the page of connected agents with it. */

import { findManageLink, openManageLink } from "../flows/connected-agents.js";
import { manageProof } from "./browser-proof.js";
import { noticeReply, pageReply, pathWith, redirectReply } from "./page-reply.js";
import { csrfToken, isCsrfToken } from "./page-security.js";
import type { Reply } from "./reply.js";
import { mailSubject } from "./review-page.js";
import { type Call, onlyValue, type Services } from "./services.js";

const longestLinkPageSeconds = 3600;

/** Asks before the one-time link is used: programs open links too. */
export async function manageLinkPage(services: Services, secret: string): Promise<Reply> {
  const found = await findManageLink(services.context, secret);
  if (found === null) return noticeReply(services, 410, "link_used");
  const { context, csrfKeys } = services;
  const expiresAt = context.clock.now() + longestLinkPageSeconds;
  const csrf = csrfToken(csrfKeys[0], mailSubject("open_connected", found.mailId), expiresAt);
  return pageReply(services, 200, {
    page: "continue",
    purpose: "open_connected",
    agent: null,
    requestedAt: null,
    form: {
      target: new URL(context.endpoints.url.connectedPage).pathname,
      fields: [
        { name: "manage", value: secret },
        { name: "csrf", value: csrf },
        { name: "action", value: "open" },
      ],
    },
  });
}

/** Uses up the link and lets this browser in for ten minutes. */
export async function openByLink(services: Services, { form }: Call): Promise<Reply> {
  const { context, csrfKeys } = services;
  const only = (name: string) => onlyValue(form.get(name) ?? []);
  const page = context.endpoints.url.connectedPage;
  const found = await findManageLink(context, only("manage"));
  if (found === null) return noticeReply(services, 410, "link_used");
  const now = context.clock.now();
  if (!isCsrfToken(csrfKeys, mailSubject("open_connected", found.mailId), only("csrf"), now))
    return redirectReply(services, 303, pathWith(page, "manage", only("manage")));
  const opened = await openManageLink(context, only("manage"));
  if (opened === null) return noticeReply(services, 410, "link_used");
  const proof = manageProof(services, opened.userId, now);
  return redirectReply(services, 303, new URL(page).pathname, { "Set-Cookie": proof });
}
