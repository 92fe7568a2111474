/** Owns `/signup`: a new account, unverified until the link in its mail was followed. */
import { type Response, Router } from "express";
import { z } from "zod";
import { normaliseEmail } from "../accounts.js";
import { type Context, field } from "../context.js";
import { safeReturnTo, withReturnTo } from "../return-to.js";
import { postedForm } from "../same-origin.js";
import { addressTakenMail, verificationMail } from "../signup-mail.js";

const details = z.object({
  name: z.string().trim().min(1, "Enter your name.").max(100, "Use at most 100 characters for your name."),
  email: z
    .email("Enter an e-mail address such as you@example.com.")
    .max(254, "This e-mail address is too long."),
  password: z.string().min(8, "Use at least 8 characters.").max(200, "Use at most 200 characters."),
});

export function signupRoutes({ accounts, mail, baseUrl }: Context): Router {
  const router = Router();

  type Shown = { name: string; email: string; problems: Record<string, string> };
  function show(response: Response, returnTo: string, { name, email, problems }: Shown) {
    const loginUrl = withReturnTo("/login", returnTo);
    response
      .set("Cache-Control", "no-store")
      .render("signup", { title: "Sign up", returnTo, loginUrl, name, email, problems });
  }

  router.get("/signup", (request, response) => {
    show(response, safeReturnTo(request.query.return_to, baseUrl), { name: "", email: "", problems: {} });
  });

  const form = postedForm(baseUrl);
  router.post("/signup", ...form, async (request, response) => {
    const returnTo = safeReturnTo(field(request, "return_to"), baseUrl);
    const email = normaliseEmail(field(request, "email"));
    // The name may be left out: an address says enough about a person in a demo.
    const name = field(request, "name").trim() || (email.split("@")[0] ?? "");
    const parsed = details.safeParse({ name, email, password: field(request, "password") });
    if (!parsed.success) {
      const problems = Object.fromEntries(
        parsed.error.issues.toReversed().map((issue) => [String(issue.path[0]), issue.message]),
      );
      response.status(400);
      return show(response, returnTo, { name, email, problems });
    }
    const token = await accounts.signUp(parsed.data);
    // The page is the same either way: only the mailbox learns whether there was an account.
    mail.send(
      token === null
        ? addressTakenMail({ to: email, loginUrl: `${baseUrl}/login` })
        : verificationMail({ to: email, verifyUrl: verifyUrl(token, returnTo) }),
    );
    response.redirect(303, "/signup/sent");
  });

  function verifyUrl(token: string, returnTo: string): string {
    const url = new URL("/verify", baseUrl);
    url.searchParams.set("token", token);
    if (returnTo !== "/") url.searchParams.set("return_to", returnTo);
    return url.href;
  }

  router.get("/signup/sent", (_request, response) => {
    response.render("message", {
      title: "Check your mail",
      heading: "Check your mail",
      ...(mail.outbox === null
        ? {
            message: "We sent you a link. Open it to verify your address.",
            link: { href: "/login", text: "Sign in" },
          }
        : {
            message:
              "We sent you a link. Open it to verify your address. In this demo, mail lands in the outbox.",
            link: { href: "/dev/outbox", text: "Open the outbox" },
          }),
    });
  });

  return router;
}
