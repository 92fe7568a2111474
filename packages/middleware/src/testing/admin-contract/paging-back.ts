/** Owns the part of the contract about turning pages back: the same pages, every row once, and an end at either side. */
import assert from "node:assert/strict";
import type { PageRequest, RegistrationFilter } from "../../admin-queries-port.js";
import type { Registration } from "../../protocol/model.js";
import { aLink, aMail, anAuditEvent, aRegistration, someTime } from "../builders.js";
import {
  type AdminSuite,
  dice,
  expectedIds,
  now,
  someRegistrations,
  storeAll,
  walkThereAndBack,
} from "./suite.js";

const orders = (["created", "last_used"] as const).flatMap((sort) =>
  (["newest", "oldest"] as const).map((direction) => ({ sort, direction })),
);
const filters: RegistrationFilter[] = [
  {},
  { status: "claimed" },
  { clientName: "ex" },
  { issuer: "https://a.example", kind: "identity_assertion" },
];
const idOf = ({ id }: Registration) => id;

/** Describes `before` and `previous` of every listing. */
export function describePagingBack(suite: AdminSuite): void {
  const reader = (listing: { filter: RegistrationFilter } & (typeof orders)[number]) => (page: PageRequest) =>
    suite.queries().listRegistrations({ ...listing, now, ...page });

  suite.describe("turning pages back", () => {
    for (const order of orders)
      suite.it(
        `gives the same pages as turning them forward: ${order.sort}, ${order.direction}`,
        async () => {
          const registrations = someRegistrations(130, 31);
          await storeAll(suite.store(), registrations);
          for (const filter of filters)
            for (const limit of [1, 7, 13, 200]) {
              const { there, back } = await walkThereAndBack(reader({ filter, ...order }), idOf, limit);
              const expected = expectedIds(registrations, filter, order.sort, order.direction);
              assert.equal(there.flat().join(), expected.join());
              assert.equal(JSON.stringify(back.reverse()), JSON.stringify(there.slice(0, -1)));
            }
        },
      );

    suite.it("meets every row that stays once in each direction, whatever comes and goes", async () => {
      for (let seed = 1; seed <= 24; seed += 1) {
        const { below, oneOf } = dice(seed);
        const order = oneOf(orders);
        const claimed = (number: number) =>
          aRegistration({
            ...{ claimedAt: someTime, userId: `user_${seed}`, createdAt: someTime + below(40) },
            lastUsedAt: someTime + below(40) + number,
          });
        const registrations = Array.from({ length: 40 }, (_, number) => claimed(number % 3));
        await storeAll(suite.store(), registrations);
        const staying = new Set(registrations.map(idOf));
        const change = async () => {
          const some = oneOf(registrations);
          const audit: [] = [];
          if (below(3) === 0) await storeAll(suite.store(), [claimed(0)]);
          else if (below(2) === 0) {
            staying.delete(some.id);
            await suite.store().setSuspended({ registrationId: some.id, suspended: true, now, audit });
          } else {
            // Only sorted by use does a row move by being used.
            if (order.sort === "last_used") staying.delete(some.id);
            const uses = [{ registrationId: some.id, at: someTime + 30 + below(60), scopes: [] }];
            await suite.store().recordUse(uses);
          }
        };
        const filter = { userId: `user_${seed}`, status: "claimed" } as const;
        const read = reader({ filter, ...order });
        const { there, back } = await walkThereAndBack(read, idOf, 1 + below(9), change);
        const expected = expectedIds(registrations, { userId: filter.userId }, order.sort, order.direction);
        const stayed = expected.filter((id) => staying.has(id));
        const met = there.flat().filter((id) => staying.has(id));
        assert.equal(met.join(), stayed.join(), `seed ${seed}, there`);
        const last = new Set(there.at(-1));
        const metAgain = back
          .reverse()
          .flat()
          .filter((id) => staying.has(id));
        const expectedAgain = stayed.filter((id) => !last.has(id));
        assert.equal(metAgain.join(), expectedAgain.join(), `seed ${seed}, back`);
      }
    });

    suite.it("ends where the listing starts, also when what came before has gone", async () => {
      const registrations = Array.from({ length: 4 }, (_, number) =>
        aRegistration({ claimedAt: someTime, userId: "user_alice", createdAt: someTime + number }),
      );
      await storeAll(suite.store(), registrations);
      const read = reader({ filter: { status: "claimed" }, sort: "created", direction: "oldest" });
      const first = await read({ after: null, limit: 2 });
      assert.equal(first.previous, null);
      const second = await read({ after: first.next, limit: 2 });
      assert.ok(second.previous);
      assert.equal(second.next, null);
      for (const { id } of registrations.slice(0, 2))
        await suite.store().setSuspended({ registrationId: id, suspended: true, now, audit: [] });
      const now1st = await read({ after: first.next, limit: 2 });
      assert.equal(now1st.rows.map(idOf).join(), second.rows.map(idOf).join());
      assert.equal(now1st.previous, null);
      const before = await read({ after: null, before: second.previous, limit: 2 });
      assert.deepEqual([before.rows.length, before.previous], [0, null]);
      assert.ok(before.next);
      const again = await read({ after: before.next, limit: 2 });
      assert.equal(again.rows.map(idOf).join(), second.rows.map(idOf).join());
    });

    suite.it("leads back from a page whose rows have gone", async () => {
      const registrations = Array.from({ length: 4 }, (_, number) =>
        aRegistration({ claimedAt: someTime, userId: "user_alice", createdAt: someTime + number }),
      );
      await storeAll(suite.store(), registrations);
      const read = reader({ filter: { status: "claimed" }, sort: "created", direction: "oldest" });
      const first = await read({ after: null, limit: 2 });
      for (const { id } of registrations.slice(2))
        await suite.store().setSuspended({ registrationId: id, suspended: true, now, audit: [] });
      const gone = await read({ after: first.next, limit: 2 });
      assert.deepEqual([gone.rows.length, gone.next], [0, null]);
      const back = await read({ after: null, before: gone.previous, limit: 2 });
      assert.equal(back.rows.map(idOf).join(), first.rows.map(idOf).join());
      assert.deepEqual([back.previous, back.next], [null, null]);
    });

    suite.it("counts only where no start is given", async () => {
      await storeAll(suite.store(), someRegistrations(9, 4));
      const read = reader({ filter: {}, sort: "created", direction: "newest" });
      const first = await read({ after: null, limit: 3 });
      const second = await read({ after: first.next, limit: 3 });
      const both = await read({ after: first.next, before: second.previous, limit: 3 });
      assert.equal(both.rows.map(idOf).join(), second.rows.map(idOf).join());
    });
  });

  suite.describe("turning pages back in the other listings", () => {
    suite.it("gives the same pages: audit, delegations, mail", async () => {
      const store = suite.store();
      for (let number = 0; number < 23; number += 1) {
        const [issuer, subject] = [`https://${"ab"[number % 2]}.example`, `subject_${(number * 7) % 23}`];
        const terms = aLink({ issuer, subject, userId: `user_${number % 2}` });
        const who = { kind: "identity_assertion", issuer, subject, userId: terms.userId } as const;
        const registration = aRegistration({ ...who, claimedAt: now });
        await store.admitByIdJag({ terms, link: true, registration, now, audit: [] });
        await store.queueMail({ mail: aMail(), registrationId: "reg_1", now: now + number });
        const type = number % 3 === 0 ? "claim.viewed" : "token.issued";
        await store.appendAudit([anAuditEvent({ type, at: someTime + number, registrationId: "reg_1" })]);
      }
      const queries = suite.queries();
      const numbered = ({ id }: { id: number }) => String(id);
      const walks = [4, 23, 50].flatMap((limit) => [
        walkThereAndBack((page) => queries.pageAudit({}, page), numbered, limit),
        walkThereAndBack((page) => queries.pageAudit({ type: "token.issued" }, page), numbered, limit),
        walkThereAndBack(
          (page) => queries.pageAudit({ from: someTime + 5, before: someTime + 15 }, page),
          numbered,
          limit,
        ),
        walkThereAndBack((page) => queries.pageMail({}, page), numbered, limit),
        walkThereAndBack((page) => queries.pageMail({ state: "waiting" }, page), numbered, limit),
        walkThereAndBack(
          (page) => queries.pageDelegations({}, page),
          ({ subject }) => subject,
          limit,
        ),
        walkThereAndBack(
          (page) => queries.pageDelegations({ userId: "user_1" }, page),
          ({ subject }) => subject,
          limit,
        ),
      ]);
      for (const { there, back } of await Promise.all(walks)) {
        assert.ok(there.flat().length > 0);
        assert.equal(JSON.stringify(back.reverse()), JSON.stringify(there.slice(0, -1)));
      }
    });
  });
}
