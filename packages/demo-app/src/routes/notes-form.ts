/** Owns the notes of the signed-in person as plain forms, so that the home page works without JavaScript. */
import { Router } from "express";
import { type Context, field, personOf } from "../context.js";
import { parseText } from "../notes.js";
import { postedForm } from "../same-origin.js";

export function notesFormRoutes({ auth, accounts, notes, baseUrl }: Context): Router {
  const router = Router();
  const form = postedForm(baseUrl);

  router.post("/notes", ...form, (request, response) => {
    const person = personOf(request, accounts);
    if (person === null) return response.redirect(303, "/login");
    const parsed = parseText(field(request, "text"));
    if ("problem" in parsed)
      return response.status(400).render("message", {
        title: "Note not saved",
        heading: "This note was not saved",
        message: "A note has 1 to 2000 characters.",
        link: { href: "/#notes", text: "Back to your notes" },
      });
    notes.create(parsed.text, { userId: person.id });
    response.redirect(303, "/#notes");
  });

  router.post("/notes/:id/delete", ...form, async (request, response, next) => {
    const person = personOf(request, accounts);
    if (person === null) return response.redirect(303, "/login");
    const registrationIds = (await auth.registrationsOf(person.id)).map(({ id }) => id);
    if (!notes.remove(String(request.params.id), { userId: person.id, registrationIds })) return next();
    response.redirect(303, "/#notes");
  });

  return router;
}
