/** Owns `/verify`: opening the link shows a button, pressing it verifies. Link scanners change nothing. */
import { type Response, Router } from "express";
import { type Context, field } from "../context.js";
import { safeReturnTo, withReturnTo } from "../return-to.js";
import { postedForm } from "../same-origin.js";

export function verifyRoutes({ accounts, baseUrl }: Context): Router {
  const router = Router();

  function showUnknown(response: Response) {
    response.status(404).render("message", {
      title: "Link not valid",
      heading: "This link does not work any more",
      message: "It was used, is older than a day, or a newer one was sent. Sign in, or sign up again.",
      link: { href: "/login", text: "Sign in" },
    });
  }

  router.get("/verify", (request, response) => {
    response.set("Cache-Control", "no-store");
    const token = typeof request.query.token === "string" ? request.query.token : "";
    const account = accounts.findByVerification(token);
    if (account === null) return showUnknown(response);
    const returnTo = safeReturnTo(request.query.return_to, baseUrl);
    show(response, account, { token, returnTo, problem: null });
  });

  function show(
    response: Response,
    { email, needsPassword }: { email: string; needsPassword: boolean },
    shown: { token: string; returnTo: string; problem: string | null },
  ) {
    response.render("verify", { title: "Verify your address", email, needsPassword, ...shown });
  }

  const form = postedForm(baseUrl);
  router.post("/verify", ...form, async (request, response) => {
    const token = field(request, "token");
    const found = accounts.findByVerification(token);
    if (found === null) return showUnknown(response);
    const returnTo = safeReturnTo(field(request, "return_to"), baseUrl);
    // Chosen by whoever reads the mail, not by whoever signed up.
    const password = found.needsPassword ? field(request, "password") : null;
    if (password !== null && (password.length < 8 || password.length > 200)) {
      response.status(400).set("Cache-Control", "no-store");
      return show(response, found, { token, returnTo, problem: "Use 8 to 200 characters." });
    }
    const account = await accounts.verify(token, password);
    if (account === null) return showUnknown(response);
    response.render("message", {
      title: "Address verified",
      heading: "Your address is verified",
      message: `You can sign in as ${account.email} now.`,
      link: { href: withReturnTo("/login", returnTo), text: "Sign in" },
    });
  });

  return router;
}
