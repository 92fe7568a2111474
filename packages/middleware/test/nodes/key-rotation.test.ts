/** A signing key that one node makes while the others serve: nobody meets a signature they cannot check. */
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { testPlace } from "../support/postgres.js";
import * as agent from "./agent.js";
import { type NodeProcess, type ThreeNodes, threeNodes } from "./node-process.js";

/** Nodes look for each other's keys at least that often, and a new key signs after that long. */
const reloadSeconds = 60;
const publishedBeforeUseSeconds = 300;
const stepSeconds = 5;
let nodes: ThreeNodes;

beforeAll(async () => {
  const { url, schema } = await testPlace();
  nodes = await threeNodes({ storage: { url, schema } });
}, 60_000);
afterAll(() => Promise.all(nodes.map((node) => node.kill())));

const keyOf = (assertion: string): string =>
  JSON.parse(Buffer.from(assertion.split(".")[0] ?? "", "base64url").toString()).kid;
const publishedKeys = () => Promise.all(nodes.map(({ origin }) => agent.keyIds(origin)));
/** The clocks of the nodes are never further apart than one step. */
async function pass(seconds: number): Promise<void> {
  for (let passed = 0; passed < seconds; passed += stepSeconds)
    for (const node of nodes) await node.act("advance", { seconds: stepSeconds });
}

test("every node publishes the new key a minute later at most, before any of them signs with it, and nothing is refused", async () => {
  const [[first = ""]] = (await publishedKeys()) as [string[]];
  const old = (await agent.registerAnonymous(nodes[1].origin)).body.identity_assertion;
  const signedBy = new Map<string, number>();
  let isOver = false;
  const serve = async (worker: number) => {
    for (let turn = worker; !isOver; turn += 1) {
      const [signer, reader] = [nodes[turn % 3], nodes[(turn + worker) % 3]] as [NodeProcess, NodeProcess];
      const published = await publishedKeys();
      const { identity_assertion: assertion } = (await agent.registerAnonymous(signer.origin)).body;
      const kid = keyOf(assertion);
      for (const kids of published) expect(kids).toContain(kid);
      expect((await agent.exchange(reader.origin, assertion)).status).toBe(200);
      signedBy.set(kid, (signedBy.get(kid) ?? 0) + 1);
    }
  };
  const rotate = async () => {
    const { kid } = await nodes[0].act("rotate");
    expect(await agent.keyIds(nodes[0].origin)).toEqual([kid, first]);
    await pass(reloadSeconds);
    expect(await publishedKeys()).toEqual(Array(3).fill([kid, first]));
    expect([...signedBy.keys()]).toEqual([first]);
    await pass(publishedBeforeUseSeconds - reloadSeconds + stepSeconds);
    return kid;
  };
  const workers = [1, 2, 3].map(serve);
  const second = await rotate().finally(() => {
    isOver = true;
  });
  await Promise.all(workers);

  for (const { origin } of nodes) {
    expect(keyOf((await agent.registerAnonymous(origin)).body.identity_assertion)).toBe(second);
    expect((await agent.exchange(origin, old)).status).toBe(200);
  }
  expect(signedBy.get(first)).toBeGreaterThan(3);
}, 60_000);

test("rotations on every node at once leave all of them with the same keys", async () => {
  const before = (await publishedKeys())[0]?.length ?? 0;
  const made = await Promise.all(nodes.map((node) => node.act("rotate")));
  await pass(reloadSeconds);
  // Those that saw the same newest key have made one key together.
  const kids = [...new Set(made.map(({ kid }) => kid))];
  const [published = [], ...others] = await publishedKeys();
  expect(published).toEqual(expect.arrayContaining(kids));
  expect(published).toHaveLength(before + kids.length);
  expect(others).toEqual([published, published]);
});
