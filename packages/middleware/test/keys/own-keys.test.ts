/** Owns the tests of the signing keys on a database: restarts, secrets, rotation, several nodes, odd clocks. */
import { agentAuth } from "@agent-auth/middleware";
import { fixedClock } from "@agent-auth/middleware/testing";
import { describe, expect, test } from "@jest/globals";
import { decodeProtectedHeader } from "jose";
import { publishedBeforeUseSeconds, WrongSecretError } from "../../src/keys/own-keys.js";
import type { TestDatabase } from "../support/database.js";
import {
  claims,
  type KeyNode,
  keyNode,
  olderSecret,
  operator,
  secret,
  silence,
  startedNode,
} from "../support/key-nodes.js";
import { ownDatabase } from "../support/stages.js";

const kidOf = (assertion: string) => decodeProtectedHeader(assertion).kid;
const signingKid = async ({ keys }: KeyNode) => kidOf(await keys.sign(claims));

describe("a restart on the same database", () => {
  test("finds the same keys, and assertions from before go on to verify", async () => {
    const database = await ownDatabase();
    const before = await startedNode(database);
    const assertion = await before.keys.sign(claims);
    await before.keys.rotate(operator);
    const kids = await before.kids();
    await before.close();

    const after = await startedNode(database);
    expect(await after.kids()).toEqual(kids);
    expect(await after.keys.verify(assertion)).toEqual(claims);
    expect(await signingKid(after)).toBe(kidOf(assertion));
    expect(await after.store.listAudit({ limit: 10 })).toHaveLength(2);
  });
});

describe("a changed secret", () => {
  const serviceOn = (database: TestDatabase, secrets: string[]) =>
    agentAuth({
      issuer: "https://notes.example",
      resourceName: "Notes",
      scopes: { "api.read": "Read your notes" },
      secrets,
      storage: database.storage,
      accounts: { currentUser: () => null, loginUrl: () => "/login", findById: () => null },
      logger: silence,
      backgroundWork: false,
    });

  test("fails the start with a sentence that names the option, and changes nothing", async () => {
    const database = await ownDatabase();
    const before = await startedNode(database);
    const stored = await before.store.listSigningKeys();
    const service = serviceOn(database, ["somebody else's secret, thirty-two bytes or more"]);
    const failure = await service.ready().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(WrongSecretError);
    expect((failure as Error).message).toMatch(/`secrets`.* last entry of `secrets`/);
    expect((failure as Error).message).not.toContain("somebody");
    expect(await service.health()).toEqual({ ok: false, database: true });
    await service.close();
    expect(await before.store.listSigningKeys()).toEqual(stored);
  });

  test("starts with the older one in second place, and seals the next key with the new one", async () => {
    const database = await ownDatabase();
    const before = await startedNode(database, { secrets: [olderSecret] });
    const assertion = await before.keys.sign(claims);
    await before.close();

    const clock = fixedClock();
    const after = await startedNode(database, { secrets: [secret, olderSecret], clock });
    expect(await after.keys.verify(assertion)).toEqual(claims);
    expect(await signingKid(after)).toBe(kidOf(assertion));
    const { kid } = await after.keys.rotate(operator);
    const [underNew, underOld] = await after.privateHalves([secret]);
    expect([underNew === null, underOld === null]).toEqual([false, true]);
    await after.close();

    clock.advance(publishedBeforeUseSeconds);
    const later = await startedNode(database, { secrets: [secret], clock });
    expect(await signingKid(later)).toBe(kid);
    expect(await later.keys.verify(assertion)).toEqual(claims);
  });

  test("starts a service as ready as any, with the older one in second place", async () => {
    const database = await ownDatabase();
    await startedNode(database, { secrets: [olderSecret] });
    const service = serviceOn(database, [secret, olderSecret]);
    await expect(service.ready()).resolves.toBeUndefined();
    expect(await service.health()).toEqual({ ok: true, database: true });
    await service.close();
  });
});

