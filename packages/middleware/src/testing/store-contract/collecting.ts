/** Owns the part of the contract about polling for a claim and collecting it, once. */
import assert from "node:assert/strict";
import type { AccessToken, Registration } from "../../protocol/model.js";
import { aRefreshFamily, aToken, holderOf, someTime } from "../builders.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  crowd,
  eventOf,
  now,
  outOfStanding,
  race,
  reread,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

/** Describes recordPoll and collectClaim. */
export function describeCollecting(suite: Suite): void {
  suite.describe("recordPoll", () => {
    const poll = (registration: Registration, at: number) =>
      suite.store().recordPoll({ registrationId: registration.id, step: 5, ceiling: 12, now: at });

    suite.it("never calls the first poll early", async () => {
      const registration = await storeRegistration(suite.store());
      assertSame(await poll(registration, now), { early: false, interval: 5 });
      assertSame(await reread(suite.store(), registration), { ...registration, lastPolledAt: now });
    });

    suite.it("calls a poll early until the very second of the interval", async () => {
      const early = await storeRegistration(suite.store(), { lastPolledAt: now });
      assertSame(await poll(early, now + 4), { early: true, interval: 10 });
      const onTime = await storeRegistration(suite.store(), { lastPolledAt: now });
      assertSame(await poll(onTime, now + 5), { early: false, interval: 5 });
    });

    suite.it("measures from the last poll, early ones included, and grows up to the ceiling", async () => {
      const registration = await storeRegistration(suite.store(), { lastPolledAt: now });
      assertSame(await poll(registration, now + 1), { early: true, interval: 10 });
      assertSame(await poll(registration, now + 10), { early: true, interval: 12 });
      assertSame(await poll(registration, now + 11), { early: true, interval: 12 });
      assertSame(await poll(registration, now + 23), { early: false, interval: 12 });
      const { pollInterval, lastPolledAt } = await reread(suite.store(), registration);
      assertSame({ pollInterval, lastPolledAt }, { pollInterval: 12, lastPolledAt: now + 23 });
    });

    suite.it("never shrinks an interval that started above the ceiling", async () => {
      const registration = await storeRegistration(suite.store(), { pollInterval: 60, lastPolledAt: now });
      assertSame(await poll(registration, now), { early: true, interval: 60 });
    });

    suite.it("calls one of a crowd in time", async () => {
      const registration = await storeRegistration(suite.store());
      const answers = await race(() => poll(registration, now));
      assert.equal(answers.filter(({ early }) => !early).length, 1);
    });

    suite.it("is an error for an unknown registration", async () => {
      const registration = await storeRegistration(suite.store());
      await assert.rejects(poll({ ...registration, id: "reg_nobody" }, now));
    });
  });

  suite.describe("collectClaim", () => {
    const claimed = { userId: "user_alice", claimedAt: someTime, generation: 2 };
    const tokenOf = (registration: Registration, overrides: Partial<AccessToken> = {}) =>
      aToken({ registrationId: registration.id, generation: 2, ...overrides });
    const collect = (token: AccessToken, registration: Registration) =>
      suite.store().collectClaim({
        token,
        refreshFamily: aRefreshFamily({
          registrationId: token.registrationId,
          generation: token.generation,
        }),
        now,
        audit: [eventOf(registration, "token.issued")],
      });

    suite.it("marks the claim as collected and stores its first token", async () => {
      const registration = await storeRegistration(suite.store(), claimed);
      const token = tokenOf(registration);
      assert.equal(await collect(token, registration), "collected");
      assertSame(await suite.store().findAccessToken(token.hash), {
        token,
        holder: holderOf(registration),
      });
      assertSame(await auditOf(suite.store(), registration), ["token.issued"]);
    });

    suite.it("collects for one of a crowd and stores that one's token only", async () => {
      const registration = await storeRegistration(suite.store(), claimed);
      const tokens = Array.from({ length: crowd }, () => tokenOf(registration));
      const answers = await race((caller) => collect(tokens[caller] ?? tokenOf(registration), registration));
      assertOneWinner(answers, "collected");
      assert.equal(answers.filter((answer) => answer === "already_collected").length, crowd - 1);
      const stored = await Promise.all(tokens.map(({ hash }) => suite.store().findAccessToken(hash)));
      assert.equal(stored.filter((found) => found !== null).length, 1);
      assertSame(await auditOf(suite.store(), registration), ["token.issued"]);
    });

    suite.it("says already_collected the second time, and changes nothing", async () => {
      const registration = await storeRegistration(suite.store(), { ...claimed, collectedAt: someTime });
      const token = tokenOf(registration);
      const watched = { registrations: [registration], tokens: [token] };
      const answer = await withoutEffect(suite.store(), watched, () => collect(token, registration));
      assert.equal(answer, "already_collected");
    });

    const refusals: [string, Partial<Registration>][] = [
      ...outOfStanding,
      ["not claimed", { claimedAt: null, userId: null }],
      ["of another generation", { generation: 3 }],
      ["collected and then revoked", { collectedAt: someTime, revokedAt: someTime }],
    ];
    for (const [title, overrides] of refusals) {
      suite.it(`is not allowed for a registration that is ${title}, and changes nothing`, async () => {
        const registration = await storeRegistration(suite.store(), { ...claimed, ...overrides });
        const token = tokenOf(registration);
        const watched = { registrations: [registration], tokens: [token] };
        const answer = await withoutEffect(suite.store(), watched, () => collect(token, registration));
        assert.equal(answer, "not_allowed");
      });
    }

    suite.it("is not allowed for an unknown registration", async () => {
      const registration = await storeRegistration(suite.store(), claimed);
      const token = tokenOf(registration, { registrationId: "reg_nobody" });
      const answer = await withoutEffect(suite.store(), { tokens: [token] }, () =>
        collect(token, registration),
      );
      assert.equal(answer, "not_allowed");
    });

    suite.it("works after the claim window and one second before the end date", async () => {
      const open = { ...claimed, claimExpiresAt: now, endsAt: now + 1 };
      const registration = await storeRegistration(suite.store(), open);
      assert.equal(await collect(tokenOf(registration), registration), "collected");
    });
  });
}
