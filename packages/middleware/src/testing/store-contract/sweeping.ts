/** Owns the part of the contract about the sweeper: what it finds, in which order, in batches that are bounded. */
import assert from "node:assert/strict";
import type { Registration } from "../../protocol/model.js";
import { aToken, someTime } from "../builders.js";
import { assertSame, now, race, revoked, type Suite, store as storeRegistration } from "./suite.js";

/** Describes findExpired, findUncollected and deleteExpiredTokens. */
export function describeSweeping(suite: Suite): void {
  suite.describe("findExpired", () => {
    suite.it("lists closed windows, oldest first, at most as many as asked", async () => {
      const store = suite.store();
      const boundary = await storeRegistration(store, { claimExpiresAt: now });
      const oldest = await storeRegistration(store, { claimExpiresAt: now - 9 });
      const middle = await storeRegistration(store, { claimExpiresAt: now - 1 });
      await storeRegistration(store, { claimExpiresAt: now + 1 });
      assertSame(await store.findExpired(now, 10), [oldest.id, middle.id, boundary.id]);
      assertSame(await store.findExpired(now, 2), [oldest.id, middle.id]);
    });

    suite.it("lists exactly what endRegistration would expire, so that no row blocks a batch", async () => {
      const store = suite.store();
      const over: Partial<Registration> = { claimExpiresAt: now };
      await storeRegistration(store, { ...over, claimedAt: someTime, userId: "user_alice" });
      await storeRegistration(store, { ...over, ...revoked });
      await storeRegistration(store, { ...over, expiredAt: someTime });
      await storeRegistration(store, { ...over, suspendedAt: someTime });
      await storeRegistration(store, { ...over, endsAt: someTime });
      await storeRegistration(store, { ...over, claimEndedAt: someTime, claimEndReason: "denied" });
      const found = await store.findExpired(now, 10);
      assert.equal(found.length, 3);
      for (const registrationId of found) {
        const end = { registrationId, as: "expired", reason: "window_over", now } as const;
        assert.equal(
          await store.endRegistration({ ...end, actor: { kind: "system", id: null }, audit: [] }),
          true,
        );
      }
      assertSame(await store.findExpired(now, 10), []);
    });
  });

  suite.describe("findUncollected", () => {
    const grace = 600;
    const claimed: Partial<Registration> = {
      userId: "user_alice",
      claimedAt: now - grace,
      claimExpiresAt: now,
      currentAttemptId: "att_confirmed",
    };

    suite.it(
      "lists claims nobody collected once window and grace are over, both boundaries included",
      async () => {
        const store = suite.store();
        const boundary = await storeRegistration(store, claimed);
        const oldest = await storeRegistration(store, { ...claimed, claimedAt: now - grace - 9 });
        await storeRegistration(store, { ...claimed, claimedAt: now - grace + 1 });
        await storeRegistration(store, { ...claimed, claimExpiresAt: now + 1 });
        assertSame(await store.findUncollected(now, grace, 10), [oldest.id, boundary.id]);
        assertSame(await store.findUncollected(now, grace, 1), [oldest.id]);
        assertSame(await store.findUncollected(now - 1, grace, 10), []);
      },
    );

    suite.it(
      "leaves out what is collected, revoked, unclaimed, or was claimed without an attempt",
      async () => {
        const store = suite.store();
        await storeRegistration(store, { ...claimed, collectedAt: now });
        await storeRegistration(store, { ...claimed, ...revoked });
        await storeRegistration(store, { ...claimed, claimedAt: null, userId: null });
        await storeRegistration(store, { ...claimed, currentAttemptId: null });
        assertSame(await store.findUncollected(now, grace, 10), []);
      },
    );
  });

  suite.describe("deleteExpiredTokens", () => {
    const tokens = async (expiries: number[]) => {
      const { id } = await storeRegistration(suite.store());
      const built = expiries.map((expiresAt) => aToken({ registrationId: id, expiresAt }));
      for (const token of built) await suite.store().issueAccessToken({ token, now: someTime, audit: [] });
      return built;
    };

    suite.it("deletes what expired before the moment, not in it", async () => {
      const [before, boundary, after] = await tokens([now - 1, now, now + 1]);
      assert.equal(await suite.store().deleteExpiredTokens(now, 10), 1);
      assert.ok(before && boundary && after);
      assert.equal(await suite.store().findAccessToken(before.hash), null);
      assert.notEqual(await suite.store().findAccessToken(boundary.hash), null);
      assert.notEqual(await suite.store().findAccessToken(after.hash), null);
    });

    suite.it("deletes at most as many as asked, the oldest first", async () => {
      const [youngest, oldest, middle] = await tokens([now - 1, now - 3, now - 2]);
      assert.equal(await suite.store().deleteExpiredTokens(now, 2), 2);
      assert.ok(youngest && oldest && middle);
      assert.equal(await suite.store().findAccessToken(oldest.hash), null);
      assert.equal(await suite.store().findAccessToken(middle.hash), null);
      assert.notEqual(await suite.store().findAccessToken(youngest.hash), null);
      assert.equal(await suite.store().deleteExpiredTokens(now, 2), 1);
      assert.equal(await suite.store().deleteExpiredTokens(now, 2), 0);
    });

    suite.it("deletes each token once, whoever sweeps", async () => {
      await tokens(Array.from({ length: 30 }, () => now - 1));
      const deleted = await race(() => suite.store().deleteExpiredTokens(now, 4));
      assert.equal(
        deleted.reduce((sum, count) => sum + count, 0),
        30,
      );
      assert.ok(deleted.every((count) => count <= 4));
    });
  });
}
