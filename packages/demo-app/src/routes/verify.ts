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
    response.render("verify", { title: "Verify your address", token, email: account.email, returnTo });
  });

  const form = postedForm(baseUrl);
  router.post("/verify", ...form, (request, response) => {
    const account = accounts.verify(field(request, "token"));
    if (account === null) return showUnknown(response);
    const returnTo = safeReturnTo(field(request, "return_to"), baseUrl);
    response.render("message", {
      title: "Address verified",
      heading: "Your address is verified",
      message: `You can sign in as ${account.email} now.`,
      link: { href: withReturnTo("/login", returnTo), text: "Sign in" },
    });
  });

  return router;
}
