/** A host that names a PostgreSQL database: the same service, and a start that says what is missing. */

import { agentAuth, OptionsError } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import express from "express";
import supertest from "supertest";
import { bareSchema, serverUrl, testPlace } from "../support/postgres.js";
import { closeAfterTest, stage } from "../support/stages.js";
import { callApi, claimedByAlice, exchange, issuer, register } from "../support/world.js";

const options = {
  issuer,
  resourceName: "Example Notes",
  scopes: { "api.read": "Read your notes" },
  preClaimScopes: ["api.read"],
  secrets: ["a secret for tests, thirty-two bytes or more"],
  accounts: { findById: () => null, currentUser: () => null, loginUrl: () => "/login" },
  backgroundWork: false,
};

async function place() {
  const { url, schema, giveBack } = await testPlace();
  closeAfterTest(giveBack);
  return { url, schema };
}

describe("storage: PostgreSQL", () => {
  test("serves the whole way from registration to a revoked token", async () => {
    const world = await stage({ options: { storage: await place() } });
    const registration = await register.anonymous(world);
    expect(registration.status).toBe(200);
    const { body } = await exchange(world, registration.body.identity_assertion);
    expect((await callApi(world, body.access_token)).status).toBe(200);
    const delivered = await claimedByAlice(world);
    expect(delivered.status).toBe(200);
    const token = delivered.body.access_token;
    const called = await callApi(world, token);
    expect(called.status).toBe(200);
    const { registrationId: id } = called.body.agent;
    const actor = { kind: "operator", id: "op_1" } as const;
    expect(await world.auth.revokeRegistration(id, { actor, reason: "test" })).toBe(true);
    expect((await callApi(world, token)).status).toBe(401);
    expect((await callApi(world, body.access_token)).status).toBe(200);
    await world.auth.sweep();
    expect(await world.auth.health()).toEqual({ ok: true, database: true });
    const page = await world.auth.admin.queries?.listRegistrations({
      ...{ filter: {}, sort: "created", direction: "newest", now: world.clock.now() },
      ...{ after: null, limit: 10 },
    });
    expect(page?.rows).toHaveLength(2);
  });

  test("is one service for two instances: a revocation on one is seen by the next call on the other", async () => {
    const storage = await place();
    const [one, other] = [await stage({ options: { storage } }), await stage({ options: { storage } })];
    const registration = await register.anonymous(one);
    const { body } = await exchange(other, registration.body.identity_assertion);
    const called = await callApi(one, body.access_token);
    expect(called.status).toBe(200);
    expect((await callApi(other, body.access_token)).status).toBe(200);
    const actor = { kind: "operator", id: "op_1" } as const;
    await one.auth.revokeRegistration(called.body.agent.registrationId, { actor, reason: "test" });
    expect((await callApi(other, body.access_token)).status).toBe(401);
    expect((await callApi(one, body.access_token)).status).toBe(401);
  });

  test("does not start on a schema nobody has migrated, and says which command to run", async () => {
    const schema = await bareSchema();
    const auth = agentAuth({ ...options, storage: { url: serverUrl(), schema } });
    closeAfterTest(() => auth.close());
    await expect(auth.ready()).rejects.toThrow(`run npx agent-auth migrate --schema ${schema} on it`);
    expect(await auth.health()).toEqual({ ok: false, database: false });
    const answer = await supertest(express().use(auth)).post("/agent/identity").send({ type: "anonymous" });
    expect(answer.status).toBe(503);
    expect(answer.headers["retry-after"]).toBeDefined();
    expect(answer.text).not.toContain(schema);
  });

  test("takes a URL alone, for the schema agent_auth", async () => {
    const auth = agentAuth({ ...options, storage: serverUrl() });
    closeAfterTest(() => auth.close());
    await expect(auth.ready()).rejects.toThrow(
      /in the schema agent_auth yet: run npx agent-auth migrate on it/,
    );
  });

  test("shows operators where it is, and no password", async () => {
    const { schema } = await place();
    const url = serverUrl().replace("postgres@", "postgres:hunter2@");
    const { auth } = await stage({ options: { storage: { url, schema } } });
    const shown = JSON.stringify(auth.admin.settings());
    expect(shown).toContain(schema);
    expect(shown).not.toContain("hunter2");
  });

  test.each([
    ["storage", "mysql://db"],
    ["storage", "postgres://"],
    ["storage.url", { url: "sqlite:./x.db" }],
    ["storage.url", {}],
    ["storage.schema", { url: "postgres://db", schema: "Robert'); --" }],
    ["storage.pool.max", { url: "postgres://db", pool: { max: 0 } }],
    ["storage.pool.size", { url: "postgres://db", pool: { size: 5 } }],
    ["storage.tls", { url: "postgres://db?sslmode=require", tls: true }],
    ["storage.tls.rejectUnauthorized", { url: "postgres://db", tls: { rejectUnauthorized: false } }],
  ])("refuses %s of %j", (path, storage) => {
    const start = () => agentAuth({ ...options, storage: storage as string });
    expect(start).toThrow(OptionsError);
    expect(start).toThrow(new RegExp(`- ${path}: `));
  });
});
