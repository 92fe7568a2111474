/**
 * The listing of registrations on SQLite where every condition finds more than is read as a whole: one index is followed
 * and others are asked about its entries. The contract's few rows never get there.
 */
import type { RegistrationFilter, RegistrationListing } from "../../src/admin-queries-port.js";
import { mostRows } from "../../src/storage/sqlite/admin-walk.js";
import { openSqliteWithAdmin } from "../../src/storage/sqlite/open.js";
import {
  expectedIds,
  now,
  someRegistrations,
  storeAll,
  walkThereAndBack,
} from "../../src/testing/admin-contract/suite.js";
import { aRegistration, someTime } from "../../src/testing/builders.js";

const { store, queries } = openSqliteWithAdmin({ path: ":memory:", durability: "balanced" });
const registrations = someRegistrations(6000, 77);
beforeAll(() => storeAll(store, registrations), 60_000);
afterAll(() => store.close());

const conditions: RegistrationFilter[] = [
  { userId: "user_alice" },
  { clientName: "ex" },
  { issuer: "https://a.example" },
  { ip: "192.0.2.1" },
  { scope: "api.write" },
  { kind: "anonymous" },
  ...(["revoked", "suspended", "ended", "claimed", "expired", "pending_claim"] as const).map((status) => ({
    status,
  })),
  { createdFrom: someTime + 15, createdBefore: someTime + 40 },
  { lastUsedFrom: someTime + 5, lastUsedBefore: someTime + 30 },
];
const pairs = conditions.flatMap((one, index) =>
  conditions.slice(index + 1).map((other) => ({ ...one, ...other })),
);
const orders = (["created", "last_used"] as const).flatMap((sort) =>
  (["newest", "oldest"] as const).map((direction) => ({ sort, direction })),
);
type Order = (typeof orders)[number];
const list = (filter: RegistrationFilter, order: Order, page: Pick<RegistrationListing, "after" | "limit">) =>
  queries.listRegistrations({ filter, ...order, now, ...page });

it("has more rows of most conditions than are read as a whole", () => {
  const many = conditions.filter(
    (filter) => expectedIds(registrations, filter, "created", "newest").length > mostRows,
  );
  expect(many.length).toBeGreaterThan(8);
});

it("finds what every condition and every pair of them means, there and back, on full pages", async () => {
  for (const [index, filter] of [...conditions, ...pairs].entries()) {
    // Every order alone; pairs take turns.
    const asked = index < conditions.length ? orders : orders.filter((_, turn) => turn === index % 4);
    for (const order of asked) {
      const expected = expectedIds(registrations, filter, order.sort, order.direction);
      const { there, back } = await walkThereAndBack(
        (page) => list(filter, order, page),
        ({ id }) => id,
        500,
      );
      const where = { ...filter, ...order };
      expect([where, there.flat().join()]).toEqual([where, expected.join()]);
      const last = new Set(there.at(-1));
      const before = expected.filter((id) => !last.has(id));
      expect([where, back.reverse().flat().join()]).toEqual([where, before.join()]);
      const { rows } = await list(filter, order, { after: null, limit: 50 });
      expect([where, rows.map(({ id }) => id).join()]).toEqual([where, expected.slice(0, 50).join()]);
    }
  }
}, 60_000);

it("finds what lies at the far end of the order at once, there and back", async () => {
  const opened = openSqliteWithAdmin({ path: ":memory:", durability: "balanced" });
  const waiting = mostRows + 200;
  const made = Array.from({ length: 9000 + waiting }, (_, number) => {
    const isWaiting = number >= 9000;
    const at = someTime + number;
    return aRegistration({
      ...{ createdAt: at, lastUsedAt: at, claimExpiresAt: now + 1 },
      ...(isWaiting ? { currentAttemptId: "att_1" } : { claimedAt: at }),
    });
  });
  await storeAll(opened.store, made);
  const listing = {
    filter: { status: "pending_claim" },
    sort: "last_used",
    direction: "oldest",
    now,
  } as const;
  const expected = made.slice(9000).map(({ id }) => id);
  const first = await opened.queries.listRegistrations({ ...listing, after: null, limit: 50 });
  expect(first.rows.map(({ id }) => id)).toEqual(expected.slice(0, 50));
  const { there, back } = await walkThereAndBack(
    (page) => opened.queries.listRegistrations({ ...listing, ...page }),
    ({ id }) => id,
    300,
  );
  expect(there.flat()).toEqual(expected);
  // Whether anything comes before the first page is not looked for to the end.
  expect(back.reverse().filter((rows) => rows.length > 0)).toEqual(there.slice(0, -1));
  await opened.store.close();
}, 60_000);
