/** Owns the part of the contract about forgetting: what is old enough goes, in bounded batches, and nothing else. */
import assert from "node:assert/strict";
import type { Registration } from "../../protocol/model.js";
import { aLink, aMail, anAttempt, anAuditEvent, aToken, someTime } from "../builders.js";
import {
  assertSame,
  auditOf,
  eventOf,
  now,
  openClaim,
  race,
  revoked,
  type Suite,
  store as storeRegistration,
} from "./suite.js";

/** Describes what the sweeper forgets. */
export function describeRetention(suite: Suite): void {
  suite.describe("deleteEndedRegistrations", () => {
    const over: [string, Partial<Registration>][] = [
      ["revoked", { revokedAt: now - 1, revokedBy: "user", revokedReason: "user_request" }],
      ["expired", { expiredAt: now - 1 }],
      ["past its end date", { endsAt: now - 1, claimedAt: someTime, userId: "user_alice" }],
    ];
    for (const [name, fields] of over)
      suite.it(
        `deletes one that is ${name}, with attempts and tokens, and keeps its audit events`,
        async () => {
          const store = suite.store();
          const { registration, attempt } = await openClaim(store, { registration: {} });
          const token = aToken({ registrationId: registration.id });
          await store.issueAccessToken({
            token,
            now: someTime,
            audit: [eventOf(registration, "token.issued")],
          });
          assert.equal(await store.deleteEndedRegistrations(now, 10), 0);
          const ended = await storeRegistration(store, fields);
          assert.equal(await store.deleteEndedRegistrations(now - 1, 10), 0);
          assert.equal(await store.deleteEndedRegistrations(now, 10), 1);
          assert.equal(await store.findRegistration(ended.id), null);
          assertSame(await store.findRegistration(registration.id), registration);
          await store.endRegistration({
            ...{ registrationId: registration.id, as: "revoked", actor: { kind: "user", id: "u" } },
            ...{
              reason: "user_request",
              now: someTime,
              audit: [eventOf(registration, "registration.revoked")],
            },
          });
          assert.equal(await store.deleteEndedRegistrations(now, 10), 1);
          assert.equal(await store.findRegistration(registration.id), null);
          assert.equal(await store.findAttempt(attempt.id), null);
          assert.equal(await store.findAccessToken(token.hash), null);
          assertSame(await auditOf(store, registration), ["token.issued", "registration.revoked"]);
        },
      );

    suite.it("keeps what an operator has stopped: it must not turn into a new beginning", async () => {
      const store = suite.store();
      const { issuer, subject } = aLink();
      const person = { kind: "identity_assertion", issuer, subject, claimTokenHash: null } as const;
      const stopped = [
        await storeRegistration(store, { ...revoked, suspendedAt: someTime }),
        await storeRegistration(store, { ...person, userId: "u", claimedAt: someTime, endsAt: now - 1 }),
        await storeRegistration(store, { ...revoked, issuer, subject, endsAt: now + 1 }),
      ];
      assert.equal(await store.deleteEndedRegistrations(now, 10), 0);
      for (const one of stopped) assertSame(await store.findRegistration(one.id), one);
      const free = await storeRegistration(store, { ...revoked, endsAt: now - 1 });
      assert.equal(await store.deleteEndedRegistrations(now, 10), 1);
      assert.equal(await store.findRegistration(free.id), null);
    });

    suite.it("deletes the longest over first, at most as many as asked, each once", async () => {
      const store = suite.store();
      const ended = await Promise.all(
        Array.from({ length: 30 }, (_, place) =>
          storeRegistration(store, { ...revoked, revokedAt: someTime - place }),
        ),
      );
      assert.equal(await store.deleteEndedRegistrations(now, 1), 1);
      assert.equal(await store.findRegistration(ended[29]?.id as string), null);
      const deleted = await race(() => store.deleteEndedRegistrations(now, 4));
      assert.equal(
        deleted.reduce((sum, count) => sum + count, 0),
        29,
      );
    });
  });

  suite.describe("deleteOldAudit", () => {
    suite.it("deletes the oldest events before the moment, at most as many as asked", async () => {
      const store = suite.store();
      const times = [now - 3, now - 2, now - 1, now];
      for (const at of times) await store.appendAudit([anAuditEvent({ at, type: "claim.viewed" })]);
      assert.equal(await store.deleteOldAudit(now, 2), 2);
      const left = await store.listAudit({ type: "claim.viewed", limit: 10 });
      assertSame(
        left.map(({ at }) => at),
        [now - 1, now],
      );
      assert.equal(await store.deleteOldAudit(now, 10), 1);
      assert.equal(await store.deleteOldAudit(now, 10), 0);
    });
  });

  suite.describe("forgetLoginHints", () => {
    suite.it("empties hints once attempt and claim window are over, at most as many as asked", async () => {
      const store = suite.store();
      const lapsed = { registration: { claimExpiresAt: now - 1 }, attempt: { expiresAt: now - 1 } };
      const old = [await openClaim(store, lapsed), await openClaim(store, lapsed)];
      const waiting = await openClaim(store, { ...lapsed, registration: { claimExpiresAt: now } });
      const open = await openClaim(store, { ...lapsed, attempt: { expiresAt: now } });
      const hints = () =>
        Promise.all(
          [...old, waiting, open].map(
            async ({ attempt }) => (await store.findAttempt(attempt.id))?.loginHint,
          ),
        );
      const hint = anAttempt().loginHint;
      assert.equal(await store.forgetLoginHints(now, 1), 1);
      assert.equal((await hints()).filter((left) => left === "").length, 1);
      assert.equal(await store.forgetLoginHints(now, 10), 1);
      assertSame(await hints(), ["", "", hint, hint]);
      assert.equal(await store.forgetLoginHints(now, 10), 0);
    });
  });

  suite.describe("deleteOldMail", () => {
    suite.it("leaves mail that waits, however old it is", async () => {
      const store = suite.store();
      await store.queueMail({ mail: aMail(), registrationId: null, now: someTime - 900_000 });
      assert.equal(await store.deleteOldMail(now, 10), 0);
    });
  });
}
