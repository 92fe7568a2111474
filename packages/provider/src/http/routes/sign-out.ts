/** `GET` and `POST /sign-out`: the page asks, the form does it. */
import { cookieLine } from "@agent-auth/web/page-security";
import type { Reply } from "@agent-auth/web/reply";
import { signOut } from "../../flows/sign-in.js";
import { accountOf, csrfOf, pagePath, pageReply, withCookie } from "../page-reply.js";
import type { Services, SignedInCall } from "../services.js";

export async function showSignOut(services: Services, call: SignedInCall): Promise<Reply> {
  return pageReply(services, 200, {
    page: "sign-out",
    account: accountOf(call),
    target: pagePath(services, "signOut"),
    csrf: csrfOf(services, call),
  });
}

export async function submitSignOut(services: Services, call: SignedInCall): Promise<Reply> {
  signOut(services.context, call.cookieToken);
  return withCookie(
    pageReply(services, 200, { page: "notice", notice: "signed_out", account: null }),
    cookieLine(services.cookie, "", 0),
  );
}
