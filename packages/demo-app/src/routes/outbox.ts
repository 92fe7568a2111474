/** Owns `/dev/outbox`: captured mail, as people would read it and as JSON. */
import { Router } from "express";
import { formatTime } from "../agent-card.js";
import { type Context, personOf } from "../context.js";
import { mailPreviewHeaders } from "../page-security.js";

export function outboxRoutes({ accounts, outbox }: Context): Router {
  const router = Router();

  router.get("/dev/outbox", mailPreviewHeaders, (request, response) => {
    const mails = outbox.list().toReversed();
    response
      .set("Cache-Control", "no-store")
      .render("outbox", { title: "Outbox", mails, formatTime, person: personOf(request, accounts) });
  });

  router.get("/dev/outbox.json", (_request, response) => {
    const mails = outbox.list().map(({ to, subject, text, html }) => ({ to, subject, text, html }));
    response.set("Cache-Control", "no-store").json(mails);
  });

  return router;
}
