/** Every way to mount the middleware: where things are then, and that whole journeys work there (HTTP-11). */
import { describe, expect, test } from "@jest/globals";
import express, { type Express } from "express";
import supertest from "supertest";
import {
  anonymousJourney,
  anonymousStatuses,
  serviceAuthJourney,
  serviceAuthStatuses,
  statusesOf,
} from "../support/discovered-journey.js";
import { stage } from "../support/stages.js";
import type { World, WorldOptions } from "../support/world.js";

const origin = "https://notes.example";
const serverMetadata = "/.well-known/oauth-authorization-server";
const resourceMetadata = "/.well-known/oauth-protected-resource";

interface Mount {
  name: string;
  options: NonNullable<WorldOptions["options"]>;
  mount: (app: Express, auth: World["auth"]) => void;
  /** Where the server metadata is. */
  discovery: string[];
  challenge: string;
  /** Where the endpoints are. */
  base: string;
}

const mounts: Mount[] = [
  {
    name: "at the root",
    options: {},
    mount: (app, auth) => app.use(auth),
    discovery: [serverMetadata],
    challenge: `${origin}${resourceMetadata}`,
    base: "",
  },
  {
    name: "at the root, with a path in the issuer",
    options: { issuer: `${origin}/one` },
    mount: (app, auth) => app.use(auth),
    discovery: [`${serverMetadata}/one`, `/one${serverMetadata}`],
    challenge: `${origin}${resourceMetadata}/one`,
    base: "/one",
  },
  {
    name: "under a prefix that is the issuer's path, well-known documents at the root",
    options: { issuer: `${origin}/one` },
    mount: (app, auth) => {
      app.use(auth.wellKnown);
      app.use("/one", auth);
    },
    discovery: [`${serverMetadata}/one`, `/one${serverMetadata}`],
    challenge: `${origin}${resourceMetadata}/one`,
    base: "/one",
  },
  {
    name: "under a prefix named by baseUrl, well-known documents at the root",
    options: { baseUrl: `${origin}/agents` },
    mount: (app, auth) => {
      app.use(auth.wellKnown);
      app.use("/agents", auth);
    },
    discovery: [serverMetadata, `/agents${serverMetadata}`],
    challenge: `${origin}${resourceMetadata}`,
    base: "/agents",
  },
  {
    name: "under two nested routers",
    options: { baseUrl: `${origin}/v1/agents` },
    mount: (app, auth) => {
      const inner = express.Router().use("/agents", auth);
      app.use(auth.wellKnown);
      app.use("/v1", inner);
    },
    discovery: [serverMetadata, `/v1/agents${serverMetadata}`],
    challenge: `${origin}${resourceMetadata}`,
    base: "/v1/agents",
  },
  {
    name: "with moved paths",
    options: {
      paths: {
        identity: "/join",
        claim: "/join/claim",
        token: "/token",
        revoke: "/revoke",
        claimPage: "/approve",
        jwks: "/keys.json",
        authMd: "/agents.md",
      },
    },
    mount: (app, auth) => app.use(auth),
    discovery: [serverMetadata],
    challenge: `${origin}${resourceMetadata}`,
    base: "",
  },
];

async function mounted({ options, mount }: Mount) {
  const world = await stage({ options });
  const app = express();
  mount(app, world.auth);
  app.get("/api/notes", world.auth.requireAgent("api.read"), (request, response) => {
    response.json({ agent: request.agent });
  });
  return supertest(app);
}

