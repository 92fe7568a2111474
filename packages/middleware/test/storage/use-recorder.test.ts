/** The batch of last-used times between the guards and a real store. */
import { afterEach, beforeEach, expect, it, jest } from "@jest/globals";
import { openSqliteWithAdmin } from "../../src/storage/sqlite/open.js";
import { UseRecorder } from "../../src/system/use-recorder.js";
import { aRegistration } from "../../src/testing/builders.js";
import { fixedClock } from "../../src/testing/fixed-clock.js";

const clock = fixedClock();
const warnings: string[] = [];
const logger = { debug() {}, info() {}, warn: (_: object, text: string) => warnings.push(text), error() {} };
let opened: ReturnType<typeof openSqliteWithAdmin>;
let recorder: UseRecorder;
beforeEach(() => {
  opened = openSqliteWithAdmin({ path: ":memory:", durability: "balanced" });
  recorder = new UseRecorder({ store: opened.store, clock, logger });
  warnings.length = 0;
});
afterEach(() => opened.store.close());

async function stored(count: number): Promise<string[]> {
  const registrations = Array.from({ length: count }, () => aRegistration({ scopes: ["a", "b"] }));
  for (const registration of registrations)
    await opened.store.createRegistration({ registration, attempt: null, audit: [] });
  return registrations.map(({ id }) => id);
}

it("writes every one of many, and lets other work go on between", async () => {
  const ids = await stored(1300);
  const note = recorder.noteOf(["a"]);
  for (const id of ids) note(id);
  let turns = 0;
  let turning = setImmediate(function turn() {
    turns += 1;
    turning = setImmediate(turn);
  });
  await recorder.flush();
  clearImmediate(turning);
  expect(turns).toBeGreaterThan(1);
  const page = { after: null, limit: 500 };
  const unused = { filter: {}, sort: "last_used", direction: "newest", now: clock.now(), ...page } as const;
  expect((await opened.queries.listRegistrations(unused)).rows).toHaveLength(500);
  for (const id of ids) {
    expect((await opened.store.findRegistration(id))?.lastUsedAt).toBe(clock.now());
    expect(await opened.queries.listScopeUses(id)).toEqual([{ scope: "a", lastUsedAt: clock.now() }]);
  }
  expect(warnings).toEqual([]);
});

it("notes are the same for the same scopes, in whatever order, and apart for others", async () => {
  const [id = ""] = await stored(1);
  recorder.noteOf(["a", "b"])(id);
  clock.advance(61);
  recorder.noteOf(["b", "a", "b"])(id);
  clock.advance(61);
  recorder.noteOf(["b"])(id);
  const last = clock.now();
  await recorder.flush();
  expect(await opened.queries.listScopeUses(id)).toEqual([
    { scope: "a", lastUsedAt: last - 61 },
    { scope: "b", lastUsedAt: last },
  ]);
});

it("writes nothing twice, and a guard made before a batch goes on after it", async () => {
  const [id = ""] = await stored(1);
  const note = recorder.noteOf(["a"]);
  note(id);
  await recorder.flush();
  const first = clock.now();
  clock.advance(61);
  await recorder.flush();
  expect((await opened.store.findRegistration(id))?.lastUsedAt).toBe(first);
  note(id);
  await recorder.flush();
  expect((await opened.store.findRegistration(id))?.lastUsedAt).toBe(first + 61);
});

it("writes who calls all the time once a minute", async () => {
  const [id = ""] = await stored(1);
  const note = recorder.noteOf(["a"]);
  const first = clock.now();
  const seen = new Set<number | null | undefined>();
  const recordUse = jest.spyOn(opened.store, "recordUse");
  for (let second = 0; second <= 130; second += 10) {
    note(id);
    await recorder.flush();
    seen.add((await opened.store.findRegistration(id))?.lastUsedAt);
    clock.advance(10);
  }
  expect([...seen]).toEqual([first, first + 70]);
  // In between the database is not even asked.
  expect(recordUse.mock.calls.map(([uses]) => uses)).toEqual([
    [{ registrationId: id, at: first, scopes: ["a"] }],
    [{ registrationId: id, at: first + 70, scopes: ["a"] }],
  ]);
});

it("writes what comes after the clock was put back", async () => {
  const [one = "", other = ""] = await stored(2);
  const note = recorder.noteOf(["a"]);
  note(one);
  await recorder.flush();
  clock.advance(-86_400);
  note(other);
  await recorder.flush();
  expect((await opened.store.findRegistration(other))?.lastUsedAt).toBe(clock.now());
  clock.advance(86_500);
  note(one);
  note(other);
  await recorder.flush();
  for (const id of [one, other])
    expect((await opened.store.findRegistration(id))?.lastUsedAt).toBe(clock.now());
});

it("gives a batch up when the database does not answer, says so once, and goes on with the next", async () => {
  const [id = ""] = await stored(1);
  const note = recorder.noteOf([]);
  for (let number = 0; number < 1100; number += 1) note(`reg_${number}`);
  await opened.store.close();
  await recorder.flush();
  expect(warnings).toEqual(["last-used times could not be written"]);
  note(id);
  await recorder.flush();
  expect(warnings).toHaveLength(2);
});
