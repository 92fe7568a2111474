/** `auth.on`: told after the commit, at least once, and never held up by it. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import type { TestDatabase } from "../support/database.js";
import { stage as openStage, ownDatabase } from "../support/stages.js";
import { claimedByAlice, poll, register, submitPage, type World } from "../support/world.js";

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
let database: TestDatabase;
let stage: World;

beforeEach(async () => {
  database = await ownDatabase();
  stage = await open();
});

const open = () => openStage({ options: { storage: database.storage } });

describe("claim.confirmed", () => {
  test("tells who granted what to which registration, once it is so", async () => {
    const told: object[] = [];
    stage.auth.on("claim.confirmed", async (event) => {
      const registration = await stage.auth.findRegistration(event.registrationId);
      told.push({ ...event, statusThen: registration?.status });
    });
    const { body } = await register.serviceAuth(stage);
    const { verification_uri: uri, user_code: userCode } = body.claim;
    await submitPage(stage, uri, "alice", { userCode, scopes: ["api.read"] });
    await stage.auth.sweep();
    expect(told).toEqual([
      {
        registrationId: body.registration_id,
        userId: "usr_alice",
        scopes: ["api.read"],
        at: "2026-01-01T00:00:00.000Z",
        statusThen: "claimed",
      },
    ]);
  });

  test("is not told of a denial, nor to a handler that was removed", async () => {
    const told: object[] = [];
    const remove = stage.auth.on("claim.confirmed", (event) => {
      told.push(event);
    });
    const { body } = await register.serviceAuth(stage);
    await submitPage(stage, body.claim.verification_uri, "alice", { action: "deny" });
    remove();
    await claimedByAlice(stage);
    await stage.auth.sweep();
    expect(told).toEqual([]);
  });

  test("is told again by a handler that failed, and the claim does not suffer", async () => {
    const told: string[] = [];
    let fails = true;
    stage.auth.on("claim.confirmed", ({ registrationId }) => {
      told.push(registrationId);
      if (fails) throw new Error("the host's database is away");
    });
    expect((await claimedByAlice(stage)).status).toBe(200);
    await stage.auth.sweep();
    const failed = told.length;
    expect(failed).toBeGreaterThanOrEqual(1);
    fails = false;
    await stage.auth.sweep();
    await stage.auth.sweep();
    expect(told).toHaveLength(failed + 1);
    expect(new Set(told).size).toBe(1);
    expect(stage.logs.some(({ message }) => message.startsWith("event handler failed"))).toBe(true);
  });

  test("is told after a restart, for a day", async () => {
    stage.auth.on("claim.confirmed", () => {
      throw new Error("crashed before it was done");
    });
    await claimedByAlice(stage);
    await stage.auth.sweep();
    for (const [seconds, times] of [
      [86_399, 1],
      [86_400, 0],
    ] as const) {
      await stage.close();
      stage = await open();
      stage.clock.advance(seconds);
      let told = 0;
      stage.auth.on("claim.confirmed", () => {
        told += 1;
        throw new Error("again");
      });
      await stage.auth.sweep();
      expect(told).toBe(times);
    }
  });
});

test("registration.revoked tells whose registration ended and why, once for many revocations at once", async () => {
  const told: object[] = [];
  stage.auth.on("registration.revoked", (event) => {
    told.push(event);
  });
  const { body } = await register.serviceAuth(stage);
  const { verification_uri: uri, user_code: userCode } = body.claim;
  await submitPage(stage, uri, "alice", { userCode });
  await poll(stage, body.claim_token);
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => stage.auth.revokeRegistration(body.registration_id, operator)),
  );
  expect(answers.filter(Boolean)).toHaveLength(1);
  await stage.auth.sweep();
  expect(told).toEqual([
    {
      registrationId: body.registration_id,
      userId: "usr_alice",
      reason: "test",
      at: "2026-01-01T00:00:00.000Z",
    },
  ]);
});

describe("the instance", () => {
  test("is healthy while it is open and says so when it is not", async () => {
    expect(await stage.auth.health()).toEqual({ ok: true, database: true });
    await stage.auth.close();
    expect(await stage.auth.health()).toEqual({ ok: false, database: false });
    await stage.auth.close();
  });

  test("writes last-used times when it closes, and not with each call", async () => {
    const { body } = await claimedByAlice(stage);
    const call = () => stage.agent.get("/api/notes").set("Authorization", `Bearer ${body.access_token}`);
    expect((await call()).status).toBe(200);
    const [before] = await stage.auth.registrationsOf("usr_alice");
    expect(before?.lastUsedAt).toBeNull();
    await stage.close();
    stage = await open();
    const [after] = await stage.auth.registrationsOf("usr_alice");
    expect(after?.lastUsedAt).toBe("2026-01-01T00:00:00.000Z");
  });
});