describe.each(mounts)("mounted $name", (mount) => {
  test("an anonymous agent finds its way", async () => {
    const agent = await mounted(mount);
    for (const metadataPath of mount.discovery) {
      const journey = await anonymousJourney({ agent, metadataPath, apiPath: "/api/notes" });
      expect([metadataPath, statusesOf(journey)]).toEqual([metadataPath, anonymousStatuses]);
    }
  });

  test("an agent with a person finds its way, and the page has its stylesheet", async () => {
    const agent = await mounted(mount);
    const journey = await serviceAuthJourney({
      agent,
      metadataPath: mount.discovery[0] as string,
      apiPath: "/api/notes",
    });
    expect(statusesOf(journey)).toEqual(serviceAuthStatuses);
    expect(journey.stylesheet?.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(journey.registered?.body.claim.verification_uri).toContain(`${origin}${mount.base}/`);
  });

  test("the challenge leads to metadata that leads to every document", async () => {
    const agent = await mounted(mount);
    const refused = await agent.get("/api/notes");
    expect(refused.headers["www-authenticate"]).toBe(`Bearer resource_metadata="${mount.challenge}"`);
    const resource = await agent.get(new URL(mount.challenge).pathname);
    expect(resource.status).toBe(200);
    expect(mount.challenge).toBe(
      `${origin}${resourceMetadata}${new URL(resource.body.resource).pathname.replace(/\/$/, "")}`,
    );
    const issuerPath = new URL(resource.body.authorization_servers[0]).pathname.replace(/\/$/, "");
    const server = await agent.get(serverMetadata + issuerPath);
    expect(server.body.issuer).toBe(resource.body.authorization_servers[0]);
    for (const url of [server.body.jwks_uri, server.body.agent_auth.skill]) {
      expect(url.startsWith(`${origin}${mount.base}/`)).toBe(true);
      expect([url, (await agent.get(new URL(url).pathname)).status]).toEqual([url, 200]);
    }
  });
});

describe("moved paths", () => {
  test("leave the usual ones to the host", async () => {
    const agent = await mounted(mounts.at(-1) as Mount);
    const forAgents = ["/agent/identity", "/agent/identity/claim", "/agent/identity/claim/complete"];
    for (const path of [...forAgents, "/oauth2/token", "/oauth2/revoke"])
      expect([path, (await agent.post(path).send({ type: "anonymous" })).status]).toEqual([path, 404]);
    for (const path of ["/auth.md", "/.well-known/jwks.json", "/agent/claim"])
      expect([path, (await agent.get(path)).status]).toEqual([path, 404]);
  });
});

describe("a prefix", () => {
  test("is needed: the endpoints are not at the root as well", async () => {
    const world = await stage({ options: { issuer: `${origin}/one` } });
    const agent = supertest(express().use("/one", world.auth));
    expect((await agent.post("/agent/identity").send({ type: "anonymous" })).status).toBe(404);
    expect((await agent.post("/one/agent/identity").send({ type: "anonymous" })).status).toBe(200);
    expect((await agent.get(`${serverMetadata}/one`)).status).toBe(404);
  });

  test("wellKnown serves the discovery documents and nothing else", async () => {
    const world = await stage({ options: { issuer: `${origin}/one` } });
    const agent = supertest(express().use(world.auth.wellKnown));
    for (const path of [`${serverMetadata}/one`, `${resourceMetadata}/one`, "/one/.well-known/jwks.json"])
      expect([path, (await agent.get(path)).status]).toEqual([path, 200]);
    for (const path of ["/one/auth.md", "/one/agent/claim", "/auth.md", serverMetadata])
      expect([path, (await agent.get(path)).status]).toEqual([path, 404]);
    expect((await agent.post("/one/agent/identity").send({ type: "anonymous" })).status).toBe(404);
  });
});

describe("two instances in one process", () => {
  test("each answer for their own issuer, and neither takes the other's tokens or assertions", async () => {
    const [one, two] = [
      await stage({ options: { issuer: `${origin}/one` } }),
      await stage({ options: { issuer: `${origin}/two` } }),
    ];
    const app = express();
    for (const [name, { auth }] of Object.entries({ one, two })) {
      app.use(auth.wellKnown);
      app.use(`/${name}`, auth);
      app.get(`/${name}/api`, auth.requireAgent("api.read"), (request, response) => {
        response.json({ resource: request.agent?.resource });
      });
    }
    const agent = supertest(app);
    const journeys = await Promise.all(
      ["one", "two"].map((name) =>
        anonymousJourney({ agent, metadataPath: `${serverMetadata}/${name}`, apiPath: `/${name}/api` }),
      ),
    );
    for (const journey of journeys) expect(statusesOf(journey)).toEqual(anonymousStatuses);
    expect(journeys.map(({ called }) => called?.body.resource)).toEqual([`${origin}/one`, `${origin}/two`]);

    const registered = await agent.post("/one/agent/identity").send({ type: "anonymous" });
    const form = {
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: registered.body.identity_assertion,
    };
    const own = await agent.post("/one/oauth2/token").type("form").send(form);
    const other = await agent.post("/two/oauth2/token").type("form").send(form);
    expect([own.status, other.status, other.body.error]).toEqual([200, 400, "invalid_grant"]);
    const crossed = await agent.get("/two/api").set("Authorization", `Bearer ${own.body.access_token}`);
    expect([crossed.status, crossed.body.error]).toEqual([401, "invalid_token"]);
    expect(crossed.headers["www-authenticate"]).toContain(`${origin}${resourceMetadata}/two"`);
  });
});
