/** `GET` and `POST /sign-out`: the page asks, the form does it. */
import { signOut } from "../../flows/sign-in.js";
import { accountOf, csrfOf, pagePath, pageReply } from "../page-reply.js";
import { cookieLine } from "../page-security.js";
import type { Reply } from "../reply.js";
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
  return {
    ...pageReply(services, 200, { page: "notice", notice: "signed_out", account: null }),
    cookies: [cookieLine(services.cookie, "", 0)],
  };
}
