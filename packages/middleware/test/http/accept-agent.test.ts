/** The guard for people and agents alike, and the two ways to ask who calls without answering. */
import { describe, expect, test } from "@jest/globals";
import type { Express } from "express";
import { listening, rawRequest, stage } from "../support/stages.js";
import { claimedByAlice, exchange, issuer, register, type World } from "../support/world.js";

const routes = (app: Express, auth: World["auth"]) => {
  app.get("/shared", auth.acceptAgent("api.read"), (request, response) => {
    response.json({ agent: request.agent ?? null });
  });
  app.get("/shared/write", auth.acceptAgent("api.write"), (_request, response) => {
    response.json({ written: true });
  });
  app.get("/who", async (request, response) => {
    const found = await auth.authenticate(request);
    response.json({ found, headersSent: response.headersSent, agentIsSet: request.agent !== undefined });
  });
};

async function tokenOf(world: World): Promise<string> {
  const { body } = await register.anonymous(world);
  return (await exchange(world, body.identity_assertion)).body.access_token;
}
const call = (world: World, path: string, header: string) =>
  world.agent.get(path).set("Authorization", header);

describe("acceptAgent", () => {
  test.each([
    undefined,
    "Basic YTpi",
    "Bearer eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
    "Bearer sk_live_1",
    "Bearer",
    "Bearer a b",
  ])("lets %s pass untouched to the host", async (header) => {
    const world = await stage({ routes });
    const request = world.agent.get("/shared");
    const response = await (header === undefined ? request : request.set("Authorization", header));
    expect([response.status, response.body]).toEqual([200, { agent: null }]);
  });

  test("sets the agent for a good token of ours", async () => {
    const world = await stage({ routes });
    const response = await call(world, "/shared", `bearer ${await tokenOf(world)}`);
    expect(response.body.agent).toMatchObject({ kind: "anonymous", scopes: ["api.read"] });
  });

  test("refuses a bad token of ours with 401 invalid_token", async () => {
    const world = await stage({ routes });
    const response = await call(world, "/shared", `Bearer at_${"A".repeat(38)}`);
    expect([response.status, response.body.error]).toEqual([401, "invalid_token"]);
    expect(response.headers["www-authenticate"]).toMatch(
      /^Bearer resource_metadata="[^"]+", error="invalid_token"/,
    );
    expect(response.headers["cache-control"]).toBe("no-store");
    expect(response.body).not.toHaveProperty("agent");
  });

  test("refuses a revoked token instead of treating the caller as nobody", async () => {
    const world = await stage({ routes });
    const token = await tokenOf(world);
    await world.agent.post("/oauth2/revoke").type("form").send({ token });
    expect((await call(world, "/shared", `Bearer ${token}`)).body.error).toBe("invalid_token");
  });

  test("refuses a missing scope with 403", async () => {
    const world = await stage({ routes });
    const response = await call(world, "/shared/write", `Bearer ${await tokenOf(world)}`);
    expect([response.status, response.body.error]).toEqual([403, "insufficient_scope"]);
    expect(response.headers["www-authenticate"]).toContain('scope="api.write"');
    expect(response.body).not.toHaveProperty("written");
  });

  test("refuses our token with something after it, and our token twice", async () => {
    const world = await stage({ routes });
    const token = await tokenOf(world);
    const { port } = await listening(world.app);
    for (const header of [`Bearer ${token} x`, [`Bearer ${token}`, `Bearer ${token}`]]) {
      const response = await rawRequest(port, { path: "/shared", headers: { Authorization: header } });
      expect([response.status, JSON.parse(response.text).error]).toEqual([400, "invalid_request"]);
    }
  });
});

describe("authenticate", () => {
  test("returns the agent and leaves request and response alone", async () => {
    const world = await stage({ routes });
    const { body } = await call(world, "/who", `Bearer ${await tokenOf(world)}`);
    expect(body.found.agent).toMatchObject({ kind: "anonymous", resource: issuer });
    expect([body.headersSent, body.agentIsSet]).toEqual([false, false]);
  });

  test.each([
    [undefined, "authentication_required"],
    ["Basic YTpi", "authentication_required"],
    ["Bearer a b", "malformed_credentials"],
    ["Bearer unknown", "invalid_token"],
  ])("never answers: for %s it returns %s", async (header, refusal) => {
    const world = await stage({ routes });
    const request = world.agent.get("/who");
    const response = await (header === undefined ? request : request.set("Authorization", header));
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ found: { agent: null, refusal }, headersSent: false, agentIsSet: false });
  });
});

describe("verifier", () => {
  test("says what the MCP SDK wants to know about a good token", async () => {
    const world = await stage();
    const token = (await claimedByAlice(world)).body.access_token;
    const verified = await world.auth.verifier().verifyAccessToken(token);
    expect(verified).toMatchObject({
      token,
      clientId: verified.extra.agent.registrationId,
      scopes: ["api.read", "api.write"],
      expiresAt: world.clock.now() + 3600,
    });
    expect(verified.resource.href).toBe(`${issuer}/`);
    expect(verified.extra.agent.user).toEqual({ id: "usr_alice" });
  });

  test.each(["", "nonsense", `at_${"A".repeat(38)}`])("throws invalid_token for %j", async (token) => {
    const { auth } = await stage();
    await expect(auth.verifier().verifyAccessToken(token)).rejects.toMatchObject({ code: "invalid_token" });
  });

  test("throws invalid_token for a token that was given back", async () => {
    const world = await stage();
    const token = await tokenOf(world);
    const { verifyAccessToken } = world.auth.verifier();
    await verifyAccessToken(token);
    await world.agent.post("/oauth2/revoke").type("form").send({ token });
    await expect(verifyAccessToken(token)).rejects.toMatchObject({ code: "invalid_token" });
  });
});
