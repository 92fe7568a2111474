/** Owns the part of the contract about pages: complete, in order, flat, and behind cursors that cannot be abused. */
import assert from "node:assert/strict";
import { longestScan } from "../../admin-queries-port.js";
import { aRegistration, someTime } from "../builders.js";
import { type AdminSuite, expectedIds, now, someRegistrations, storeAll, walkAll } from "./suite.js";

const encoded = (content: unknown) => Buffer.from(JSON.stringify(content)).toString("base64url");

const badCursors = [
  "",
  "no cursor",
  "'; DROP TABLE registrations; --",
  "\0",
  "a".repeat(1_000_000),
  encoded(null),
  encoded({}),
  encoded([]),
  encoded(["created"]),
  encoded(["created", "1", "reg_1"]),
  encoded(["created", 1.5, "reg_1"]),
  encoded(["created", 1e300, "reg_1"]),
  encoded(["created", 1, null]),
  encoded(["created", 1, "reg_1", "more"]),
  encoded(["created", "after", 1]),
  encoded(["created", "after", "1", "reg_1"]),
  encoded(["created", "between", 1, "reg_1"]),
  encoded(["last_used", "after", someTime, "reg_1"]),
  encoded(["last_used", someTime, "reg_1"]),
  encoded(["audit", 1]),
];

/** Describes the pages of listRegistrations. */
export function describePaging(suite: AdminSuite): void {
  const newest = { filter: {}, sort: "created", direction: "newest", now } as const;

  suite.describe("a walk over all pages", () => {
    for (const sort of ["created", "last_used"] as const)
      for (const direction of ["newest", "oldest"] as const)
        suite.it(
          `gives every row once, in order, while others are written: ${sort}, ${direction}`,
          async () => {
            const before = someRegistrations(120, 21);
            await storeAll(suite.store(), before);
            const late = someRegistrations(60, 22);
            for (const limit of [1, 7, 120]) {
              const rows = await walkAll(
                (page) => suite.queries().listRegistrations({ filter: {}, sort, direction, now, ...page }),
                limit,
                () => storeAll(suite.store(), late.splice(0, 1)),
              );
              const known = new Set(before.map(({ id }) => id));
              const ids = rows.map(({ id }) => id);
              assert.equal(new Set(ids).size, ids.length);
              assert.equal(
                ids.filter((id) => known.has(id)).join(),
                expectedIds(before, {}, sort, direction).join(),
              );
            }
          },
        );

    suite.it("ends with a last page that has no next, also when it is full", async () => {
      await storeAll(suite.store(), someRegistrations(6, 2));
      const first = await suite.queries().listRegistrations({ ...newest, after: null, limit: 3 });
      const second = await suite.queries().listRegistrations({ ...newest, after: first.next, limit: 3 });
      assert.ok(first.next);
      assert.equal(second.rows.length, 3);
      assert.equal(second.next, null);
    });
  });

  suite.describe("a cursor", () => {
    suite.it("counts as none when it is malformed, made up or another listing's", async () => {
      await storeAll(suite.store(), someRegistrations(20, 6));
      const page = { ...newest, after: null, limit: 5 };
      const expected = JSON.stringify(await suite.queries().listRegistrations(page));
      for (const after of badCursors) {
        const answer = await suite.queries().listRegistrations({ ...page, after });
        assert.equal(JSON.stringify(answer), expected, after.slice(0, 40));
        const before = await suite.queries().listRegistrations({ ...page, before: after });
        assert.equal(JSON.stringify(before), expected, after.slice(0, 40));
        await suite.queries().pageAudit({}, { after, limit: 5 });
        await suite.queries().pageDelegations({}, { after, limit: 5 });
        await suite.queries().pageMail({}, { after, limit: 5 });
      }
    });

    suite.it("does not depend on its row being there, or meeting the filter", async () => {
      const registrations = someRegistrations(40, 8);
      await storeAll(suite.store(), registrations);
      const first = await suite.queries().listRegistrations({ ...newest, after: null, limit: 10 });
      const filter = { kind: "anonymous" } as const;
      const rest = await suite
        .queries()
        .listRegistrations({ ...newest, filter, after: first.next, limit: 100 });
      const seen = new Set(first.rows.map(({ id }) => id));
      const expected = expectedIds(registrations, filter, "created", "newest").filter((id) => !seen.has(id));
      assert.equal(rest.rows.map(({ id }) => id).join(), expected.join());
    });
  });

  suite.describe("a combination that hardly anything meets", () => {
    suite.it("is walked in few pages, and what is rare by itself is on the first", async () => {
      const [issuer, ip] = ["https://a.example", "192.0.2.1"];
      for (let number = 0; number < 2 * longestScan + 200; number += 1) {
        // Older ones carry the issuer, newer ones have the address, none has both.
        const isOlder = number < longestScan + 100;
        const isRare = number < 2;
        const registration = aRegistration({
          ...{ createdAt: someTime + number, lastUsedAt: someTime + (number % 100) },
          ...{
            clientName: isRare ? "rare" : "common",
            createdIp: isRare ? "192.0.2.9" : isOlder ? null : ip,
          },
          ...(isOlder ? { issuer, subject: `subject_${number}` } : {}),
        });
        await suite.store().createRegistration({ registration, attempt: null, audit: [] });
      }
      for (const sort of ["created", "last_used"] as const) {
        const listing = { ...newest, sort, filter: { issuer, ip } };
        let pages = 0;
        const rows = await walkAll((page) => {
          pages += 1;
          return suite.queries().listRegistrations({ ...listing, ...page });
        }, 10);
        assert.equal(rows.length, 0);
        assert.ok(pages < 20, `${pages} pages without a row`);
      }
      // What is rare by itself is found on the first page, in whatever order.
      for (const sort of ["created", "last_used"] as const)
        for (const rare of [{ ip: "192.0.2.9" }, { clientName: "RARE" }]) {
          const listing = {
            ...newest,
            sort,
            filter: { issuer, ...rare },
            after: null,
            limit: 10,
          };
          assert.equal((await suite.queries().listRegistrations(listing)).rows.length, 2);
        }
    });
  });
}
