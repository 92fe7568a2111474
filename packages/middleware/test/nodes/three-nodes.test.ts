/** Three nodes on one PostgreSQL schema are one service: whichever is asked, and while one of them is killed. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Reply } from "../faults/ledger.js";
import { testPlace } from "../support/postgres.js";
import { closeAfterTest } from "../support/stages.js";
import * as agent from "./agent.js";
import {
  launchNode,
  type NodeProcess,
  type NodeSettings,
  type ThreeNodes,
  threeNodes,
} from "./node-process.js";
import { roundRobin } from "./round-robin.js";

const agents = 20;
let settings: NodeSettings;
let nodes: ThreeNodes;

beforeAll(async () => {
  const { url, schema } = await testPlace();
  settings = { storage: { url, schema } };
  nodes = await threeNodes(settings);
}, 60_000);
afterAll(() => Promise.all(nodes.map((node) => node.kill())));

test("a claim begun on one node is shown, approved, delivered and revoked by others, each time with the next request", async () => {
  const [a, b, c] = nodes.map(({ origin }) => origin) as [string, string, string];
  const { claim, claim_token: claimToken } = (await agent.registerForAlice(a)).body;
  const form = await agent.openForm(b, claim);
  expect((await agent.submitForm(c, form, claim.user_code)).status).toBe(303);
  const delivered = await agent.poll(c, claimToken);
  expect(delivered.status).toBe(200);
  expect((await agent.poll(a, claimToken)).body.error).toBe("invalid_grant");
  const { access_token: token } = delivered.body;
  const calls = await Promise.all([a, b, c].map((origin) => agent.callApi(origin, token)));
  expect(calls.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(await nodes[0].act("revoke", { id: calls[0]?.body.agent })).toBe(true);
  for (const origin of [b, c, a]) expect((await agent.callApi(origin, token)).status).toBe(401);
});

test("a token revoked by its agent on one node is refused by the next request on the others, every time", async () => {
  for (let round = 0; round < 10; round += 1) {
    const [a, b, c] = [0, 1, 2].map((shift) => (nodes[(round + shift) % 3] as NodeProcess).origin) as [
      string,
      string,
      string,
    ];
    const { identity_assertion: assertion } = (await agent.registerAnonymous(a)).body;
    const { access_token: token } = (await agent.exchange(b, assertion)).body;
    expect((await agent.callApi(c, token)).status).toBe(200);
    expect((await agent.revokeToken(a, token)).status).toBe(200);
    for (const origin of [b, c]) expect((await agent.callApi(origin, token)).status).toBe(401);
  }
});

/** Something the service has said yes to, and how to see on a node that it holds. */
interface Acknowledged {
  what: string;
  holds(origin: string): Promise<void>;
}

test(`${agents} agents behind a balancer lose nothing that was acknowledged when a node is killed`, async () => {
  // A node of the test's own to be killed; the others go on.
  const victim = await launchNode(settings);
  closeAfterTest(() => victim.kill());
  await victim.ready;
  const [survivor, other] = [nodes[0], nodes[1]];
  const balancer = await roundRobin([survivor, victim, other].map(({ origin }) => origin));
  const acknowledged: Acknowledged[] = [];
  const revoked: string[] = [];

  /** Sends until there is an answer: a 502 says that nobody knows whether the node that died had done it. */
  async function insist(send: () => Promise<Reply>): Promise<Reply> {
    for (let tries = 1; ; tries += 1) {
      const reply = await send();
      if (reply.status !== 502) return reply;
      expect(tries).toBeLessThan(4);
    }
  }
  const note = async (what: string, holds: Acknowledged["holds"]) => {
    acknowledged.push({ what, holds });
    if (acknowledged.length === 1.5 * agents) await victim.kill();
    const dead = revoked[acknowledged.length % Math.max(revoked.length, 1)];
    if (dead !== undefined) expect((await agent.callApi(balancer.origin, dead)).status).toBe(401);
  };
  async function claim(): Promise<{ token: string; claimToken: string } | null> {
    const { body } = await insist(() => agent.registerForAlice(balancer.origin));
    const approval = await insist(async () => {
      const form = await agent.openForm(balancer.origin, body.claim);
      // No form any more: the approval nobody heard of was done.
      if (Object.keys(form).length === 0) return { status: 303, body: "" };
      return agent.submitForm(balancer.origin, form, body.claim.user_code);
    });
    expect(approval.status).toBe(303);
    const delivered = await insist(() => agent.poll(balancer.origin, body.claim_token));
    if (delivered.status === 200) return { token: delivered.body.access_token, claimToken: body.claim_token };
    // Delivered by the node that died, to nobody: such an agent registers again.
    expect(delivered.body.error).toBe("invalid_grant");
    return null;
  }
  async function live(number: number): Promise<void> {
    const { body } = await insist(() => agent.registerAnonymous(balancer.origin));
    await note("registration", async (origin) =>
      expect((await agent.exchange(origin, body.identity_assertion)).status).toBe(200),
    );
    let claimed = await claim();
    while (claimed === null) claimed = await claim();
    const { token, claimToken } = claimed;
    const called = await agent.callApi(balancer.origin, token);
    expect(called.status).toBe(200);
    const isRevoked = number % 2 === 0;
    await note("claim", async (origin) => {
      expect((await agent.callApi(origin, token)).status).toBe(isRevoked ? 401 : 200);
      expect((await agent.poll(origin, claimToken)).body.error).toBe("invalid_grant");
    });
    if (!isRevoked) return;
    const revocation = await insist(() => agent.revokeToken(balancer.origin, token));
    expect(revocation.status).toBe(200);
    revoked.push(token);
    for (const { origin, isKilled } of [survivor, other, victim]) {
      // The one that is killed says nothing any more.
      const answer = await agent.callApi(origin, token).catch((error: Error) => {
        if (!isKilled()) throw error;
        return { status: 401 };
      });
      expect(answer.status).toBe(401);
    }
    await note("revocation", async (origin) => expect((await agent.callApi(origin, token)).status).toBe(401));
  }

  await Promise.all(Array.from({ length: agents }, (_, number) => live(number)));
  expect(victim.isKilled()).toBe(true);
  expect(balancer.nodes().sort()).toEqual([survivor.origin, other.origin].sort());
  for (const count of balancer.answered.values()) expect(count).toBeGreaterThan(5);
  expect(acknowledged.filter(({ what }) => what === "revocation")).toHaveLength(agents / 2);
  for (const node of [survivor, other])
    for (const { what, holds } of acknowledged)
      await holds(node.origin).catch((error: Error) => {
        throw new Error(`${what}: ${error.message}`);
      });
  expect([survivor.errors(), other.errors()]).toEqual(["", ""]);
}, 60_000);
