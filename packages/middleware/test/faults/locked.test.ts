/** A database that somebody else holds: every endpoint says so in its own shape and changes nothing; reading goes on. */
import { expect, test } from "@jest/globals";
import { databaseStage } from "../support/stages.js";
import { callApi, exchange, openPage, poll, register, startClaim, submitPage } from "../support/world.js";

test("everything that writes answers 503 with Retry-After while the lock is held, and works when it is gone", async () => {
  const world = await databaseStage();
  const { body: agent } = await register.anonymous(world);
  const { body: pending } = await register.serviceAuth(world);
  const { access_token: token } = (await exchange(world, agent.identity_assertion)).body;
  const page = await openPage(world, pending.claim.verification_uri, "alice");
  expect(page.status).toBe(200);
  const before = await world.stored();

  const letGo = await world.database.lock();
  const [registering, claiming, exchanging, polling, revoking] = await Promise.all([
    register.anonymous(world),
    startClaim(world, agent.claim_token),
    exchange(world, agent.identity_assertion),
    poll(world, pending.claim_token),
    world.agent.post("/oauth2/revoke").type("form").send({ token }),
  ]);
  for (const refused of [registering, claiming]) {
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ error: "temporarily_unavailable", code: "temporarily_unavailable" });
    expect(Number(refused.headers["retry-after"])).toBe(refused.body.retry_after);
  }
  for (const refused of [exchanging, polling, revoking]) {
    expect(refused.status).toBe(503);
    expect(refused.body.error).toBe("temporarily_unavailable");
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    expect(refused.headers["cache-control"]).toBe("no-store");
  }
  // A lock that is held is no reason to keep agents from the API, nor to say that the database is gone.
  expect((await callApi(world, token)).status).toBe(200);
  expect(await world.auth.health()).toMatchObject({ ok: true });
  expect(await world.stored()).toEqual(before);
  await letGo();

  expect((await world.agent.post("/oauth2/revoke").type("form").send({ token })).status).toBe(200);
  expect((await callApi(world, token)).status).toBe(401);
  expect((await register.anonymous(world)).status).toBe(200);
  const code = { userCode: pending.claim.user_code };
  expect((await submitPage(world, pending.claim.verification_uri, "alice", code)).status).toBe(303);
  expect((await poll(world, pending.claim_token)).status).toBe(200);
}, 60_000);

test("a page says in words that the service is busy, and the approval is not half done", async () => {
  const world = await databaseStage();
  const { body: pending } = await register.serviceAuth(world);
  const page = await openPage(world, pending.claim.verification_uri, "alice");
  expect(page.status).toBe(200);
  const letGo = await world.database.lock();
  const refused = await submitPage(world, pending.claim.verification_uri, "alice", {
    userCode: pending.claim.user_code,
  });
  expect(refused.status).toBe(503);
  expect(refused.headers["content-type"]).toMatch(/^text\/html/);
  expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
  await letGo();
  expect((await poll(world, pending.claim_token)).body.error).toBe("authorization_pending");
  const code = { userCode: pending.claim.user_code };
  expect((await submitPage(world, pending.claim.verification_uri, "alice", code)).status).toBe(303);
}, 60_000);
