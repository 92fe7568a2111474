/** Owns the part of the contract about filters: alone, in pairs, in any order, and whatever is put into them. */
import assert from "node:assert/strict";
import type { RegistrationFilter } from "../../admin-queries-port.js";
import { statuses } from "../../protocol/state.js";
import { someTime } from "../builders.js";
import { type AdminSuite, expectedIds, now, someRegistrations, storeAll, walkAll } from "./suite.js";

const orders = [
  ["created", "newest"],
  ["created", "oldest"],
  ["last_used", "newest"],
  ["last_used", "oldest"],
] as const;

const filters: RegistrationFilter[] = [
  ...statuses.map((status) => ({ status })),
  ...(["anonymous", "service_auth", "identity_assertion"] as const).map((kind) => ({ kind })),
  ...["user_alice", "user_of_nobody"].map((userId) => ({ userId })),
  ...["example", "EXAMPLE A", "100%", "example_", "Ä", "o'neil \"", ""].map((clientName) => ({ clientName })),
  ...["https://a.example", "https://a.example/"].map((issuer) => ({ issuer })),
  ...["192.0.2.1", "2001:db8::1", "192.0.2"].map((ip) => ({ ip })),
  ...["api.read", "api", "admin", "api.delete"].map((scope) => ({ scope })),
  { createdFrom: someTime + 20 },
  { createdBefore: someTime + 20 },
  { createdFrom: someTime + 10, createdBefore: someTime + 30 },
  { lastUsedFrom: someTime + 20 },
  { lastUsedBefore: someTime + 20 },
  { lastUsedFrom: someTime + 10, lastUsedBefore: someTime + 30 },
];

const hostile = [
  "'",
  '"',
  "' OR 1=1 --",
  "%",
  "_",
  "*",
  "\\",
  "\0",
  "api.read\0",
  "api.read api.write",
  " ",
  "\u{10ffff}",
  "\ud800",
  "a".repeat(100_000),
];

/** Describes the filters of listRegistrations. */
export function describeFiltering(suite: AdminSuite): void {
  const list = async (
    filter: RegistrationFilter,
    [sort, direction]: readonly ["created" | "last_used", "newest" | "oldest"],
  ) => {
    const read = suite.queries().listRegistrations;
    const rows = await walkAll((page) => read({ filter, sort, direction, now, ...page }));
    return rows.map(({ id }) => id);
  };

  suite.describe("listRegistrations filters", () => {
    suite.it("by nothing, by each filter and by each pair, in every order", async () => {
      const registrations = someRegistrations(400, 11);
      await storeAll(suite.store(), registrations);
      const some = registrations[7];
      assert.ok(some);
      const alone: RegistrationFilter[] = [...filters, { id: some.id }, { id: some.id.toUpperCase() }];
      const pairs = alone.flatMap((one, index) =>
        alone.slice(index + 1).map((other) => ({ ...one, ...other })),
      );
      for (const [index, filter] of [{}, ...alone, ...pairs].entries()) {
        // Every order alone; pairs take turns.
        const asked = index <= alone.length ? orders : orders.filter((_, turn) => turn === index % 4);
        for (const order of asked) {
          const expected = expectedIds(registrations, filter, order[0], order[1]);
          assert.equal((await list(filter, order)).join(), expected.join(), JSON.stringify([filter, order]));
        }
      }
    });

    suite.it("returns whole records", async () => {
      const [registration] = someRegistrations(1, 5);
      assert.ok(registration);
      await storeAll(suite.store(), [registration]);
      const listing = {
        filter: {},
        sort: "created",
        direction: "newest",
        now,
        after: null,
        limit: 10,
      } as const;
      const page = await suite.queries().listRegistrations(listing);
      assert.equal(
        JSON.stringify(page),
        JSON.stringify({ rows: [registration], next: null, previous: null }),
      );
    });

    suite.it("finds nothing for text that is nobody's, and never fails on it", async () => {
      await storeAll(suite.store(), someRegistrations(50, 3));
      for (const text of hostile) {
        for (const field of ["id", "userId", "issuer", "ip", "scope", "clientName"] as const)
          assert.equal(
            (await list({ [field]: text }, orders[0])).length,
            0,
            `${field}: ${text.slice(0, 20)}`,
          );
        assert.equal(
          (await suite.queries().pageAudit({ actorId: text }, { after: null, limit: 5 })).rows.length,
          0,
        );
        const found = await suite.queries().pageDelegations({ issuer: text }, { after: null, limit: 5 });
        assert.equal(found.rows.length, 0);
        assert.equal(await suite.queries().countByIssuer(text, 5), 0);
      }
    });

    suite.it("bounds its pages, however large they are asked for", async () => {
      await storeAll(suite.store(), someRegistrations(510, 4));
      for (const [limit, rows] of [
        [0, 1],
        [-1, 1],
        [Number.NaN, 1],
        [501, 500],
        [Number.POSITIVE_INFINITY, 500],
      ] as const) {
        const listing = { filter: {}, sort: "created", direction: "newest", now, after: null } as const;
        assert.equal((await suite.queries().listRegistrations({ ...listing, limit })).rows.length, rows);
      }
    });
  });
}
