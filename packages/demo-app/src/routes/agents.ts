/** Owns the button with which a person disconnects one of their agents. */
import { Router } from "express";
import { type Context, personOf } from "../context.js";
import { sameOriginOnly } from "../same-origin.js";

export function agentsRoutes({ auth, accounts, baseUrl }: Context): Router {
  const router = Router();

  router.post("/agents/:id/revoke", sameOriginOnly(baseUrl), async (request, response, next) => {
    const person = personOf(request, accounts);
    if (person === null) return response.redirect(303, "/login");
    const id = String(request.params.id);
    const registration = await auth.findRegistration(id);
    // Somebody else's agent looks like one that does not exist.
    if (registration?.userId !== person.id) return next();
    await auth.revokeRegistration(id, { actor: { kind: "user", id: person.id }, reason: "user_request" });
    response.redirect(303, "/#agents");
  });

  return router;
}
