/**
 * Owns the part of the contract about a revocation between any two steps of one request: whatever was read or begun
 * before it leads nowhere, and an ID-JAG issued after it starts over. Also what a person's or an operator's own
 * revocation does to the link.
 */
import assert from "node:assert/strict";
import type { Actor, AttemptLink, Registration } from "../../protocol/model.js";
import { aLink, anAttempt, someTime } from "../builders.js";
import {
  admission,
  anIdentity,
  binding,
  confirmation,
  linkPerson,
  reread as rereadTerms,
  reservation,
  revocation,
  stepUp,
} from "./identity-suite.js";
import {
  assertSame,
  auditOf,
  eventOf,
  now,
  openClaim,
  race,
  reread,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

const operator: Actor = { kind: "operator", id: "op_1" };

/** Describes revocations between steps. */
export function describeInterleavings(suite: Suite): void {
  const end = (registration: Registration, actor: Actor, as: "revoked" | "expired" = "revoked") =>
    suite.store().endRegistration({
      registrationId: registration.id,
      as,
      actor,
      reason: "because",
      now,
      audit: [eventOf(registration, `registration.${as}`)],
      delegationEvent: eventOf(registration, "delegation.deleted"),
    });

  const takings: [string, (terms: AttemptLink) => Promise<unknown>][] = [
    ["a security event", (terms) => suite.store().applySecurityEvent(revocation(terms))],
    [
      "an end of sessions",
      (terms) => suite.store().applySecurityEvent(revocation(terms, { kind: "end_sessions" })),
    ],
    [
      "an operator",
      async (terms) => {
        const { issuer, subject, issuedAt: idJagIssuedAt } = terms;
        await end(await storeRegistration(suite.store(), { issuer, subject, idJagIssuedAt }), operator);
      },
    ],
  ];
  for (const [who, takeAway] of takings) {
    suite.describe(`${who} in between`, () => {
      suite.it("is noticed after the row was read and after it was reserved", async () => {
        const store = suite.store();
        const terms = aLink();
        await store.reserveDelegation(reservation(terms));
        await takeAway(terms);
        for (const version of [0, 1]) {
          const late = { ...terms, version };
          await withoutEffect(store, { pairs: [terms] }, async () => {
            assertSame(await store.reserveDelegation(reservation(late)), { outcome: "revoked" });
            assertSame(await store.admitByIdJag(admission(late)), { outcome: "revoked" });
            assertSame(await store.openStepUp(stepUp(late)), { outcome: "revoked" });
          });
        }
      });

      suite.it("is noticed by who would use a link", async () => {
        const store = suite.store();
        const terms = await linkPerson(store, aLink());
        const registration = await storeRegistration(store);
        await takeAway(terms);
        await withoutEffect(store, { pairs: [terms], registrations: [registration] }, async () => {
          assertSame(await store.admitByIdJag(admission(terms, { link: false })), { outcome: "revoked" });
          assert.equal(await store.bindByIdJag(binding(terms, registration, { link: false })), "revoked");
        });
      });

      suite.it("is noticed when a person confirms, before or after the attempt was started", async () => {
        const store = suite.store();
        for (const when of ["before", "after"]) {
          const link = aLink();
          const { registration } = await openClaim(store, { registration: { kind: "anonymous" } });
          if (when === "before") await takeAway(link);
          const attempt = anAttempt({ registrationId: registration.id, link });
          const start = { attempt, pollInterval: 5, maxPerHour: 5, now, audit: [] };
          assertSame(await store.startAttempt(start), { outcome: "started" });
          if (when === "after") await takeAway(link);
          const watched = { pairs: [link], registrations: [registration], attempts: [attempt] };
          const confirmed = await withoutEffect(store, watched, () =>
            store.confirmClaim(confirmation({ registration, attempt })),
          );
          assert.equal(confirmed, false);
          assert.equal((await reread(store, registration)).revokedAt, null);
        }
      });

      suite.it("is noticed when a person confirms a step-up, and the next ID-JAG opens another", async () => {
        const store = suite.store();
        const input = stepUp(aLink());
        await store.openStepUp(input);
        await takeAway(input.terms);
        assert.equal(await store.confirmClaim(confirmation(input)), false);
        const next = await rereadTerms(store, { ...input.terms, issuedAt: now + 1 });
        const reopened = await store.openStepUp(stepUp(next));
        assert.equal(reopened.outcome === "started" && reopened.registration.id, input.registration.id);
      });
    });
  }

  suite.describe("applySecurityEvent against the verbs that bind", () => {
    suite.it("leaves no step-up that can be confirmed, whoever was first", async () => {
      const store = suite.store();
      const terms = aLink();
      const inputs = Array.from({ length: 20 }, () => stepUp(terms, { maxPerHour: 50 }));
      await race(async (caller) =>
        caller === 10
          ? store.applySecurityEvent(revocation(terms))
          : store.openStepUp(inputs[caller] ?? stepUp(terms)),
      );
      const found = await store.findRegistrationBySubject(terms.issuer, terms.subject);
      for (const { attempt } of inputs) {
        const confirm = confirmation({ registration: found ?? anIdentity(terms), attempt });
        assert.equal(await store.confirmClaim(confirm), false);
      }
    });

    suite.it("leaves nobody admitted, whoever was first", async () => {
      const store = suite.store();
      const terms = aLink();
      await race(async (caller) =>
        caller === 10 ? store.applySecurityEvent(revocation(terms)) : store.admitByIdJag(admission(terms)),
      );
      assert.equal((await store.findDelegation(terms.issuer, terms.subject))?.userId, null);
      const found = await store.findRegistrationBySubject(terms.issuer, terms.subject);
      assert.ok(found === null || found.revokedAt !== null);
    });
  });

  suite.describe("endRegistration of a registration that carries a pair", () => {
    suite.it("unlinks, and leaves other registrations of the pair as they are", async () => {
      const store = suite.store();
      const first = admission(aLink());
      await store.admitByIdJag(first);
      const other = await storeRegistration(store);
      const terms = { ...first.terms, version: 1 };
      await store.bindByIdJag(binding(terms, other, { audit: [] }));
      const bound = await reread(store, other);
      assert.equal(await end(first.registration, { kind: "user", id: "user_alice" }), true);
      assertSame(await reread(store, other), bound);
      assertSame(await store.findDelegation(terms.issuer, terms.subject), {
        ...{ issuer: terms.issuer, subject: terms.subject, userId: null, version: 2 },
        ...{ revokedAt: now, scopeCeiling: null, createdAt: now, linkedAt: null },
      });
      assertSame((await auditOf(store, first.registration)).slice(-2), [
        "registration.revoked",
        "delegation.deleted",
      ]);
    });

    suite.it("refuses ID-JAGs up to that second, and tells of no link that was not there", async () => {
      const store = suite.store();
      const input = stepUp(aLink());
      await store.openStepUp(input);
      await end(input.registration, operator);
      assertSame((await auditOf(store, input.registration)).slice(-1), ["registration.revoked"]);
      const terms = { ...input.terms, version: 2 };
      assertSame(await store.openStepUp(stepUp({ ...terms, issuedAt: now })), { outcome: "revoked" });
      assert.equal((await store.openStepUp(stepUp({ ...terms, issuedAt: now + 1 }))).outcome, "started");
    });

    suite.it("by the system, or as expired, keeps the link", async () => {
      const store = suite.store();
      const first = admission(aLink());
      await store.admitByIdJag(first);
      const { issuer, subject } = first.terms;
      const before = await store.findDelegation(issuer, subject);
      assert.equal(await end(first.registration, { kind: "system", id: null }), true);
      const pending = { issuer, subject, claimExpiresAt: someTime };
      const expiring = await storeRegistration(store, pending);
      assert.equal(await end(expiring, operator, "expired"), true);
      assertSame(await store.findDelegation(issuer, subject), before);
      assertSame((await store.listAudit({ type: "delegation.deleted", limit: 10 })).length, 0);
    });

    suite.it("changes nothing the second time", async () => {
      const store = suite.store();
      const first = admission(aLink());
      await store.admitByIdJag(first);
      await end(first.registration, operator);
      await withoutEffect(store, { pairs: [first.terms], registrations: [first.registration] }, async () => {
        assert.equal(await end(first.registration, operator), false);
      });
    });
  });
}
