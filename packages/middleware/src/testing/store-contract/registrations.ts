/** Owns the part of the contract about registrations: birth, listing, use and suspension. */
import assert from "node:assert/strict";
import { anAttempt, aRegistration, someTime } from "../builders.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  eventOf,
  now,
  race,
  reread,
  revoked,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

/** Describes the verbs of a registration apart from claim and teardown. */
export function describeRegistrations(suite: Suite): void {
  suite.describe("createRegistration", () => {
    suite.it("stores the registration, its first attempt and their audit events", async () => {
      const store = suite.store();
      const registration = aRegistration();
      const attempt = anAttempt({ registrationId: registration.id });
      const audit = [eventOf(registration, "registration.created"), eventOf(registration, "claim.requested")];
      await store.createRegistration({ registration, attempt, audit });
      assertSame(await store.findRegistration(registration.id), registration);
      assertSame(await store.findAttempt(attempt.id), attempt);
      assertSame(await auditOf(store, registration), ["registration.created", "claim.requested"]);
    });

    suite.it("lets one of a crowd with the same id in", async () => {
      const { id } = aRegistration();
      const outcomes = await race(async () => {
        const registration = aRegistration({ id });
        const created = suite.store().createRegistration({ registration, attempt: null, audit: [] });
        return created.then(
          () => "created",
          () => "refused",
        );
      });
      assertOneWinner(outcomes, "created");
    });

    suite.it("refuses one of many at once alone, with its attempt and its audit events", async () => {
      const store = suite.store();
      const taken = await storeRegistration(store, {});
      const crowd = Array.from({ length: 21 }, (_, place) =>
        aRegistration(place === 10 ? { id: taken.id } : {}),
      );
      const attempts = crowd.map((registration) => anAttempt({ registrationId: registration.id }));
      const outcomes = await Promise.allSettled(
        crowd.map((registration, place) =>
          store.createRegistration({
            registration,
            attempt: attempts[place] as (typeof attempts)[number],
            audit: [eventOf(registration, "registration.created")],
          }),
        ),
      );
      const refused = outcomes.flatMap(({ status }, place) => (status === "rejected" ? [place] : []));
      assert.deepEqual(refused, [10]);
      for (const [place, registration] of crowd.entries()) {
        const isRefused = place === 10;
        assertSame(await store.findRegistration(registration.id), isRefused ? taken : registration);
        assertSame(
          await store.findAttempt(attempts[place]?.id as string),
          isRefused ? null : attempts[place],
        );
        assertSame(await auditOf(store, registration), isRefused ? [] : ["registration.created"]);
      }
    });
  });

  suite.describe("findRegistrationsByUser", () => {
    suite.it(
      "lists a user's own, newest first, revoked ones included, at most as many as asked",
      async () => {
        const store = suite.store();
        const owned = { userId: "user_alice", claimedAt: someTime };
        const older = await storeRegistration(store, { ...owned, createdAt: someTime - 10 });
        const newest = await storeRegistration(store, { ...owned, createdAt: someTime + 10 });
        const ended = await storeRegistration(store, { ...owned, ...revoked });
        await storeRegistration(store, { ...owned, userId: "user_bob" });
        assertSame(await store.findRegistrationsByUser("user_alice", 10), [newest, ended, older]);
        assertSame(await store.findRegistrationsByUser("user_alice", 2), [newest, ended]);
      },
    );
  });

  suite.describe("countClaimedByUser", () => {
    suite.it("counts what is claimed and not revoked, suspended ones too", async () => {
      const store = suite.store();
      const owned = { userId: "user_alice", claimedAt: someTime };
      await storeRegistration(store, owned);
      await storeRegistration(store, { ...owned, suspendedAt: someTime });
      await storeRegistration(store, { ...owned, ...revoked });
      await storeRegistration(store, { userId: "user_alice" });
      await storeRegistration(store, { ...owned, userId: "user_bob" });
      assert.equal(await store.countClaimedByUser("user_alice"), 2);
    });
  });

  suite.describe("recordUse", () => {
    const use = (registrationId: string, at: number, scopes: string[] = []) => ({
      registrationId,
      at,
      scopes,
    });

    suite.it("stores the newest time of many registrations and ignores unknown ones", async () => {
      const store = suite.store();
      const first = await storeRegistration(store);
      const second = await storeRegistration(store, { lastUsedAt: now });
      await store.recordUse([
        use(first.id, now),
        use(first.id, now - 1),
        use(second.id, now - 1),
        use("reg_nobody", now),
      ]);
      assertSame(await reread(store, first), { ...first, lastUsedAt: now });
      assertSame(await reread(store, second), second);
      await store.recordUse([use(second.id, now + 1)]);
      assert.equal((await reread(store, second)).lastUsedAt, now + 1);
    });

    suite.it("leaves out a time within the resolution of the stored one, and stores the next", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store);
      const fresh = await storeRegistration(store);
      for (const [at, stored] of [
        [now, now],
        [now + 1, now],
        [now + 60, now],
        [now - 300, now],
        [now + 61, now + 61],
        [now + 121, now + 61],
        [now + 300, now + 300],
      ] as const) {
        await store.recordUse([use(registration.id, at, ["api.read"])], 60);
        assert.equal((await reread(store, registration)).lastUsedAt, stored);
      }
      // One batch, two members: whoever is in time does not hold up the other.
      await store.recordUse([use(registration.id, now + 301), use(fresh.id, now + 301)], 60);
      assert.equal((await reread(store, registration)).lastUsedAt, now + 300);
      assert.equal((await reread(store, fresh)).lastUsedAt, now + 301);
    });

    suite.it("has nothing to do for an empty batch", async () => {
      await suite.store().recordUse([]);
    });

    suite.it("takes scopes that are held, that are not, and of nobody, and grants none", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store, { scopes: ["api.read"] });
      const scopes = ["api.read", "api.read", "api.write", "", "a".repeat(5000), "' OR 1=1 --"];
      await store.recordUse([use(registration.id, now, scopes), use("reg_nobody", now, scopes)]);
      assertSame(await reread(store, registration), { ...registration, lastUsedAt: now });
    });

    suite.it("keeps the newest time of a crowd", async () => {
      const registration = await storeRegistration(suite.store());
      await race((caller) => suite.store().recordUse([use(registration.id, now + ((caller * 7) % 20))]));
      assert.equal((await reread(suite.store(), registration)).lastUsedAt, now + 19);
    });
  });

  suite.describe("setSuspended", () => {
    const suspend = (registrationId: string) => ({ registrationId, suspended: true, now });
    const resume = (registrationId: string) => ({ registrationId, suspended: false, now: now + 1 });

    suite.it(
      "sets and clears the suspension, each with its audit event, and touches nothing else",
      async () => {
        const store = suite.store();
        const registration = await storeRegistration(store);
        const suspended = [eventOf(registration, "registration.suspended")];
        assert.equal(await store.setSuspended({ ...suspend(registration.id), audit: suspended }), true);
        assertSame(await reread(store, registration), { ...registration, suspendedAt: now });
        const resumed = [eventOf(registration, "registration.resumed")];
        assert.equal(await store.setSuspended({ ...resume(registration.id), audit: resumed }), true);
        assertSame(await reread(store, registration), registration);
        assertSame(await auditOf(store, registration), ["registration.suspended", "registration.resumed"]);
      },
    );

    suite.it("clears the suspension of one that was revoked meanwhile", async () => {
      const registration = await storeRegistration(suite.store(), { ...revoked, suspendedAt: someTime });
      assert.equal(await suite.store().setSuspended({ ...resume(registration.id), audit: [] }), true);
      assertSame(await reread(suite.store(), registration), { ...registration, suspendedAt: null });
    });

    const refusals = [
      ["suspends nothing twice", { suspendedAt: someTime }, suspend],
      ["resumes nothing that is not suspended", {}, resume],
      ["suspends nothing that is revoked", revoked, suspend],
    ] as const;
    for (const [title, overrides, change] of refusals) {
      suite.it(`${title}, and changes nothing`, async () => {
        const store = suite.store();
        const registration = await storeRegistration(store, overrides);
        const audit = [eventOf(registration, "registration.suspended")];
        const answer = await withoutEffect(store, { registrations: [registration] }, () =>
          store.setSuspended({ ...change(registration.id), audit }),
        );
        assert.equal(answer, false);
      });
    }

    suite.it("answers false for an unknown registration", async () => {
      const unknown = aRegistration();
      const audit = [eventOf(unknown, "registration.suspended")];
      await withoutEffect(suite.store(), {}, async () => {
        assert.equal(await suite.store().setSuspended({ ...suspend(unknown.id), audit }), false);
        assert.equal(await suite.store().setSuspended({ ...resume(unknown.id), audit }), false);
      });
    });

    suite.it("has one winner in a crowd, and one audit event", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store);
      const audit = [eventOf(registration, "registration.suspended")];
      assertOneWinner(await race(() => store.setSuspended({ ...suspend(registration.id), audit })), true);
      assert.equal((await auditOf(store, registration)).length, 1);
    });
  });
}
