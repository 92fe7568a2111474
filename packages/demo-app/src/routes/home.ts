/** Owns `/`: the service as a person sees it, and the panels that play an agent. */
import { Router } from "express";
import { agentName, formatTime, toAgentCard } from "../agent-card.js";
import { type Context, personOf } from "../context.js";
import { curlLines } from "../curl-lines.js";
import { scopes } from "../scopes.js";

export function homeRoutes(context: Context): Router {
  const { auth, accounts, notes, baseUrl, providers, sampleProvider, ceremony, claimSignIn } = context;
  const router = Router();

  router.get("/", async (request, response) => {
    const person = personOf(request, accounts);
    const registrations = person === null ? [] : await auth.registrationsOf(person.id);
    const owner = { userId: person?.id ?? null, registrationIds: registrations.map(({ id }) => id) };
    response.set("Cache-Control", "no-store").render("home", {
      title: "Agent Auth Demo Notes",
      person,
      agents: registrations.map((registration) => toAgentCard(registration, scopes, providers)),
      agentNames: new Map(
        registrations.map((registration) => [
          registration.id,
          agentName(registration, providers) ?? "an unnamed agent",
        ]),
      ),
      sampleProvider,
      formatTime,
      notes: person === null ? [] : notes.list(owner),
      curlLines: curlLines(baseUrl, context),
      ceremony,
      claimSignIn,
      baseUrl,
    });
  });

  return router;
}
