/** The guard of an API: who may call, and what everybody else is told (RFC 6750; PROTOCOL section 6). */
import { describe, expect, test } from "@jest/globals";
import type { Express } from "express";
import {
  anonymousToken,
  expectRefusal,
  invalidToken,
  malformed,
  named,
  noCredentials,
} from "../support/guard-refusals.js";
import { listening, rawRequest, stage } from "../support/stages.js";
import { callApi, claimedByAlice, exchange, issuer, people, register, type World } from "../support/world.js";

describe("without usable credentials", () => {
  test("no header is 401 with a challenge that names no error (BRR-01, BRR-02, PRM-08)", async () => {
    const { agent } = await stage();
    expectRefusal(await agent.get("/api/notes"), noCredentials);
  });

  test.each(["Basic YWxpY2U6c2VjcmV0", "DPoP at_x", "bearerat_x", "Negotiate"])(
    "%s is another scheme: 401 and a Bearer challenge without an error (BRR-09)",
    async (header) => {
      const { agent } = await stage();
      expectRefusal(await agent.get("/api/notes").set("Authorization", header), noCredentials);
    },
  );

  test.each([
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Bearer a,b",
    'Bearer "at_x"',
    "Bearer\tat_x",
    "Bearer =",
    "Bearer é",
  ])("%j is malformed: 400 invalid_request (BRR-05)", async (header) => {
    const { app } = await stage();
    const { port } = await listening(app);
    const { text, ...response } = await rawRequest(port, {
      path: "/api/notes",
      headers: { Authorization: header },
    });
    // Node trims what follows a bare scheme; both forms are the same header then.
    expectRefusal({ ...response, body: JSON.parse(text) }, malformed);
  });

  test.each([
    "nonsense",
    "at_",
    `at_${"A".repeat(38)}`,
    "ct_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "eyJhbGciOiJub25lIn0.e30.",
  ])("the unknown token %s is invalid_token (BRR-03)", async (token) => {
    const world = await stage();
    expectRefusal(await callApi(world, token), invalidToken);
  });

  test("a token with one character changed is invalid_token (BRR-03)", async () => {
    const world = await stage();
    const token = await anonymousToken(world);
    const changed = token.slice(0, 10) + (token[10] === "A" ? "B" : "A") + token.slice(11);
    expectRefusal(await callApi(world, changed), invalidToken);
    expect((await callApi(world, token)).status).toBe(200);
  });

  test("an assertion and a claim token are not access tokens (BRR-03)", async () => {
    const world = await stage();
    const { body } = await register.anonymous(world);
    expectRefusal(await callApi(world, body.identity_assertion), invalidToken);
    expectRefusal(await callApi(world, body.claim_token), invalidToken);
  });

  test("a token in the query alone is no credential, and is not looked at (BRR-07, BCP-11)", async () => {
    const world = await stage();
    const token = await anonymousToken(world);
    expectRefusal(await world.agent.get(`/api/notes?access_token=${token}`), noCredentials);
  });

  test("a token in the header and in the query is malformed (BRR-06)", async () => {
    const world = await stage();
    const token = await anonymousToken(world);
    const response = await world.agent
      .get(`/api/notes?access_token=${token}`)
      .set("Authorization", `Bearer ${token}`);
    expectRefusal(response, malformed);
  });

  test("two Authorization lines are refused, in either order (BRR-14)", async () => {
    const world = await stage();
    const token = await anonymousToken(world);
    const { port } = await listening(world.app);
    for (const lines of [
      [`Bearer ${token}`, `Bearer ${token}`],
      ["Basic YTpi", `Bearer ${token}`],
      [`Bearer ${token}`, "Basic YTpi"],
    ]) {
      const { text, ...response } = await rawRequest(port, {
        path: "/api/notes",
        headers: { Authorization: lines },
      });
      expectRefusal({ ...response, body: JSON.parse(text) }, malformed);
    }
  });

  test("a header of 64 KiB is refused in bounded time (HTTP-12)", async () => {
    const { app } = await stage();
    const { port } = await listening(app, { maxHeaderSize: 256 * 1024 });
    for (const filler of ["a".repeat(65_536), `${" ".repeat(65_000)}a b`, `${"=".repeat(65_000)}a`]) {
      const headers = { Authorization: `Bearer ${filler}` };
      const { text, ...response } = await rawRequest(port, { path: "/api/notes", headers });
      expectRefusal({ ...response, body: JSON.parse(text) }, malformed);
    }
  });
});

