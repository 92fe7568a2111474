/** `GET` and `POST /sign-in`. */
import { cookieLine, safeReturnTo } from "@agent-auth/web/page-security";
import type { Reply } from "@agent-auth/web/reply";
import { signIn } from "../../flows/sign-in.js";
import { secretBytes } from "../../protocol/secrets.js";
import { pagePath, pageReply, redirectReply, withCookie } from "../page-reply.js";
import { csrfToken } from "../page-security.js";
import type { Call, Services } from "../services.js";

export async function showSignIn(services: Services, call: Call): Promise<Reply> {
  return signInPage(services, call, { returnTo: returnToOf(services, call.query.get("return_to")) });
}

export async function submitSignIn(services: Services, call: Call): Promise<Reply> {
  const field = (name: string) => call.form.get(name)?.[0] ?? "";
  const returnTo = returnToOf(services, field("return_to"));
  const email = field("email");
  const session = signIn(services.context, {
    email,
    password: field("password"),
    replaces: call.cookieToken,
  });
  if (session === null) return signInPage(services, call, { returnTo, email, isWrong: true });
  return withCookie(
    redirectReply(services, 303, returnTo),
    cookieLine(services.cookie, session.token, services.context.lifetimes.sessionSeconds),
  );
}

/** The form is bound to a cookie that means nothing yet; signing in replaces it. */
function signInPage(
  services: Services,
  call: Call,
  form: { returnTo: string; email?: string; isWrong?: boolean },
): Reply {
  const { context, cookie, csrfKeys, demoAccounts } = services;
  const { returnTo, email = "", isWrong = false } = form;
  const cookieToken = call.cookieToken ?? context.random.bytes(secretBytes).toString("base64url");
  const reply = pageReply(services, isWrong ? 401 : 200, {
    page: "sign-in",
    target: pagePath(services, "signIn"),
    csrf: csrfToken(csrfKeys[0], cookieToken, context.clock.now()),
    returnTo,
    email,
    isWrong,
    demoAccounts,
  });
  return call.cookieToken === null ? withCookie(reply, cookieLine(cookie, cookieToken)) : reply;
}

function returnToOf(services: Services, value: string | null): string {
  return safeReturnTo(value, services.origin, pagePath(services, "delegations"));
}
