/** `POST /oauth2/revoke` with a refresh token: with it dies what was issued next to it (RFC 7009 section 2.1, REV-04, REV-11). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { approved, eventStage, identify, steppedUp } from "../support/event-stage.js";
import { exchange, poll, type Response, submitPage } from "../support/world.js";
import { forgersSecrets } from "./forged-assertions.js";
import { expectOauthRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";
import {
  type Agent,
  agentOf,
  claimedAgent,
  expectAlive,
  expectDead,
  expectUnusable,
  minter,
  partsOf,
  refreshed,
  revoke,
} from "./refreshing-agent.js";

const month = 30 * 86_400;
const ours = minter(forgersSecrets[0] as string);
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;

let stage: ObservedWorld;
let agent: Agent;
beforeEach(async () => {
  stage = await observedWorld({ options: { secrets: forgersSecrets } });
  agent = await claimedAgent(stage);
});
afterEach(() => stage.close());

function withoutDate({ status, text, headers }: Response) {
  const { date, "x-request-id": _id, ...others } = headers;
  expect(date).toBeDefined();
  return { status, text, headers: others };
}

/** 200, and nothing changed. */
async function expectIdle(token: string): Promise<Response> {
  const before = await stage.snapshot();
  const response = await revoke(stage, token);
  expect([response.status, response.text]).toEqual([200, ""]);
  expect(await stage.snapshot()).toEqual(before);
  return response;
}

describe("a refresh token that is given back", () => {
  test("ends its family, the access tokens and the assertions, and writes exactly that", async () => {
    const next = await refreshed(stage, agent.refreshToken);
    const beside = (await exchange(stage, next.assertion)).body.access_token;
    const before = await stage.snapshot();
    stage.clock.advance(5);
    const response = await revoke(stage, next.refreshToken);
    expect([response.status, response.text]).toEqual([200, ""]);
    expect(response.headers["cache-control"]).toBe("no-store");

    const {
      refresh_tokens: families,
      registrations,
      audit_events: audit,
      ...others
    } = await stage.snapshot();
    const changed = { refresh_tokens: undefined, registrations: undefined, audit_events: undefined };
    expect(others).toEqual({ ...before, ...changed });
    expect(families).toEqual([{ ...before.refresh_tokens[0], revoked_at: stage.clock.now() }]);
    expect(registrations).toEqual([{ ...before.registrations[0], generation: 3 }]);
    expect(audit.slice(0, -1)).toEqual(before.audit_events);
    expect(audit.at(-1)).toMatchObject({
      type: "token.revoked",
      actor_kind: "agent",
      actor_id: agent.id,
      registration_id: agent.id,
      detail: JSON.stringify({ reason: "refresh_token_revoked" }),
    });
    await expectDead(stage, agent);
    await expectDead(stage, { assertion: next.assertion, accessToken: beside });
    for (const token of [next.refreshToken, agent.refreshToken]) await expectUnusable(stage, token);
  });

  test.each([
    ["the good one", 3],
    ["the one before it, within the grace", 2],
    ["an old one", 1],
    ["one that a restored database has forgotten", 9],
  ])("may be %s: possession is the authority", async (_which, sequence) => {
    const next = await refreshed(stage, agent.refreshToken);
    const last = await refreshed(stage, next.refreshToken);
    await revoke(stage, ours(partsOf(agent.refreshToken).familyId, sequence));
    await expectUnusable(stage, last.refreshToken);
    await expectDead(stage, { ...agent, assertion: last.assertion });
  });

  test("ends nothing of another agent, of the same person either", async () => {
    const other = await claimedAgent(stage);
    await revoke(stage, agent.refreshToken);
    await expectAlive(stage, other);
    await refreshed(stage, other.refreshToken);
  });

  test.each(["access_token", "refresh_token", "unknown_kind"])(
    "whatever the hint %p says (REV-05)",
    async (hint) => {
      await stage.agent
        .post("/oauth2/revoke")
        .type("form")
        .send({ token: agent.refreshToken, token_type_hint: hint });
      await expectUnusable(stage, agent.refreshToken);
    },
  );

  test("during a suspension does not come back with the resumption", async () => {
    await stage.auth.suspendRegistration(agent.id, operator);
    expect((await revoke(stage, agent.refreshToken)).status).toBe(200);
    await stage.auth.resumeRegistration(agent.id, operator);
    await expectUnusable(stage, agent.refreshToken);
    await expectDead(stage, agent);
  });

  test("by many at once is given back once", async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => revoke(stage, agent.refreshToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await stage.audit("token.revoked")).toHaveLength(1);
    expect(await stage.rows("registrations")).toMatchObject([{ generation: 3 }]);
  });
});

describe("a token that is not good", () => {
  test("is answered like a good one, and changes nothing (REV-04)", async () => {
    const good = await revoke(stage, (await claimedAgent(stage)).refreshToken);
    const { familyId } = partsOf(agent.refreshToken);
    const forged = [
      minter("a secret somebody else has, long enough too")(familyId, 1),
      agent.refreshToken.replace(/_1_/, "_2_"),
      agent.refreshToken.replace(/.{43}$/, "A".repeat(43)),
      `${agent.refreshToken} `,
      ours(`rtf_${"0".repeat(32)}`, 1),
      "rt_".padEnd(20_000, "0"),
    ];
    for (const token of forged) expect(withoutDate(await expectIdle(token))).toEqual(withoutDate(good));
    await expectAlive(stage, agent);
    await revoke(stage, agent.refreshToken);
    expect(withoutDate(await expectIdle(agent.refreshToken))).toEqual(withoutDate(good));
  });

  test("because it is over has nothing left to end, to the second", async () => {
    stage.clock.advance(month - 1);
    const { assertion } = await refreshed(stage, (await claimedAgent(stage)).refreshToken);
    stage.clock.advance(1);
    await expectIdle(agent.refreshToken);
    expect((await exchange(stage, assertion)).status).toBe(200);
    stage.clock.advance(-1);
    await revoke(stage, agent.refreshToken);
    await expectUnusable(stage, agent.refreshToken);
  });

  test.each([
    ["twice", (token: string) => `token=${token}&token=${token}`],
    ["not at all", () => "token="],
  ])("because it was sent %s is invalid_request (REV-02)", async (_how, body) => {
    const before = await stage.snapshot();
    const response = await stage.agent.post("/oauth2/revoke").type("form").send(body(agent.refreshToken));
    expectOauthRefusal(response, "invalid_request");
    expect(await stage.snapshot()).toEqual(before);
    await refreshed(stage, agent.refreshToken);
  });
});

describe("a token of what the registration was before", () => {
  test("ends its own family and nothing that came after it", async () => {
    const world = await eventStage();
    const waiting = await steppedUp(world);
    await submitPage(world, waiting.uri, "alice", { userCode: waiting.userCode });
    const before = agentOf(await poll(world, waiting.claimToken));
    await world.auth.revokeRegistration(before.id, operator);
    world.clock.advance(1);
    const after = await approved(world, await steppedUp(world));
    expect(after.id).toBe(before.id);
    expect((await revoke(world, before.refreshToken)).status).toBe(200);
    await expectAlive(world, after);
    expect((await identify(world, world.provider.idJag())).status).toBe(200);
  });
});