test.each(["bearer", "BEARER", "bEaReR"])("the scheme may be written %s (BRR-08)", async (scheme) => {
  const world = await stage();
  const token = await anonymousToken(world);
  const response = await world.agent.get("/api/notes").set("Authorization", `${scheme} ${token}`);
  expect(response.status).toBe(200);
});

describe("scopes", () => {
  const severalScopes = (app: Express, auth: World["auth"]) =>
    app.delete("/api/notes", auth.requireAgent("api.read", "api.write"), (_request, response) => {
      response.json({ secret: "deleted" });
    });

  test("a missing scope is 403 with every scope that is needed (BRR-04, MCP-05)", async () => {
    const world = await stage({ routes: severalScopes });
    const token = await anonymousToken(world);
    const response = await world.agent.delete("/api/notes").set("Authorization", `Bearer ${token}`);
    expectRefusal(response, {
      status: 403,
      error: "insufficient_scope",
      challenge: new RegExp(`${named("insufficient_scope").source}, scope="api.read api.write"$`),
    });
    expect(response.body.scope).toBe("api.read api.write");
    expect(response.text).not.toContain("deleted");
  });

  test("a guard without scopes wants a good token only", async () => {
    const world = await stage({
      routes: (app, auth) =>
        app.get("/api/me", auth.requireAgent(), (request, response) => void response.json(request.agent)),
    });
    const token = await anonymousToken(world);
    const response = await world.agent.get("/api/me").set("Authorization", `Bearer ${token}`);
    expect(response.body.scopes).toEqual(["api.read"]);
  });

  test.each(["api.admin", "", "api.read api.write", "__proto__", "constructor"])(
    "a guard for %j, which nobody can be granted, throws at once",
    async (scope) => {
      const { auth } = await stage();
      expect(() => auth.requireAgent("api.read", scope)).toThrow(TypeError);
      expect(() => auth.acceptAgent(scope)).toThrow(`"${scope}" is not one of the scopes`);
    },
  );
});

describe("a good token", () => {
  test("gives the handler the agent, unclaimed", async () => {
    const world = await stage();
    const { body } = await register.anonymous(world, { client_name: "Scribe" });
    const token = (await exchange(world, body.identity_assertion)).body.access_token;
    expect((await callApi(world, token)).body.agent).toEqual({
      registrationId: body.id,
      kind: "anonymous",
      clientName: "Scribe",
      scopes: ["api.read"],
      resource: issuer,
      user: null,
      provider: null,
    });
  });

  test("gives the handler the person of a claimed agent, and their account through the hook", async () => {
    const world = await stage({
      routes: (app, auth) =>
        app.get("/api/account", auth.requireAgent(), async (request, response) => {
          response.json({ agent: request.agent, account: await request.agent?.account() });
        }),
    });
    const token = (await claimedByAlice(world)).body.access_token;
    const { body } = await world.agent.get("/api/account").set("Authorization", `Bearer ${token}`);
    expect(body.agent).toMatchObject({ kind: "service_auth", user: { id: "usr_alice" }, clientName: null });
    expect(body.agent.scopes).toEqual(["api.read", "api.write"]);
    expect(body.account).toEqual(people.alice);
  });

  test("leaves caching to the host's handler and never makes an answer public (BRR-15)", async () => {
    const world = await stage({
      routes: (app, auth) =>
        app.get("/api/private", auth.requireAgent(), (_request, response) => {
          response.set("Cache-Control", "private, max-age=5").json({});
        }),
    });
    const token = await anonymousToken(world);
    const own = await world.agent.get("/api/private").set("Authorization", `Bearer ${token}`);
    expect(own.headers["cache-control"]).toBe("private, max-age=5");
    expect((await callApi(world, token)).headers["cache-control"] ?? "").not.toContain("public");
  });
});
