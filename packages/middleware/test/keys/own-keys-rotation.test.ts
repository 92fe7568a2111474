/** Rotations that meet: on one node, across a clock that jumps, and across a change of secrets. */

import { fixedClock } from "@agent-auth/middleware/testing";
import { describe, expect, test } from "@jest/globals";
import { claims, keyNode, olderSecret, operator, secret, startedNode } from "../support/key-nodes.js";
import { ownDatabase } from "../support/stages.js";

describe("rotation", () => {
  test("of one node asked for many times at once keeps one order, and the newest key is never retired", async () => {
    const node = await startedNode(await ownDatabase());
    await Promise.all(Array.from({ length: 20 }, () => node.keys.rotate(operator)));
    const [newest, ...older] = await node.store.listSigningKeys();
    expect(newest?.retiredAt).toBeNull();
    expect(older.every(({ retiredAt }) => retiredAt !== null)).toBe(true);
    const starts = [newest, ...older].map((key) => key?.signsFrom);
    expect(new Set(starts).size).toBe(starts.length);
  });

  test("on another node is seen at once by a node whose clock jumped back", async () => {
    const database = await ownDatabase();
    const clock = fixedClock();
    const [first, second] = [await startedNode(database), await startedNode(database, { clock })];
    clock.advance(-3600);
    await first.keys.rotate(operator);
    first.clock.advance(301);
    const assertion = await first.keys.sign(claims);
    expect(await second.keys.verify(assertion)).toEqual(claims);
  });

  test("under a secret a node does not have stops that node at its start, not when the key comes into use", async () => {
    const database = await ownDatabase();
    const old = await startedNode(database, { secrets: [olderSecret] });
    const changed = await startedNode(database, { secrets: [secret, olderSecret] });
    await changed.keys.rotate(operator);
    await old.close();
    await expect(keyNode(database, { secrets: [olderSecret] }).keys.start()).rejects.toThrow("`secrets`");
  });

  test("does not keep assertions of a deleted key alive", async () => {
    const node = await startedNode(await ownDatabase());
    const assertion = await node.keys.sign(claims);
    expect(await node.keys.verify(assertion)).toEqual(claims);
    await node.keys.rotate(operator);
    node.clock.advance(400);
    expect(await node.store.deleteRetiredKeys(node.clock.now())).toBe(1);
    expect(await node.keys.verify(assertion)).toBeNull();
  });
});
