/** Refreshes that arrive together, and next to what takes the token away: one rotation, one family, nothing left over. */
import { describe, expect, test } from "@jest/globals";
import { StoreUnavailable } from "../../src/ports.js";
import { type EventStage, eventStage } from "../support/event-stage.js";
import { closeAfterTest } from "../support/stages.js";
import { claimedByAlice, exchange } from "../support/world.js";
import { expectAgentRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";
import {
  type Agent,
  agentOf,
  claimedAgent,
  claimsOf,
  expectDead,
  expectUnusable,
  expectUnusableAnswer,
  type Holding,
  holdingOf,
  partsOf,
  refresh,
  refreshed,
  revoke,
} from "./refreshing-agent.js";

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const together = <Answer>(count: number, send: (index: number) => PromiseLike<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => send(index)));

async function racingWorld(): Promise<ObservedWorld> {
  const stage = await observedWorld({}, { staleReads: true });
  closeAfterTest(() => stage.close());
  return stage;
}

describe("one token sent by many at once", () => {
  test.each([20, 200])("%i times: one answer for all, and one rotation", async (count) => {
    const stage = await racingWorld();
    const agent = await claimedAgent(stage);
    const answers = await together(count, () => refresh(stage, agent.refreshToken));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const holdings = answers.map(holdingOf);
    expect(new Set(holdings.map(({ refreshToken }) => refreshToken)).size).toBe(1);
    const claims = holdings.map(({ assertion }) => JSON.stringify(claimsOf(assertion)));
    expect(new Set(claims).size).toBe(1);
    expect(await stage.rows("refresh_tokens")).toMatchObject([{ sequence: 2, revoked_at: null }]);
    expect(await stage.audit("assertion.refreshed")).toHaveLength(1);
    await refreshed(stage, holdings[0]?.refreshToken ?? "");
  });

  test("that was used before: the family ends once", async () => {
    const stage = await racingWorld();
    const agent = await claimedAgent(stage);
    const next = await refreshed(stage, agent.refreshToken);
    stage.clock.advance(31);
    const answers = await together(20, () => refresh(stage, agent.refreshToken));
    for (const answer of answers) expectUnusableAnswer(answer);
    expect(await stage.audit("token.revoked")).toHaveLength(1);
    expect(await stage.rows("registrations")).toMatchObject([{ generation: 3 }]);
    await expectUnusable(stage, next.refreshToken);
  });

  test("a used one among the good ones: whatever was answered, nothing is left", async () => {
    const stage = await racingWorld();
    const agent = await claimedAgent(stage);
    const next = await refreshed(stage, agent.refreshToken);
    stage.clock.advance(31);
    const answers = await together(21, (index) =>
      refresh(stage, index === 10 ? agent.refreshToken : next.refreshToken),
    );
    for (const answer of answers.filter(({ status }) => status === 200)) {
      const { assertion, refreshToken } = holdingOf(answer);
      await expectDead(stage, { assertion, accessToken: agent.accessToken });
      await expectUnusable(stage, refreshToken);
    }
    await expectUnusable(stage, next.refreshToken);
  });
});

describe("a refresh next to", () => {
  const endings: [string, (stage: ObservedWorld, id: string, token: string) => PromiseLike<unknown>][] = [
    ["a revocation by an operator", (stage, id) => stage.auth.revokeRegistration(id, operator)],
    ["a suspension", (stage, id) => stage.auth.suspendRegistration(id, operator)],
    ["its own revocation", (stage, _id, token) => revoke(stage, token)],
  ];
  test.each(endings)("%s gives nothing that works afterwards", async (_what, endIt) => {
    const stage = await racingWorld();
    const agent = await claimedAgent(stage);
    const sent = together(20, () => refresh(stage, agent.refreshToken));
    const [answers] = await Promise.all([sent, endIt(stage, agent.id, agent.refreshToken)]);
    for (const answer of answers) {
      if (answer.status !== 200) {
        expectUnusableAnswer(answer);
        continue;
      }
      const { assertion, refreshToken } = holdingOf(answer);
      expect((await exchange(stage, assertion)).status).toBe(400);
      await expectUnusable(stage, refreshToken);
    }
    await expectUnusable(stage, agent.refreshToken);
    await expectDead(stage, agent);
  });
});

