/** Owns `/dev/outbox`: captured mail, as people would read it and as JSON. */
import { Router } from "express";
import { formatTime } from "../agent-card.js";
import { type Context, personOf } from "../context.js";
import { outboxHeaders, renderedMailHeaders } from "../page-security.js";

/** Links of a mail lead the whole window, not the frame it is shown in. Stands where a parser takes it for the head. */
const withLinksToTheTop = (html: string) =>
  html.replace(/^\s*(<!doctype[^>]*>)?/i, (start) => `${start}<base target="_top">`);

export function outboxRoutes({ accounts, mail }: Context): Router {
  const router = Router();
  const list = () => mail.outbox?.list() ?? [];

  router.get("/dev/outbox", outboxHeaders, (request, response) => {
    response.set("Cache-Control", "no-store").render("outbox", {
      title: "Outbox",
      isCaptured: mail.outbox !== null,
      mails: list().toReversed(),
      formatTime,
      person: personOf(request, accounts),
    });
  });

  router.get("/dev/outbox/:number/html", renderedMailHeaders, (request, response, next) => {
    const { number } = request.params;
    const found = /^\d{1,15}$/.test(number as string) ? mail.outbox?.find(Number(number)) : null;
    if (found === null || found === undefined) return next();
    response.set("Cache-Control", "no-store").type("html").send(withLinksToTheTop(found.html));
  });

  router.get("/dev/outbox.json", (_request, response) => {
    const mails = list().map(({ to, subject, text, html }) => ({ to, subject, text, html }));
    response.set("Cache-Control", "no-store").json(mails);
  });

  return router;
}
