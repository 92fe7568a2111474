/** Owns `GET /healthz`: 200 when the demo can serve. */
import { Router } from "express";
import type { Context } from "../context.js";

export function healthzRoutes({ auth }: Context): Router {
  const router = Router();
  router.get("/healthz", async (_request, response) => {
    const { ok } = await auth.health();
    response
      .set("Cache-Control", "no-store")
      .status(ok ? 200 : 503)
      .json({ ok });
  });
  return router;
}