describe("rotations", () => {
  test("in one second keep their order, and each is used in its turn", async () => {
    const node = await startedNode(await ownDatabase());
    const made = [await signingKid(node)];
    const starts: number[] = [];
    for (let time = 0; time < 4; time += 1) {
      const { kid, signsFrom } = await node.keys.rotate(operator);
      made.push(kid);
      starts.push(signsFrom - node.clock.now());
    }
    expect(starts).toEqual([300, 301, 302, 303]);
    expect(await node.kids()).toEqual([...made].reverse());
    node.clock.advance(299);
    for (const kid of made) {
      expect(await signingKid(node)).toBe(kid);
      node.clock.advance(1);
    }
  });

  test("at once on two nodes leave one order that both agree on", async () => {
    const database = await ownDatabase();
    const nodes = [await startedNode(database), await startedNode(database)] as const;
    const rotated = await Promise.all(nodes.map(({ keys }) => keys.rotate(operator)));
    const stored = await nodes[0].store.listSigningKeys();
    expect(new Set(stored.map(({ signsFrom }) => signsFrom)).size).toBe(stored.length);
    for (const { kid, signsFrom } of rotated)
      expect(stored).toContainEqual(expect.objectContaining({ kid, signsFrom }));
    for (const { clock } of nodes) clock.advance(400);
    expect(await signingKid(nodes[0])).toBe(stored[0]?.kid);
    expect(await signingKid(nodes[1])).toBe(stored[0]?.kid);
  });
});

describe("two nodes on one database", () => {
  test("that start at once create one key", async () => {
    const database = await ownDatabase();
    const nodes = [keyNode(database), keyNode(database), keyNode(database)];
    await Promise.all(nodes.map(({ keys }) => keys.start()));
    const [first, ...others] = await Promise.all(nodes.map(({ kids }) => kids()));
    expect(first).toHaveLength(1);
    for (const other of others) expect(other).toEqual(first);
  });

  test("verify each other's assertions, before and after one of them rotated", async () => {
    const database = await ownDatabase();
    const clock = fixedClock();
    const [a, b] = [await startedNode(database, { clock }), await startedNode(database, { clock })];
    expect(await b.keys.verify(await a.keys.sign(claims))).toEqual(claims);
    const { kid } = await a.keys.rotate(operator);
    clock.advance(publishedBeforeUseSeconds);
    const assertion = await a.keys.sign(claims);
    expect(kidOf(assertion)).toBe(kid);
    expect(await b.keys.verify(assertion)).toEqual(claims);
    expect(await signingKid(b)).toBe(kid);
  });

  test("publish a key of the other well before it signs", async () => {
    const database = await ownDatabase();
    const clock = fixedClock();
    const [a, b] = [await startedNode(database, { clock }), await startedNode(database, { clock })];
    const { kid } = await a.keys.rotate(operator);
    clock.advance(60);
    expect(await b.kids()).toContain(kid);
    expect(await signingKid(b)).not.toBe(kid);
  });

  test("whose clocks differ verify the other's new key although they would not use it yet", async () => {
    const database = await ownDatabase();
    const [a, b] = [await startedNode(database), await startedNode(database)];
    await a.keys.rotate(operator);
    a.clock.advance(publishedBeforeUseSeconds);
    b.clock.advance(30);
    expect(await b.keys.verify(await a.keys.sign(claims))).toEqual(claims);
  });
});

describe("a clock that jumps back", () => {
  test.each([1, 3600, 10 * 365 * 86_400])(
    "by %i seconds leaves signing and verifying as they were",
    async (jump) => {
      const node = await startedNode(await ownDatabase());
      const before = await node.keys.sign(claims);
      node.clock.advance(-jump);
      expect(await node.keys.verify(before)).toEqual(claims);
      const after = await node.keys.sign(claims);
      expect(kidOf(after)).toBe(kidOf(before));
      expect(await node.keys.verify(after)).toEqual(claims);
    },
  );

  test("after a rotation goes back to the key before, and both verify; a restart changes nothing", async () => {
    const database = await ownDatabase();
    const node = await startedNode(database);
    const first = await signingKid(node);
    await node.keys.rotate(operator);
    node.clock.advance(publishedBeforeUseSeconds);
    const assertion = await node.keys.sign(claims);
    node.clock.advance(-86_400);
    expect(await signingKid(node)).toBe(first);
    expect(await node.keys.verify(assertion)).toEqual(claims);
    const restarted = await startedNode(database, { clock: node.clock });
    expect(await signingKid(restarted)).toBe(first);
    expect(await restarted.keys.verify(assertion)).toEqual(claims);
  });

  test("does not break the order of rotations", async () => {
    const node = await startedNode(await ownDatabase());
    const { kid: second } = await node.keys.rotate(operator);
    node.clock.advance(-3600);
    const { kid: third, signsFrom } = await node.keys.rotate(operator);
    expect((await node.kids()).slice(0, 2)).toEqual([third, second]);
    node.clock.set(signsFrom);
    expect(await signingKid(node)).toBe(third);
  });
});
