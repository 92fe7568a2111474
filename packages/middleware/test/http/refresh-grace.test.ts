/** A refresh token that comes again: the same answer for thirty seconds, the end of everything after that (CLM-37). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { exchange, type Response } from "../support/world.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";
import {
  type Agent,
  claimedAgent,
  claimsOf,
  expectAlive,
  expectDead,
  expectUnusable,
  expectUnusableAnswer,
  type Holding,
  holdingOf,
  refresh,
  refreshed,
} from "./refreshing-agent.js";

let stage: ObservedWorld;
let agent: Agent;
beforeEach(async () => {
  stage = await observedWorld();
  agent = await claimedAgent(stage);
  stage.clock.advance(1800);
});
afterEach(() => stage.close());

/** The answer without the signature of its assertion, which is made anew each time. */
function wordsOf({ status, body }: Response) {
  const { identity_assertion, identity, ...others } = body;
  expect(identity.assertion).toBe(identity_assertion);
  const header = identity_assertion.split(".")[0];
  const { assertion, ...members } = identity;
  return { status, others, members, header, claims: claimsOf(assertion) };
}

describe("the token before the good one", () => {
  test.each([0, 1, 29, 30])("is answered the same %i seconds after the rotation", async (seconds) => {
    const first = await refresh(stage, agent.refreshToken);
    stage.clock.advance(seconds);
    const before = await stage.snapshot();
    const again = await refresh(stage, agent.refreshToken);
    expect(wordsOf(again)).toEqual(wordsOf(first));
    expect(again.headers["cache-control"]).toBe("no-store");
    expect(await stage.snapshot()).toEqual(before);
    expect((await exchange(stage, holdingOf(again).assertion)).status).toBe(200);
    await refreshed(stage, holdingOf(again).refreshToken);
  });

  test("is answered alike as often as it comes, and the grace does not grow", async () => {
    const first = await refresh(stage, agent.refreshToken);
    for (let time = 0; time < 3; time += 1) {
      stage.clock.advance(10);
      expect(wordsOf(await refresh(stage, agent.refreshToken))).toEqual(wordsOf(first));
    }
    stage.clock.advance(1);
    await expectFatal(agent.refreshToken, [agent, holdingOf(first)]);
  });

  test("is fatal 31 seconds after the rotation", async () => {
    const next = await refreshed(stage, agent.refreshToken);
    stage.clock.advance(31);
    await expectFatal(agent.refreshToken, [agent, next]);
  });

  test("tells the claims of the rotation, not those of a registration that ends earlier by now", async () => {
    const first = await refresh(stage, agent.refreshToken);
    const endsAt = stage.clock.now() + 60;
    await stage.execute(`UPDATE registrations SET ends_at = ${endsAt}`);
    const again = await refresh(stage, agent.refreshToken);
    expect(wordsOf(again).claims).toEqual({ ...wordsOf(first).claims, exp: endsAt });
  });
});

/** Everything of the family, and everything issued next to it, is worthless from now on. */
async function expectFatal(token: string, holdings: Holding[]): Promise<void> {
  const { accessToken } = agent;
  const beside = (await exchange(stage, (holdings.at(-1) as Holding).assertion)).body.access_token;
  for (const { assertion } of holdings) expect((await exchange(stage, assertion)).status).toBe(200);
  const before = await stage.snapshot();
  const response = await refresh(stage, token);
  expectUnusableAnswer(response);

  const now = stage.clock.now();
  const { refresh_tokens: families, registrations, audit_events: audit, ...others } = await stage.snapshot();
  const changed = { refresh_tokens: undefined, registrations: undefined, audit_events: undefined };
  expect(others).toEqual({ ...before, ...changed });
  expect(families).toEqual([{ ...before.refresh_tokens[0], revoked_at: now }]);
  expect(registrations).toEqual([{ ...before.registrations[0], generation: 3 }]);
  expect(audit.slice(0, -1)).toEqual(before.audit_events);
  expect(audit.at(-1)).toMatchObject({
    type: "token.revoked",
    at: now,
    actor_kind: "agent",
    actor_id: agent.id,
    registration_id: agent.id,
    detail: JSON.stringify({ reason: "refresh_token_reuse" }),
  });

  for (const { assertion, refreshToken } of holdings) {
    for (const issued of [accessToken, beside]) await expectDead(stage, { assertion, accessToken: issued });
    await expectUnusable(stage, refreshToken);
  }
  expect(await stage.audit("token.revoked")).toHaveLength(1);
}

describe("a token that was used before", () => {
  test("ends the family whenever it comes", async () => {
    const next = await refreshed(stage, agent.refreshToken);
    const last = await refreshed(stage, next.refreshToken);
    stage.clock.advance(1200);
    const newest = await refreshed(stage, last.refreshToken);
    stage.clock.advance(31);
    await expectFatal(next.refreshToken, [agent, next, last, newest]);
  });

  test("two before the good one, ends the family within the grace too", async () => {
    const next = await refreshed(stage, agent.refreshToken);
    const last = await refreshed(stage, next.refreshToken);
    await expectFatal(agent.refreshToken, [agent, next, last]);
  });

  test("ends nothing of another agent, of the same person either", async () => {
    const other = await claimedAgent(stage);
    await refreshed(stage, agent.refreshToken);
    stage.clock.advance(31);
    expectUnusableAnswer(await refresh(stage, agent.refreshToken));
    await expectDead(stage, agent);
    await expectAlive(stage, other);
    await refreshed(stage, other.refreshToken);
  });

  test("leaves the registration claimed: a person still sees it, and can end it", async () => {
    await refreshed(stage, agent.refreshToken);
    stage.clock.advance(31);
    await refresh(stage, agent.refreshToken);
    expect(await stage.auth.findRegistration(agent.id)).toMatchObject({ status: "claimed" });
    const revocation = { actor: { kind: "user", id: "usr_alice" }, reason: "user_request" } as const;
    expect(await stage.auth.revokeRegistration(agent.id, revocation)).toBe(true);
  });

  test("is not believed while the registration is suspended, and ends the family after that", async () => {
    const next = await refreshed(stage, agent.refreshToken);
    stage.clock.advance(31);
    const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
    await stage.auth.suspendRegistration(agent.id, operator);
    await expectUnusable(stage, agent.refreshToken);
    await stage.auth.resumeRegistration(agent.id, operator);
    await expectFatal(agent.refreshToken, [agent, next]);
  });
});