describe("between the look and the write", () => {
  /** A refresh before whose rotation something happens, and after whose rotation something else. */
  async function interrupted(
    before: (stage: EventStage, agent: Agent) => PromiseLike<unknown>,
    after: typeof before = async () => {},
  ) {
    const stage = await eventStage();
    const agent = agentOf(await claimedByAlice(stage));
    stage.steps.before = async (verb) => {
      if (verb !== "rotateRefreshToken") return;
      stage.steps.before = () => undefined;
      await before(stage, agent);
      stage.steps.before = async (next) => {
        if (next !== "findRefreshFamily") return;
        stage.steps.before = () => undefined;
        await after(stage, agent);
      };
    };
    const response = await refresh(stage, agent.refreshToken);
    return { stage, agent, response };
  }

  test.each<[string, (stage: EventStage, agent: Agent) => PromiseLike<unknown>]>([
    ["a revocation", ({ auth }, { id }) => auth.revokeRegistration(id, operator)],
    ["a suspension", ({ auth }, { id }) => auth.suspendRegistration(id, operator)],
    ["the token's own revocation", (stage, { refreshToken }) => revoke(stage, refreshToken)],
  ])("%s is noticed, and nothing is rotated", async (_what, happen) => {
    let left: unknown;
    const { stage, response } = await interrupted(happen, async ({ snapshot }) => {
      left = await snapshot();
    });
    expectUnusableAnswer(response);
    expect(await stage.snapshot()).toEqual(left);
    expect(await stage.audit("assertion.refreshed")).toEqual([]);
  });

  test("another refresh is noticed, and told the same", async () => {
    let first: Holding | null = null;
    const { stage, response } = await interrupted(async (world, { refreshToken }) => {
      const { store, clock } = world;
      const { familyId, sequence } = partsOf(refreshToken);
      clock.advance(5);
      const now = clock.now();
      await store.rotateRefreshToken({ familyId, sequence, expiresAt: now + 900, now, audit: [] });
      first = await refreshed(world, refreshToken);
    });
    expect(response.status).toBe(200);
    expect(response.body.identity.refresh_token.expires_at).toBe(
      new Date((stage.clock.now() + 900) * 1000).toISOString(),
    );
    const { assertion, refreshToken } = holdingOf(response);
    expect(refreshToken).toBe((first as Holding | null)?.refreshToken);
    expect(claimsOf(assertion)).toEqual(claimsOf((first as Holding | null)?.assertion ?? ""));
    expect(await stage.rows("refresh_tokens")).toMatchObject([{ sequence: 2 }]);
  });

  test("two more refreshes are noticed: the token counts as used before", async () => {
    const { stage, agent, response } = await interrupted(async (world, { refreshToken }) => {
      await refreshed(world, (await refreshed(world, refreshToken)).refreshToken);
    });
    expectUnusableAnswer(response);
    await expectDead(stage, agent);
    expect(await stage.audit("token.revoked")).toHaveLength(1);
  });

  test("a suspension that was taken back costs nothing but another try", async () => {
    const { stage, agent, response } = await interrupted(
      ({ auth }, { id }) => auth.suspendRegistration(id, operator),
      ({ auth }, { id }) => auth.resumeRegistration(id, operator),
    );
    expectAgentRefusal(response, 503, "temporarily_unavailable");
    expect(response.headers["retry-after"]).toBe("1");
    expect(await stage.rows("refresh_tokens")).toMatchObject([{ sequence: 1, revoked_at: null }]);
    await refreshed(stage, agent.refreshToken);
  });

  test("a failure to sign costs nothing but another try, however late", async () => {
    const stage = await eventStage();
    const agent = agentOf(await claimedByAlice(stage));
    // Long enough for the keys to be read again.
    stage.clock.advance(3600);
    const before = await stage.snapshot();
    stage.steps.before = (verb) => {
      if (verb === "listSigningKeys") throw new StoreUnavailable("The database did not answer.");
      return undefined;
    };
    expectAgentRefusal(await refresh(stage, agent.refreshToken), 503, "temporarily_unavailable");
    expect(await stage.snapshot()).toEqual(before);
    stage.steps.before = () => undefined;
    stage.clock.advance(31);
    await refreshed(stage, agent.refreshToken);
  });
});
