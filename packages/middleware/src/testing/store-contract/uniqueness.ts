/** Owns the part of the contract about identities: a second one is refused, and the refusal leaves nothing behind. */
import assert from "node:assert/strict";
import { anAttempt, aRefreshFamily, aRegistration, aSigningKey, aToken } from "../builders.js";
import { eventOf, now, openClaim, type Suite, store as storeRegistration, withoutEffect } from "./suite.js";

/** Describes what may exist only once. */
export function describeUniqueness(suite: Suite): void {
  suite.describe("uniqueness", () => {
    suite.it("refuses a second registration with the same id", async () => {
      const store = suite.store();
      const first = await storeRegistration(store);
      const second = aRegistration({ id: first.id });
      const attempt = anAttempt({ registrationId: second.id });
      await withoutEffect(store, { registrations: [first], attempts: [attempt] }, async () => {
        const audit = [eventOf(second, "registration.created")];
        await assert.rejects(store.createRegistration({ registration: second, attempt, audit }));
      });
    });

    suite.it("refuses a second registration with the same claim token", async () => {
      const store = suite.store();
      const { claimTokenHash } = await storeRegistration(store);
      const second = aRegistration({ claimTokenHash });
      await withoutEffect(store, { registrations: [second] }, async () => {
        const audit = [eventOf(second, "registration.created")];
        await assert.rejects(store.createRegistration({ registration: second, attempt: null, audit }));
      });
    });

    suite.it(
      "refuses a second registration of kind identity_assertion for a person, and none of another kind",
      async () => {
        const store = suite.store();
        const pair = { issuer: "https://provider.example", subject: "subject_1", idJagIssuedAt: now };
        await storeRegistration(store, { ...pair, kind: "identity_assertion" });
        await storeRegistration(store, pair);
        await storeRegistration(store, { ...pair, kind: "service_auth" });
        const second = aRegistration({ ...pair, kind: "identity_assertion" });
        await withoutEffect(store, { registrations: [second], pairs: [pair] }, async () => {
          const audit = [eventOf(second, "registration.created")];
          await assert.rejects(store.createRegistration({ registration: second, attempt: null, audit }));
        });
      },
    );

    suite.it("lets any number of registrations have no claim token", async () => {
      await storeRegistration(suite.store(), { claimTokenHash: null });
      await storeRegistration(suite.store(), { claimTokenHash: null });
    });

    suite.it("stores no registration whose first attempt has the token of another one", async () => {
      const store = suite.store();
      const { attempt: other } = await openClaim(store);
      const registration = aRegistration();
      const attempt = anAttempt({ registrationId: registration.id, tokenHash: other.tokenHash });
      await withoutEffect(store, { registrations: [registration], attempts: [attempt] }, async () => {
        const audit = [eventOf(registration, "registration.created")];
        await assert.rejects(store.createRegistration({ registration, attempt, audit }));
      });
    });

    suite.it("stores no attempt of a registration that does not exist", async () => {
      const registration = aRegistration();
      const attempt = anAttempt({ registrationId: "reg_nobody" });
      await withoutEffect(suite.store(), { registrations: [registration], attempts: [attempt] }, async () => {
        await assert.rejects(suite.store().createRegistration({ registration, attempt, audit: [] }));
      });
    });

    suite.it("replaces no attempt by one whose token is taken", async () => {
      const store = suite.store();
      const { registration, attempt: current } = await openClaim(store);
      const attempt = anAttempt({ registrationId: registration.id, tokenHash: current.tokenHash });
      await withoutEffect(
        store,
        { registrations: [registration], attempts: [current, attempt] },
        async () => {
          const audit = [eventOf(registration, "claim.requested")];
          await assert.rejects(store.startAttempt({ attempt, pollInterval: 9, maxPerHour: 5, now, audit }));
        },
      );
    });

    suite.it("refuses a second access token with the same hash", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store);
      const token = aToken({ registrationId: registration.id });
      await store.issueAccessToken({ token, now, audit: [] });
      const again = { ...token, scopes: ["api.write"] };
      await withoutEffect(store, { tokens: [token] }, async () => {
        const audit = [eventOf(registration, "token.issued")];
        await assert.rejects(store.issueAccessToken({ token: again, now, audit }));
      });
    });

    suite.it("does not count a claim as collected when its token could not be stored", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store, { claimedAt: now, userId: "user_alice" });
      const token = aToken({ registrationId: registration.id });
      await store.issueAccessToken({ token, now, audit: [] });
      await withoutEffect(store, { registrations: [registration], tokens: [token] }, async () => {
        await assert.rejects(
          store.collectClaim({
            token,
            refreshFamily: aRefreshFamily({
              registrationId: token.registrationId,
              generation: token.generation,
            }),
            now,
            audit: [eventOf(registration, "token.issued")],
          }),
        );
      });
    });

    suite.it("refuses a second signing key with the same id, and retires nothing for it", async () => {
      const store = suite.store();
      const key = aSigningKey();
      await store.addSigningKey({ key, newestKid: null, audit: [] });
      await withoutEffect(store, {}, async () => {
        await assert.rejects(store.addSigningKey({ key, newestKid: key.kid, audit: [] }));
      });
    });
  });
}
