/** Owns `POST /logout`. */
import { Router } from "express";
import type { Context } from "../context.js";
import { sameOriginOnly } from "../same-origin.js";
import { sessionCookieName, signOut } from "../sessions.js";

export function logoutRoutes({ baseUrl }: Context): Router {
  const router = Router();
  router.post("/logout", sameOriginOnly(baseUrl), async (request, response) => {
    await signOut(request);
    response
      .clearCookie(sessionCookieName, { path: "/", httpOnly: true, sameSite: "lax" })
      .redirect(303, "/");
  });
  return router;
}
