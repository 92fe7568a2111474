/** Owns `/login`: the form, and what it posts. */
import { type Response, Router } from "express";
import { normaliseEmail, seededAccounts } from "../accounts.js";
import { type Context, field, personOf } from "../context.js";
import { safeReturnTo, withReturnTo } from "../return-to.js";
import { postedForm } from "../same-origin.js";
import { signIn } from "../sessions.js";

export function loginRoutes({ accounts, throttle, baseUrl }: Context): Router {
  const router = Router();

  function show(
    response: Response,
    returnTo: string,
    more: { email?: string; problem?: string; signedInAs?: string },
  ) {
    response.set("Cache-Control", "no-store").render("login", {
      title: "Sign in",
      returnTo,
      signupUrl: withReturnTo("/signup", returnTo),
      accounts: seededAccounts,
      email: more.email ?? "",
      problem: more.problem ?? null,
      signedInAs: more.signedInAs ?? null,
    });
  }

  // Also for people who are signed in: a claim link sends them here to switch the account.
  router.get("/login", (request, response) => {
    const person = personOf(request, accounts);
    const returnTo = safeReturnTo(request.query.return_to, baseUrl);
    show(response, returnTo, person === null ? {} : { signedInAs: person.email });
  });

  const form = postedForm(baseUrl);
  router.post("/login", ...form, async (request, response) => {
    const returnTo = safeReturnTo(field(request, "return_to"), baseUrl);
    const email = normaliseEmail(field(request, "email")).slice(0, 254);
    const sender = request.ip ?? "unknown";

    const wait = throttle.waitSeconds(email, sender);
    if (wait > 0) {
      response.status(429).set("Retry-After", String(wait));
      const minutes = Math.ceil(wait / 60);
      const when = minutes === 1 ? "a minute" : `${minutes} minutes`;
      return show(response, returnTo, { email, problem: `Too many tries. Wait ${when} and try again.` });
    }

    const account = await accounts.signIn(email, field(request, "password").slice(0, 1000));
    if (account === null) {
      throttle.recordFailure(email, sender);
      response.status(401);
      return show(response, returnTo, {
        email,
        problem: "E-mail address and password do not match an account.",
      });
    }
    throttle.recordSuccess(email, sender);
    await signIn(request, account.id);
    response.redirect(303, returnTo);
  });

  return router;
}
