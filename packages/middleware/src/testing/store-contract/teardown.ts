/** Owns the part of the contract about the one teardown: after it nothing of a registration can be used again. */
import assert from "node:assert/strict";
import type { Registration } from "../../protocol/model.js";
import { anAttempt, aRefreshFamily, aToken, someTime } from "../builders.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  type Claim,
  closedClaims,
  eventOf,
  now,
  openClaim,
  race,
  reread,
  revoked,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

const endings = ["revoked", "expired"] as const;
type Ending = (typeof endings)[number];

/** Describes endRegistration. */
export function describeTeardown(suite: Suite): void {
  const end = (registration: Registration, as: Ending, at = now) =>
    suite.store().endRegistration({
      registrationId: registration.id,
      as,
      actor: { kind: "operator", id: "op_1" },
      reason: "because",
      now: at,
      audit: [eventOf(registration, `registration.${as}`)],
    });
  const refuses = async (registration: Registration, as: Ending) => {
    const watched = { registrations: [registration] };
    assert.equal(await withoutEffect(suite.store(), watched, () => end(registration, as)), false);
  };

  async function assertNothingUsable({ registration, attempt }: Claim, at: number): Promise<void> {
    const store = suite.store();
    const ended = await reread(store, registration);
    const event = eventOf(registration, "claim.requested");
    const next = anAttempt({ registrationId: registration.id });
    const watched = { registrations: [registration], attempts: [attempt, next] };
    await withoutEffect(store, watched, async () => {
      const started = await store.startAttempt({
        attempt: next,
        pollInterval: 5,
        maxPerHour: 50,
        now: at,
        audit: [event],
      });
      assertSame(started, { outcome: "not_allowed" });
      const settle = { attemptId: attempt.id, registrationId: registration.id, now: at, audit: [event] };
      assert.equal(await store.denyClaim(settle), false);
      for (const { generation } of [registration, ended]) {
        const grant = { generation, userId: "user_alice", scopes: ["api.write"] };
        assert.equal(await store.confirmClaim({ ...settle, ...grant }), false);
        const token = aToken({ registrationId: registration.id, generation });
        assert.equal(await store.issueAccessToken({ token, now: at, audit: [event] }), false);
        assert.equal(
          await store.collectClaim({
            token,
            refreshFamily: aRefreshFamily({
              registrationId: token.registrationId,
              generation: token.generation,
            }),
            now: at,
            audit: [event],
          }),
          "not_allowed",
        );
      }
    });
  }

  suite.describe("endRegistration", () => {
    for (const as of endings) {
      suite.it(`as ${as} leaves nothing usable, even for a node whose clock is behind`, async () => {
        const store = suite.store();
        const claim = await openClaim(store, { registration: { claimExpiresAt: now } });
        const token = aToken({ registrationId: claim.registration.id });
        await store.issueAccessToken({ token, now: someTime, audit: [] });
        assert.equal(await end(claim.registration, as), true);
        const found = await store.findAccessToken(token.hash);
        assert.notEqual(found?.token.generation, found?.holder.generation);
        await assertNothingUsable(claim, now);
        await assertNothingUsable(claim, someTime);
      });

      suite.it(`as ${as} has one winner in a crowd, and one audit event`, async () => {
        const registration = await storeRegistration(suite.store(), { claimExpiresAt: now });
        assertOneWinner(await race(() => end(registration, as)), true);
        assert.equal((await reread(suite.store(), registration)).generation, registration.generation + 1);
        assertSame(await auditOf(suite.store(), registration), [`registration.${as}`]);
      });

      suite.it(`as ${as} answers false for an unknown and for a revoked registration`, async () => {
        const registration = await storeRegistration(suite.store(), { ...revoked, claimExpiresAt: now });
        await refuses(registration, as);
        await refuses({ ...registration, id: "reg_nobody" }, as);
      });
    }

    suite.it("as revoked records who and why, and a new generation", async () => {
      const registration = await storeRegistration(suite.store());
      assert.equal(await end(registration, "revoked"), true);
      assertSame(await reread(suite.store(), registration), {
        ...registration,
        revokedAt: now,
        revokedBy: "operator",
        revokedReason: "because",
        generation: 2,
      });
    });

    for (const [title, overrides] of closedClaims.filter(([name]) => name !== "revoked")) {
      suite.it(`as revoked works for a registration that is ${title}`, async () => {
        const registration = await storeRegistration(suite.store(), overrides);
        assert.equal(await end(registration, "revoked"), true);
      });
    }

    suite.it("as revoked kills what a claimed agent has not collected yet", async () => {
      const claim = await openClaim(suite.store(), {
        registration: { claimedAt: someTime, userId: "user_alice" },
        attempt: { confirmedAt: someTime },
      });
      await end(claim.registration, "revoked");
      await assertNothingUsable(claim, now);
    });

    suite.it("as expired notes the moment, from the boundary second of the window on", async () => {
      const registration = await storeRegistration(suite.store(), { claimExpiresAt: now });
      await withoutEffect(suite.store(), { registrations: [registration] }, async () => {
        assert.equal(await end(registration, "expired", now - 1), false);
      });
      assert.equal(await end(registration, "expired"), true);
      assertSame(await reread(suite.store(), registration), {
        ...registration,
        expiredAt: now,
        generation: 2,
      });
      await refuses(registration, "expired");
      assert.equal(await end(registration, "revoked"), true);
    });

    suite.it("as expired takes a suspended and an ended registration too", async () => {
      for (const overrides of [{ suspendedAt: someTime }, { endsAt: someTime }]) {
        const registration = await storeRegistration(suite.store(), { ...overrides, claimExpiresAt: now });
        assert.equal(await end(registration, "expired"), true);
      }
    });

    suite.it("as expired never touches a claimed registration", async () => {
      const claimed = { claimedAt: someTime, userId: "user_alice", claimExpiresAt: now };
      await refuses(await storeRegistration(suite.store(), claimed), "expired");
    });

    suite.it("against confirmClaim leaves no person with a dead grant unnoticed", async () => {
      const store = suite.store();
      const { registration, attempt } = await openClaim(store);
      const confirm = () =>
        store.confirmClaim({
          attemptId: attempt.id,
          registrationId: registration.id,
          generation: registration.generation,
          userId: "user_alice",
          scopes: [],
          now,
          audit: [eventOf(registration, "claim.confirmed")],
        });
      await race((caller) => (caller % 2 === 0 ? confirm() : end(registration, "revoked")));
      const { revokedAt, generation, claimedAt } = await reread(store, registration);
      assert.equal(revokedAt, now);
      assert.equal(generation, claimedAt === null ? 2 : 3);
      assert.equal((await auditOf(store, registration)).length, claimedAt === null ? 1 : 2);
    });
  });
}
