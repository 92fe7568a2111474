/** What guards note of the calls they let pass: that there was one, and which scopes it really needed. */
import { describe, expect, test } from "@jest/globals";
import { ownDatabase, stage } from "../support/stages.js";
import { exchange, register, type World } from "../support/world.js";

const routes = (app: World["app"], auth: World["auth"]) => {
  app.get("/any", auth.requireAgent(), (_request, response) => response.json({}));
  app.get("/both", auth.requireAgent("api.write", "api.read"), (_request, response) => response.json({}));
  app.get("/shared", auth.acceptAgent("api.read"), (_request, response) => response.json({}));
  app.get("/who", async (request, response) => response.json(await auth.authenticate(request)));
  app.get("/verified", async (request, response) => {
    const token = request.get("Authorization")?.slice("Bearer ".length) ?? "";
    response.json(await auth.verifier().verifyAccessToken(token));
  });
};

async function agentOf(world: World): Promise<{ id: string; token: string }> {
  const { body } = await register.anonymous(world);
  const { access_token: token } = (await exchange(world, body.identity_assertion)).body;
  return { id: body.registration_id, token };
}

const call = (world: World, path: string, token: string) =>
  world.agent.get(path).set("Authorization", `Bearer ${token}`);

async function notedOf({ auth }: World, id: string) {
  const found = await auth.admin.findRegistration(id);
  const uses = (await auth.admin.queries?.listScopeUses(id)) ?? [];
  return {
    lastUsedAt: found?.registration.lastUsedAt ?? null,
    scopes: Object.fromEntries(uses.map(({ scope, lastUsedAt }) => [scope, lastUsedAt])),
  };
}

describe("a call that a guard lets pass", () => {
  test("is noted with the scopes the guard names, and written with the next batch, not before", async () => {
    const world = await stage({ routes, options: { preClaimScopes: ["api.read", "api.write"] } });
    const { id, token } = await agentOf(world);
    const start = world.clock.now();
    expect((await call(world, "/api/notes", token)).status).toBe(200);
    expect(await notedOf(world, id)).toEqual({ lastUsedAt: null, scopes: {} });
    await world.auth.sweep();
    expect(await notedOf(world, id)).toEqual({ lastUsedAt: start, scopes: { "api.read": start } });
    world.clock.advance(70);
    expect((await call(world, "/shared", token)).status).toBe(200);
    world.clock.advance(70);
    expect((await call(world, "/both", token)).status).toBe(200);
    world.clock.advance(70);
    expect((await call(world, "/any", token)).status).toBe(200);
    await world.auth.sweep();
    expect(await notedOf(world, id)).toEqual({
      lastUsedAt: start + 210,
      scopes: { "api.read": start + 140, "api.write": start + 140 },
    });
  });

  test.each(["/any", "/who", "/verified"])("without a named scope is only a call: %s", async (path) => {
    const world = await stage({ routes });
    const { id, token } = await agentOf(world);
    expect((await call(world, path, token)).status).toBe(200);
    await world.auth.sweep();
    expect(await notedOf(world, id)).toEqual({ lastUsedAt: world.clock.now(), scopes: {} });
  });
});

test("a call that lacks a scope has used none, not even the one it had", async () => {
  const world = await stage({ routes });
  const { id, token } = await agentOf(world);
  expect((await call(world, "/both", token)).status).toBe(403);
  await world.auth.sweep();
  expect(await notedOf(world, id)).toEqual({ lastUsedAt: world.clock.now(), scopes: {} });
});

test("a call with a token that is not good is none", async () => {
  const world = await stage({ routes });
  const { id, token } = await agentOf(world);
  expect((await call(world, "/api/notes", `${token}x`)).status).toBe(401);
  await world.auth.revokeRegistration(id, { actor: { kind: "operator", id: "op_1" }, reason: "test" });
  expect((await call(world, "/api/notes", token)).status).toBe(401);
  await world.auth.sweep();
  expect(await notedOf(world, id)).toEqual({ lastUsedAt: null, scopes: {} });
});

test("what was noted is written when the instance closes", async () => {
  const { storage } = await ownDatabase();
  const first = await stage({ options: { storage } });
  const { id, token } = await agentOf(first);
  expect((await call(first, "/api/notes", token)).status).toBe(200);
  const at = first.clock.now();
  await first.close();
  const second = await stage({ options: { storage } });
  expect(await notedOf(second, id)).toEqual({ lastUsedAt: at, scopes: { "api.read": at } });
});
