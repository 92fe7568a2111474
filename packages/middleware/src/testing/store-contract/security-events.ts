/** Owns the part of the contract about security events: what a provider takes back is gone, once, and nothing else. */
import assert from "node:assert/strict";
import type { AttemptLink, Registration } from "../../protocol/model.js";
import { aLink, someTime } from "../builders.js";
import { admission, anIdentity, binding, linkPerson, revocation } from "./identity-suite.js";
import {
  assertSame,
  auditOf,
  now,
  openClaim,
  race,
  reread,
  revoked,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

/** Describes applySecurityEvent. */
export function describeSecurityEvents(suite: Suite): void {
  const apply = (terms: AttemptLink, overrides: Parameters<typeof revocation>[1] = {}) =>
    suite.store().applySecurityEvent(revocation(terms, overrides));
  const delegationOf = ({ issuer, subject }: AttemptLink) => suite.store().findDelegation(issuer, subject);
  const types = async () => (await suite.store().listAudit({ limit: 1000 })).map(({ type }) => type);
  const ended = (registration: Registration) => ({
    ...registration,
    ...{ revokedAt: now, revokedBy: "provider", revokedReason: "provider_revoked" },
    generation: registration.generation + 1,
  });

  suite.describe("applySecurityEvent", () => {
    suite.it("revokes every registration of the pair and the link, and tells of each", async () => {
      const store = suite.store();
      const first = admission(aLink());
      await store.admitByIdJag(first);
      const claimed = await storeRegistration(store);
      await store.bindByIdJag(binding({ ...first.terms, version: 1 }, claimed, { audit: [] }));
      const bound = await reread(store, claimed);
      const other = admission(aLink());
      await store.admitByIdJag(other);

      const told = (await types()).length;
      assertSame(await apply(first.terms), { first: true, registrations: 2 });
      assertSame(await reread(store, first.registration), ended(first.registration));
      assertSame(await reread(store, bound), ended(bound));
      assertSame(await reread(store, other.registration), other.registration);
      assert.equal((await delegationOf(other.terms))?.userId, "user_alice");
      assertSame(await delegationOf(first.terms), {
        ...{ issuer: first.terms.issuer, subject: first.terms.subject, userId: null, version: 2 },
        ...{ revokedAt: someTime, scopeCeiling: null, createdAt: now, linkedAt: null },
      });
      const events = ["event.received", "registration.revoked", "registration.revoked", "delegation.deleted"];
      assertSame((await types()).slice(told), events);
      assert.equal((await auditOf(store, bound)).at(-1), "registration.revoked");
    });

    for (const kind of ["revoke", "end_sessions"] as const) {
      suite.it(`with ${kind} creates the row of a pair nobody knew`, async () => {
        const terms = aLink();
        assertSame(await apply(terms, { kind }), { first: true, registrations: 0 });
        assertSame(await delegationOf(terms), {
          ...{ issuer: terms.issuer, subject: terms.subject, userId: null, version: 2 },
          ...{ revokedAt: someTime, scopeCeiling: null, createdAt: now, linkedAt: null },
        });
        assertSame(await types(), ["event.received"]);
      });

      suite.it(`with ${kind} leaves alone what is newer than the event, to the second`, async () => {
        const store = suite.store();
        const pair = aLink();
        const older = await storeRegistration(store, carried(pair, someTime));
        const newer = await storeRegistration(store, carried(pair, someTime + 1));
        const current = await openClaim(store, { attempt: { link: pair } });
        const fresh = await openClaim(store, { attempt: { link: { ...pair, issuedAt: someTime + 1 } } });
        assertSame(await apply(pair, { kind }), { first: true, registrations: 1 });
        assert.equal((await reread(store, older)).generation, 2);
        assertSame(await reread(store, newer), newer);
        assertSame(await reread(store, current.registration), current.registration);
        assertSame(await store.findAttempt(current.attempt.id), { ...current.attempt, expiresAt: now });
        assertSame(await store.findAttempt(fresh.attempt.id), fresh.attempt);
      });

      suite.it(`with ${kind} never lengthens an attempt, nor touches one that is settled`, async () => {
        const store = suite.store();
        const link = aLink();
        for (const attempt of [{ expiresAt: now - 1 }, { deniedAt: someTime }, { replacedAt: someTime }]) {
          const claim = await openClaim(store, { attempt: { link, ...attempt } });
          await apply(link, { kind });
          assertSame(await store.findAttempt(claim.attempt.id), claim.attempt);
        }
      });
    }

    suite.it(
      "revokes a registration that is pending, suspended, ended or expired, and no revoked one again",
      async () => {
        const store = suite.store();
        for (const overrides of [
          { userId: null, claimedAt: null },
          { suspendedAt: someTime },
          { endsAt: someTime },
          { userId: null, claimedAt: null, expiredAt: someTime, claimExpiresAt: someTime },
        ]) {
          const terms = aLink();
          const registration = anIdentity(terms, overrides);
          await store.createRegistration({ registration, attempt: null, audit: [] });
          assertSame(await apply(terms), { first: true, registrations: 1 });
          assertSame(await reread(store, registration), ended(registration));
        }
        const terms = aLink();
        const registration = anIdentity(terms, revoked);
        await store.createRegistration({ registration, attempt: null, audit: [] });
        assertSame(await apply(terms), { first: true, registrations: 0 });
        assertSame(await reread(store, registration), registration);
      },
    );

    suite.it("with end_sessions raises generations and keeps the link", async () => {
      const store = suite.store();
      const first = admission(aLink());
      await store.admitByIdJag(first);
      const before = await delegationOf(first.terms);
      const told = (await types()).length;
      const answer = await apply(first.terms, { kind: "end_sessions", registrationEvent: null });
      assertSame(answer, { first: true, registrations: 1 });
      assertSame(await reread(store, first.registration), { ...first.registration, generation: 2 });
      assertSame(await delegationOf(first.terms), { ...before, version: 2, revokedAt: someTime });
      assertSame((await types()).slice(told), ["event.received"]);
    });

    suite.it("cuts no link that a newer ID-JAG has made or used, to the second", async () => {
      const store = suite.store();
      for (const use of ["admit", "bind", "confirm"] as const) {
        const terms = await linkPerson(store, aLink());
        const later = { ...terms, issuedAt: someTime + 1 };
        if (use === "admit") await store.admitByIdJag(admission(later, { link: false }));
        if (use === "bind") await store.bindByIdJag(binding(later, await storeRegistration(store)));
        if (use === "confirm") {
          const { attempt, registration } = await openClaim(store, { attempt: { link: later } });
          const confirm = { attemptId: attempt.id, registrationId: registration.id, generation: 1 };
          const given = { userId: "user_alice", scopes: ["api.read"], now, audit: [] };
          assert.equal(await store.confirmClaim({ ...confirm, ...given }), true);
        }
        const told = (await types()).length;
        await apply(terms);
        assertSame((await types()).slice(told).includes("delegation.deleted"), false);
        const spared = await delegationOf(terms);
        assertSame([spared?.userId, spared?.version, spared?.revokedAt], ["user_alice", 2, someTime]);
        await apply(later);
        assertSame(
          [(await delegationOf(terms))?.userId, (await types()).at(-1)],
          [null, "delegation.deleted"],
        );
      }
    });

    suite.it("never lowers the moment of the last revocation", async () => {
      const terms = aLink();
      await apply(terms, { issuedAt: someTime + 5 });
      await apply(terms, { issuedAt: someTime });
      const delegation = await delegationOf(terms);
      assertSame([delegation?.revokedAt, delegation?.version], [someTime + 5, 3]);
    });

    suite.it("acts once per issuer and jti, and a redelivery changes nothing", async () => {
      const store = suite.store();
      const terms = aLink();
      await apply(terms, { jti: "event_x" });
      const again = await withoutEffect(store, { pairs: [terms] }, () => apply(terms, { jti: "event_x" }));
      assertSame(again, { first: false, registrations: 0 });
      const other = aLink({ issuer: "https://other.example" });
      assertSame(await apply(other, { jti: "event_x" }), { first: true, registrations: 0 });
    });

    suite.it("is forgotten when its time is over", async () => {
      const terms = aLink();
      await apply(terms, { jti: "event_y", rememberUntil: now });
      assert.equal(await suite.store().deleteRememberedJwtIds(now + 1, 10), 1);
      assert.equal((await apply(terms, { jti: "event_y" })).first, true);
    });

    for (const overrides of [{ kind: null }, { subject: null }, { kind: null, subject: null }]) {
      suite.it(`with ${JSON.stringify(overrides)} is only remembered and told`, async () => {
        const terms = aLink();
        await linkPerson(suite.store(), terms);
        const before = await delegationOf(terms);
        assertSame(await apply(terms, overrides), { first: true, registrations: 0 });
        assertSame(await delegationOf(terms), before);
        assert.equal((await types()).at(-1), "event.received");
      });
    }

    suite.it("has one winner in a crowd of redeliveries, and one effect", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const answers = await race(() => apply(terms, { jti: "event_z" }));
      assert.equal(answers.filter(({ first }) => first).length, 1);
      assert.equal((await delegationOf(terms))?.version, 2);
      const told = (await types()).filter((type) => type !== "assertion.issued");
      assert.equal(told.filter((type) => type === "registration.revoked").length, 1);
    });
  });
}

/** Fields of a claimed registration that carries the pair through an ID-JAG of that moment. */
function carried({ issuer, subject }: AttemptLink, idJagIssuedAt: number): Partial<Registration> {
  return { issuer, subject, idJagIssuedAt, userId: "user_alice", claimedAt: someTime, kind: "anonymous" };
}
