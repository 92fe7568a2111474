/** Everything that ends a registration, or takes back what it was given, ends its refresh tokens (PROTOCOL section 8). */
import { describe, expect, test } from "@jest/globals";
import { about, disabledEvent, sessionRevokedEvent } from "../support/event-issuer.js";
import {
  approved,
  type EventStage,
  eventStage,
  expectAccepted,
  identify,
  notify,
  steppedUp,
} from "../support/event-stage.js";
import { closeAfterTest } from "../support/stages.js";
import { exchange, poll, submitPage } from "../support/world.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";
import {
  type Agent,
  agentOf,
  claimedAgent,
  claimsOf,
  expectAlive,
  expectDead,
  expectUnusable,
  refresh,
  refreshed,
} from "./refreshing-agent.js";

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;

/** An agent that has refreshed once: its newest token, and the one before it within its grace. */
async function running(agent: Agent, stage: Pick<ObservedWorld, "agent">) {
  const next = await refreshed(stage as ObservedWorld, agent.refreshToken);
  return { ...agent, ...next, tokens: [next.refreshToken, agent.refreshToken] };
}

async function opened(): Promise<ObservedWorld> {
  const stage = await observedWorld();
  closeAfterTest(() => stage.close());
  return stage;
}

/** Every token is refused alike, and nothing is spent or ended by trying. */
async function expectOver(stage: ObservedWorld | EventStage, tokens: string[]): Promise<void> {
  for (const token of tokens) await expectUnusable(stage, token);
}

describe("a revocation", () => {
  test.each([
    ["the person", { kind: "user", id: "usr_alice" }],
    ["an operator", { kind: "operator", id: "op_1" }],
    ["the system", { kind: "system", id: null }],
  ] as const)("by %s ends the tokens with everything else", async (_who, actor) => {
    const stage = await opened();
    const agent = await running(await claimedAgent(stage), stage);
    const other = await claimedAgent(stage);
    expect(await stage.auth.revokeRegistration(agent.id, { actor, reason: "test" })).toBe(true);
    await expectOver(stage, agent.tokens);
    await expectDead(stage, agent);
    await expectAlive(stage, other);
    await refreshed(stage, other.refreshToken);
  });

  test("is not told apart from noise, before and after the grace", async () => {
    const stage = await opened();
    const agent = await running(await claimedAgent(stage), stage);
    await stage.auth.revokeRegistration(agent.id, operator);
    stage.clock.advance(31);
    await expectOver(stage, agent.tokens);
    expect((await refresh(stage, agent.refreshToken)).body).toEqual((await refresh(stage, "rt_x")).body);
  });
});

describe("a suspension", () => {
  test("refuses, spends nothing, and lets the same token go on after it is over", async () => {
    const stage = await opened();
    const agent = await running(await claimedAgent(stage), stage);
    await stage.auth.suspendRegistration(agent.id, operator);
    await expectOver(stage, agent.tokens);
    stage.clock.advance(600);
    await expectOver(stage, agent.tokens);
    await stage.auth.resumeRegistration(agent.id, operator);
    const next = await refreshed(stage, agent.refreshToken);
    await expectAlive(stage, { ...agent, assertion: next.assertion });
  });
});

describe("an end date", () => {
  test("ends the tokens in its very second", async () => {
    const stage = await opened();
    const agent = await running(await claimedAgent(stage), stage);
    await stage.execute(`UPDATE registrations SET ends_at = ${stage.clock.now() + 10}`);
    stage.clock.advance(9);
    const last = await refreshed(stage, agent.refreshToken);
    stage.clock.advance(1);
    await expectOver(stage, [last.refreshToken, ...agent.tokens]);
    await expectDead(stage, { ...agent, assertion: last.assertion });
  });

  test("that was taken away lets a token go on whose own time is not over", async () => {
    const stage = await opened();
    const agent = await claimedAgent(stage);
    await stage.execute(`UPDATE registrations SET ends_at = ${stage.clock.now()}`);
    await expectOver(stage, [agent.refreshToken]);
    await stage.execute("UPDATE registrations SET ends_at = NULL");
    await refreshed(stage, agent.refreshToken);
  });
});

describe("a registration that carries a person at a provider", () => {
  /** Alice's account approved the provider's word; the agent has refreshed once since. */
  async function linked(stage: EventStage) {
    const waiting = await steppedUp(stage);
    const answer = await submitPage(stage, waiting.uri, "alice", { userCode: waiting.userCode });
    expect(answer.status).toBe(303);
    return running(agentOf(await poll(stage, waiting.claimToken)), stage);
  }

  test("is refreshed like any other", async () => {
    const stage = await eventStage();
    const agent = await linked(stage);
    const { body } = await refresh(stage, agent.refreshToken);
    expect([body.id, body.type, body.registration_type]).toEqual([agent.id, "refresh", "identity_assertion"]);
    await expectAlive(stage, { ...agent, assertion: body.identity_assertion });
  });

  test("keeps its token next to assertions that new ID-JAGs bring", async () => {
    const stage = await eventStage();
    const agent = await linked(stage);
    stage.clock.advance(60);
    const { body } = await identify(stage, stage.provider.idJag());
    expect(body.id).toBe(agent.id);
    const next = await refreshed(stage, agent.refreshToken);
    for (const assertion of [body.identity_assertion, next.assertion, agent.assertion])
      expect((await exchange(stage, assertion)).status).toBe(200);
  });

  test.each([
    ["revoked", (stage: EventStage) => stage.provider.event()],
    [
      "ended by a session that was revoked",
      (stage: EventStage) => stage.provider.event(about(stage.provider, "sub-alice", sessionRevokedEvent)),
    ],
    [
      "ended by an account that was disabled",
      (stage: EventStage) => stage.provider.event(about(stage.provider, "sub-alice", disabledEvent)),
    ],
  ])("has no token any more when it is %s, with the next ID-JAG neither", async (_how, eventOf) => {
    const stage = await eventStage();
    const agent = await linked(stage);
    expectAccepted(await notify(stage, eventOf(stage)));
    await expectOver(stage, agent.tokens);
    await expectDead(stage, agent);
    stage.clock.advance(1);
    const next = await identify(stage, stage.provider.idJag());
    expect(next.body.id).toBe(agent.id);
    await expectOver(stage, agent.tokens);
  });

  test("has no token any more while its claim is open again, nor after it was approved again", async () => {
    const stage = await eventStage();
    const agent = await linked(stage);
    await stage.auth.revokeRegistration(agent.id, operator);
    stage.clock.advance(1);
    const reopened = await steppedUp(stage);
    expect(reopened.id).toBe(agent.id);
    await expectOver(stage, agent.tokens);
    const again = await approved(stage, reopened);
    await expectOver(stage, agent.tokens);
    await expectAlive(stage, again);
    expect(claimsOf(again.assertion).gen).toBeGreaterThan(Number(claimsOf(agent.assertion).gen));
  });

  test("loses nothing to a token of the claim before: that one ends nothing any more", async () => {
    const stage = await eventStage();
    const agent = await linked(stage);
    await stage.auth.revokeRegistration(agent.id, operator);
    stage.clock.advance(1);
    const again = await approved(stage, await steppedUp(stage));
    stage.clock.advance(31);
    await expectOver(stage, agent.tokens);
    await expectAlive(stage, again);
  });
});
