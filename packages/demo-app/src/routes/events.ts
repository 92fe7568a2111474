/** Owns `/dev/events.json`: what providers told the demo lately, signature and all. */
import { Router } from "express";
import type { Context } from "../context.js";

export function eventsRoutes({ events }: Context): Router {
  const router = Router();
  router.get("/dev/events.json", (_request, response) => {
    response.set("Cache-Control", "no-store").json(events.list());
  });
  return router;
}
