/** What nodes of one service share: used ID-JAGs, limits, guesses, poll intervals and the trust list. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Reply } from "../faults/ledger.js";
import { ecKey, json, publicJwk, type TestIssuer, testIssuer } from "../support/issuer.js";
import { testPlace } from "../support/postgres.js";
import * as agent from "./agent.js";
import { type ThreeNodes, threeNodes } from "./node-process.js";

const anonymousPerHour = 30;
let nodes: ThreeNodes;
let origins: [string, string, string];

beforeAll(async () => {
  const { url, schema } = await testPlace();
  const wide = Object.fromEntries(
    ["anonymousPerIpPerHour", "serviceAuthPerIpPerHour", "identityAssertionPerIpPerHour"].map((name) => [
      name,
      1_000_000,
    ]),
  );
  nodes = await threeNodes({ storage: { url, schema }, limits: { ...wide, anonymousPerHour } });
  origins = nodes.map(({ origin }) => origin) as typeof origins;
}, 60_000);
afterAll(() => Promise.all(nodes.map((node) => node.kill())));

/** Sends to every node in turn, all at once. */
const everywhere = (send: (origin: string) => Promise<Reply>, count: number): Promise<Reply[]> =>
  Promise.all(Array.from({ length: count }, (_, turn) => send(origins[turn % 3] as string)));

/** A provider that an operator has put on the trust list on the first node. */
async function trusted(): Promise<TestIssuer> {
  const provider = await testIssuer({ now: () => Math.floor(Date.now() / 1000) });
  const given = { issuer: provider.issuer, name: "Provider of an operator" };
  expect(await nodes[0].act("saveProvider", { given, seen: null })).toHaveProperty("provider");
  return provider;
}
const newcomer = (provider: TestIssuer, claims: object = {}) =>
  provider.mint({ claims: { sub: randomUUID(), email: `${randomUUID()}@example.org`, ...claims } });

describe("an ID-JAG", () => {
  test("that one node has accepted is refused by the others", async () => {
    const idJag = newcomer(await trusted());
    expect((await agent.registerBy(origins[0], idJag)).status).toBe(200);
    for (const origin of [origins[1], origins[2]])
      expect((await agent.registerBy(origin, idJag)).body.error).toBe("replay_detected");
  });

  test("sent twenty times at once is accepted by one of them, once", async () => {
    const idJag = newcomer(await trusted());
    const replies = await everywhere((origin) => agent.registerBy(origin, idJag), 20);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
    // Put off while another node makes the account: to come back is to come too late.
    for (const { status, body } of replies)
      if (status !== 200) expect(body.error).toMatch(/^(replay_detected|temporarily_unavailable)$/);
    for (const origin of origins)
      expect((await agent.registerBy(origin, idJag)).body.error).toBe("replay_detected");
  });
});

test("a limit is one for all nodes", async () => {
  const replies = await everywhere(agent.registerAnonymous, 2 * anonymousPerHour);
  const statuses = replies.map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(anonymousPerHour);
  expect(statuses.filter((status) => status === 429)).toHaveLength(anonymousPerHour);
});

describe("guesses of a code", () => {
  async function claimWaiting() {
    const { claim, claim_token: claimToken } = (await agent.registerForAlice(origins[0])).body;
    const form = await agent.openForm(origins[1], claim);
    const guess = (origin: string) =>
      agent.submitForm(origin, form, claim.user_code === "000-000" ? "000-001" : "000-000");
    return { claim, claimToken, form, guess };
  }

  test("on all nodes use up one budget, after which the right code is worth nothing anywhere", async () => {
    const { claim, form, guess, claimToken } = await claimWaiting();
    await everywhere(guess, 12);
    for (const origin of origins)
      expect((await agent.submitForm(origin, form, claim.user_code)).status).not.toBe(303);
    expect((await agent.poll(origins[2], claimToken)).status).not.toBe(200);
  });

  test("are each counted once: the last of the budget is still the right one", async () => {
    const { claim, form, guess, claimToken } = await claimWaiting();
    await everywhere(guess, 4);
    expect((await agent.submitForm(origins[1], form, claim.user_code)).status).toBe(303);
    expect((await agent.poll(origins[2], claimToken)).status).toBe(200);
  });
});

test("an agent that polls the nodes in turn is slowed down as by one", async () => {
  const [a, b, c] = origins;
  const { claim_token: claimToken } = (await agent.registerForAlice(a)).body;
  expect((await agent.poll(a, claimToken)).body.error).toBe("authorization_pending");
  expect((await agent.poll(b, claimToken)).body).toMatchObject({ error: "slow_down", interval: 10 });
  expect((await agent.poll(c, claimToken)).body).toMatchObject({ error: "slow_down", interval: 15 });
  await Promise.all(nodes.map((node) => node.act("advance", { seconds: 15 })));
  expect((await agent.poll(b, claimToken)).body.error).toBe("authorization_pending");
});

describe("a change of the trust list on one node holds for the next request on the others", () => {
  const others = () => [origins[1], origins[2]];

  test("when a provider is added, disabled and enabled", async () => {
    const stranger = await testIssuer({ now: () => Math.floor(Date.now() / 1000) });
    for (const origin of others())
      expect((await agent.registerBy(origin, newcomer(stranger))).status).not.toBe(200);
    const provider = await trusted();
    for (let round = 0; round < 3; round += 1) {
      for (const origin of others())
        expect((await agent.registerBy(origin, newcomer(provider))).status).toBe(200);
      const { issuer } = provider;
      expect(await nodes[0].act("switchProvider", { issuer, disabled: true })).toBe(true);
      for (const origin of others())
        expect((await agent.registerBy(origin, newcomer(provider))).status).not.toBe(200);
      expect(await nodes[0].act("switchProvider", { issuer, disabled: false })).toBe(true);
    }
  });

  test("when its policy is edited, also for keys the others have fetched from another place", async () => {
    const provider = await trusted();
    const { issuer } = provider;
    for (const origin of others())
      expect((await agent.registerBy(origin, newcomer(provider))).status).toBe(200);
    const edit = async (change: object) => {
      const { provider: seen } = await nodes[0].act("findProvider", { issuer });
      const given = { issuer, name: "Provider of an operator", ...change };
      expect(await nodes[0].act("saveProvider", { given, seen })).toHaveProperty("provider");
    };
    await edit({ allowedEmailDomains: ["elsewhere.example"] });
    for (const origin of others())
      expect((await agent.registerBy(origin, newcomer(provider))).status).not.toBe(200);
    const key = ecKey();
    provider.answers.set("/other-keys", json({ keys: [publicJwk(key)] }));
    await edit({ jwksUri: `${issuer}/other-keys` });
    for (const origin of others()) {
      expect((await agent.registerBy(origin, newcomer(provider))).status).not.toBe(200);
      const signed = provider.mint({ key, claims: { sub: randomUUID(), email: "n@example.org" } });
      expect((await agent.registerBy(origin, signed)).status).toBe(200);
    }
  });
});

test("no node had anything to complain about", () => {
  expect(nodes.map((node) => node.errors())).toEqual(["", "", ""]);
});
