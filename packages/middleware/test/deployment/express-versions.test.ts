/** Express 4 and 5 each play the whole journey, with and without body parsers of the host. */
import { describe, expect, test } from "@jest/globals";
import express from "express";
import express4 from "express4";
import supertest from "supertest";
import {
  anonymousJourney,
  anonymousStatuses,
  serviceAuthJourney,
  serviceAuthStatuses,
  statusesOf,
} from "../support/discovered-journey.js";
import { stage } from "../support/stages.js";
import { people } from "../support/world.js";

const versions = [
  { version: 4, create: express4 },
  { version: 5, create: express },
];
const parsers = [
  { parsers: "no parsers", use: () => [] },
  {
    parsers: "json and urlencoded parsers before",
    use: (create: typeof express) => [create.json(), create.urlencoded({ extended: true })],
  },
];

/** A host app of that version: our middleware, an API, a 404 and an error handler of its own. */
async function hostApp(create: typeof express, use: (create: typeof express) => express.RequestHandler[]) {
  const { auth } = await stage();
  const app = create();
  for (const handler of use(create)) app.use(handler);
  app.use(auth);
  app.get("/api/notes", auth.requireAgent("api.read"), async (request, response) => {
    response.json({ agent: request.agent, account: (await request.agent?.account()) ?? null });
  });
  app.use(auth.errorHandler);
  app.use((_request, response) => void response.status(404).json({ host: "not found" }));
  return supertest(app);
}

describe.each(versions)("Express $version", ({ version, create }) => {
  test("is the version it says", async () => {
    const { createRequire } = await import("node:module");
    const name = version === 4 ? "express4" : "express";
    const { version: found } = createRequire(import.meta.url)(`${name}/package.json`);
    expect(Number(found.split(".")[0])).toBe(version);
  });

  describe.each(parsers)("with $parsers", ({ use }) => {
    test("plays the journey of an anonymous agent, from discovery to revocation", async () => {
      const agent = await hostApp(create, use);
      const journey = await anonymousJourney({
        agent,
        metadataPath: "/.well-known/oauth-authorization-server",
        apiPath: "/api/notes",
      });
      expect(statusesOf(journey)).toEqual(anonymousStatuses);
      expect(journey.exchanged?.body.scope).toBe("api.read");
      expect(journey.called?.body).toMatchObject({ agent: { kind: "anonymous", user: null }, account: null });
      expect(journey.refused?.body.error).toBe("invalid_token");
    });

    test("plays the journey of an agent a person approves", async () => {
      const agent = await hostApp(create, use);
      const journey = await serviceAuthJourney({
        agent,
        metadataPath: "/.well-known/oauth-authorization-server",
        apiPath: "/api/notes",
      });
      expect(statusesOf(journey)).toEqual(serviceAuthStatuses);
      expect(journey.pending?.body.error).toBe("authorization_pending");
      expect(journey.delivered?.body.scope).toBe("api.read");
      expect(journey.called?.body).toMatchObject({
        agent: { kind: "service_auth", user: { id: "usr_alice" } },
        account: people.alice,
      });
      expect(journey.stylesheet?.headers["content-type"]).toBe("text/css; charset=utf-8");
    });

    test("keeps its own 404 and refuses bad bodies in our shape", async () => {
      const agent = await hostApp(create, use);
      const unknown = await agent.get("/agent/nothing");
      const malformed = await agent.post("/agent/identity").set("Content-Type", "application/json").send("{");
      expect([unknown.status, unknown.body]).toEqual([404, { host: "not found" }]);
      expect([malformed.status, malformed.body.error]).toEqual([400, "invalid_request"]);
      expect(malformed.headers["cache-control"]).toBe("no-store");
    });
  });
});
