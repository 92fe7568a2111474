/** Owns the notes API, for agents with an access token and for people with a session. */
import type { Agent } from "@agent-auth/middleware";
import express, { type Request, type RequestHandler, Router } from "express";
import type { Account } from "../accounts.js";
import { type Context, personOf } from "../context.js";
import { sendApiError } from "../failures.js";
import { type Owner, parseText } from "../notes.js";
import { isSameOrigin } from "../same-origin.js";

type Caller = { agent: Agent } | { person: Account };

export function notesApiRoutes({ auth, accounts, notes, baseUrl }: Context): Router {
  const router = Router();

  function callerOf(request: Request): Caller | null {
    if (request.agent !== undefined) return { agent: request.agent };
    const person = personOf(request, accounts);
    return person === null ? null : { person };
  }

  // The library adds its challenge to this 401, which is how an agent finds out how to register.
  const agentOrPerson: RequestHandler = (request, response, next) => {
    if (callerOf(request) !== null) return next();
    sendApiError(
      response,
      401,
      "authentication_required",
      "Send an access token, or sign in with a browser.",
    );
  };

  // A cookie is sent by the browser, whoever's page asked for it; a token is not.
  const sameOriginCookie: RequestHandler = (request, response, next) => {
    if (request.agent !== undefined || isSameOrigin(request, baseUrl)) return next();
    sendApiError(response, 403, "cross_site_request", "Requests with a session must come from this site.");
  };

  const ownerFor = async (userId: string): Promise<Owner> => ({
    userId,
    registrationIds: (await auth.registrationsOf(userId)).map(({ id }) => id),
  });

  /** Who owns a note is derived here, each time: what an agent wrote before a claim is its person's afterwards. */
  async function ownerOf(request: Request): Promise<Owner> {
    const caller = callerOf(request) as Caller;
    if ("person" in caller) return ownerFor(caller.person.id);
    const { user, registrationId } = caller.agent;
    return user === null ? { userId: null, registrationIds: [registrationId] } : ownerFor(user.id);
  }

  router.use("/api", (_request, response, next) => {
    response.set("Cache-Control", "no-store");
    next();
  });

  router.get("/api/notes", auth.acceptAgent("api.read"), agentOrPerson, async (request, response) => {
    response.json(notes.list(await ownerOf(request)));
  });

  const mayWrite: RequestHandler[] = [auth.acceptAgent("api.write"), agentOrPerson, sameOriginCookie];

  router.post("/api/notes", ...mayWrite, express.json({ limit: "16kb" }), (request, response) => {
    if (!request.is("application/json"))
      return sendApiError(response, 415, "unsupported_media_type", "Send the note as application/json.");
    const parsed = parseText((request.body as { text?: unknown } | null | undefined)?.text);
    if ("problem" in parsed) return sendApiError(response, 400, "invalid_request", parsed.problem);
    const caller = callerOf(request) as Caller;
    const author =
      "agent" in caller ? { registrationId: caller.agent.registrationId } : { userId: caller.person.id };
    response.status(201).json(notes.create(parsed.text, author));
  });

  router.delete("/api/notes/:id", ...mayWrite, async (request, response) => {
    if (notes.remove(String(request.params.id), await ownerOf(request)))
      return void response.status(204).end();
    sendApiError(response, 404, "not_found", "There is no such note of yours.");
  });

  return router;
}
