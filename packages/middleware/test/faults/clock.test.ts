/** A clock that jumps, forth and back: nothing fails, nothing that is over comes back, nothing is used twice. */
import { describe, expect, test } from "@jest/globals";
import { observedWorld } from "../http/observed-world.js";
import { claimedAgent, expectDead, refresh } from "../http/refreshing-agent.js";
import { eventStage, identify } from "../support/event-stage.js";
import { closeAfterTest } from "../support/stages.js";
import { callApi, exchange, poll, register, submitPage } from "../support/world.js";

const day = 86_400;
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;

async function opened() {
  const world = await observedWorld();
  closeAfterTest(() => world.close());
  return world;
}

describe.each([
  ["an hour back", -3600],
  ["a day back", -day],
  ["a year back", -365 * day],
  ["a day forth", day],
  ["a year forth", 365 * day],
])("when the clock jumps %s", (_name, jump) => {
  test("every endpoint answers, and new agents work at once", async () => {
    const world = await opened();
    const old = await claimedAgent(world);
    world.clock.advance(jump);
    await world.auth.sweep();
    for (const reply of [
      await callApi(world, old.accessToken),
      await exchange(world, old.assertion),
      await refresh(world, old.refreshToken),
    ])
      expect(reply.status).toBeLessThan(500);
    const fresh = await claimedAgent(world);
    expect((await callApi(world, fresh.accessToken)).status).toBe(200);
    expect(world.logs.filter(({ level }) => level === "error")).toEqual([]);
  });

  test("what was revoked before stays revoked, also when the clock is put right again", async () => {
    const world = await opened();
    const agent = await claimedAgent(world);
    await world.auth.revokeRegistration(agent.id, operator);
    world.clock.advance(jump);
    await expectDead(world, agent);
    await world.auth.sweep();
    world.clock.advance(-jump);
    await expectDead(world, agent);
  });

  test("a revocation made meanwhile holds when the clock is put right again", async () => {
    const world = await opened();
    const agent = await claimedAgent(world);
    world.clock.advance(jump);
    await world.auth.revokeRegistration(agent.id, operator);
    await world.auth.sweep();
    world.clock.advance(-jump);
    await expectDead(world, agent);
  });

  test("a claim is delivered once", async () => {
    const world = await opened();
    const { body } = await register.serviceAuth(world);
    const code = { userCode: body.claim.user_code };
    expect((await submitPage(world, body.claim.verification_uri, "alice", code)).status).toBe(303);
    expect((await poll(world, body.claim_token)).status).toBe(200);
    world.clock.advance(jump);
    await world.auth.sweep();
    expect((await poll(world, body.claim_token)).body.error).toBe("invalid_grant");
    world.clock.advance(-jump);
    expect((await poll(world, body.claim_token)).body.error).toBe("invalid_grant");
  });
});

test("an ID-JAG that was used stays used when the clock jumps a day forth, is swept, and jumps back", async () => {
  const stage = await eventStage();
  const idJag = stage.provider.idJag({ sub: "new", email: "new@example.org" });
  expect((await identify(stage, idJag)).status).toBe(200);
  stage.clock.advance(day);
  await stage.auth.sweep();
  stage.clock.advance(-day);
  expect((await identify(stage, idJag)).body.error).toBe("replay_detected");
});

test("wrong codes stay counted", async () => {
  const world = await opened();
  const { body } = await register.serviceAuth(world);
  const { verification_uri: uri, user_code: code } = body.claim;
  const wrong = { userCode: code === "000-000" ? "000-001" : "000-000" };
  for (let guess = 0; guess < 5; guess += 1) {
    await submitPage(world, uri, "alice", wrong);
    world.clock.advance(guess % 2 === 0 ? -120 : 120);
  }
  expect((await submitPage(world, uri, "alice", { userCode: code })).status).not.toBe(303);
});
