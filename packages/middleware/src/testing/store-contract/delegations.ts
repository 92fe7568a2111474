/** Owns the part of the contract about delegations as such: who may create a user, and what is left of one who is gone. */
import assert from "node:assert/strict";
import { aLink } from "../builders.js";
import {
  admission,
  createRow,
  describeTerms,
  linkPerson,
  reread,
  reservation,
  revocation,
} from "./identity-suite.js";
import { assertSame, now, race, type Suite, withoutEffect } from "./suite.js";

/** Describes the verbs of a delegation. */
export function describeDelegations(suite: Suite): void {
  suite.describe("reserveDelegation", () => {
    describeTerms(suite, aLink, async (terms) => ({
      call: async () => (await suite.store().reserveDelegation(reservation(terms))).outcome,
      watched: {},
      good: "reserved",
      bad: "revoked",
    }));

    suite.it("creates the row, unlinked, at version 1", async () => {
      const terms = aLink();
      assertSame(await suite.store().reserveDelegation(reservation(terms)), {
        outcome: "reserved",
        idempotencyKey: "key_1",
        version: 1,
      });
      assertSame(await suite.store().findDelegation(terms.issuer, terms.subject), {
        issuer: terms.issuer,
        subject: terms.subject,
        userId: null,
        version: 1,
        revokedAt: null,
        scopeCeiling: null,
        createdAt: now,
        linkedAt: null,
      });
    });

    suite.it("answers with the version of a row that has a history", async () => {
      const terms = aLink();
      await suite.store().applySecurityEvent(revocation(terms));
      const later = await reread(suite.store(), { ...terms, issuedAt: terms.issuedAt + 1 });
      const answer = await suite.store().reserveDelegation(reservation(later));
      assertSame(answer, { outcome: "reserved", idempotencyKey: "key_1", version: 2 });
    });

    suite.it(
      "unlinks a user who is gone, for one ID-JAG that is used up by it, and for no other",
      async () => {
        const store = suite.store();
        const terms = await linkPerson(store, aLink());
        const { issuer, subject, userId } = terms;
        const before = await store.findDelegation(issuer, subject);
        const used = { purpose: "id-jag", issuer, jti: "used", expiresAt: now } as const;
        await store.rememberJwtId(used);
        const gone = (jti: string, changes: object = {}) => ({ userId, jti, expiresAt: now, ...changes });
        const reserve = (input: Parameters<typeof reservation>[1]) =>
          store.reserveDelegation(reservation(terms, input));
        assertSame(await reserve({ gone: gone("used") }), { outcome: "replayed" });
        for (const other of [null, gone("else", { userId: "user_else" })])
          assertSame(await reserve({ gone: other }), { outcome: "linked" });
        assertSame(await store.findDelegation(issuer, subject), before);
        const answers = await race((caller) => reserve({ gone: gone(`jti_${caller}`) }));
        const won = answers.filter(({ outcome }) => outcome === "reserved");
        assertSame(won, [{ outcome: "reserved", idempotencyKey: "key_1", version: 1 }]);
        for (const answer of answers)
          if (answer !== won[0]) assertSame(answer, { outcome: "busy", until: now + 30 });
        assertSame(await store.findDelegation(issuer, subject), { ...before, userId: null, linkedAt: null });
        const unused = await Promise.all(
          answers.map((_, caller) => store.rememberJwtId({ ...used, jti: `jti_${caller}` })),
        );
        assert.equal(unused.filter((isFirst) => !isFirst).length, 1);
      },
    );

    suite.it("lets one of a crowd create the user, and tells the others until when", async () => {
      const terms = aLink();
      const answers = await race((caller) =>
        suite.store().reserveDelegation(reservation(terms, { idempotencyKey: `key_${caller}` })),
      );
      assert.equal(answers.filter(({ outcome }) => outcome === "reserved").length, 1);
      const others = answers.filter(({ outcome }) => outcome !== "reserved");
      for (const other of others) assertSame(other, { outcome: "busy", until: now + 30 });
    });

    suite.it("is resumed with the same key from the second on in which the lease runs out", async () => {
      const store = suite.store();
      const terms = aLink();
      await store.reserveDelegation(reservation(terms));
      const next = { idempotencyKey: "key_2", leaseUntil: now + 60 };
      assertSame(await store.reserveDelegation(reservation(terms, { ...next, now: now + 29 })), {
        outcome: "busy",
        until: now + 30,
      });
      assertSame(await store.reserveDelegation(reservation(terms, { ...next, now: now + 30 })), {
        outcome: "reserved",
        idempotencyKey: "key_1",
        version: 1,
      });
      assertSame(await store.reserveDelegation(reservation(terms, { now: now + 31 })), {
        outcome: "busy",
        until: now + 60,
      });
      const third = reservation(terms, { idempotencyKey: "key_3", now: now + 60, leaseUntil: now + 90 });
      assertSame(await store.reserveDelegation(third), {
        outcome: "reserved",
        idempotencyKey: "key_1",
        version: 1,
      });
    });

    suite.it("is not taken over because the person was revoked: the user may be in the making", async () => {
      const store = suite.store();
      const terms = aLink();
      await store.reserveDelegation(reservation(terms));
      await store.applySecurityEvent(revocation(terms));
      const later = { ...terms, version: 2, issuedAt: terms.issuedAt + 1 };
      assertSame(await store.reserveDelegation(reservation(later)), { outcome: "busy", until: now + 30 });
      const resumed = reservation(later, { idempotencyKey: "key_2", now: now + 30, leaseUntil: now + 60 });
      assertSame(await store.reserveDelegation(resumed), {
        outcome: "reserved",
        idempotencyKey: "key_1",
        version: 2,
      });
    });

    for (const version of [0, 1]) {
      suite.it(
        `finds the row linked, whoever read it at version ${version}, and changes nothing`,
        async () => {
          const terms = aLink();
          await linkPerson(suite.store(), terms);
          const input = reservation({ ...terms, version });
          const answer = await withoutEffect(suite.store(), { pairs: [terms] }, () =>
            suite.store().reserveDelegation(input),
          );
          assertSame(answer, { outcome: "linked" });
        },
      );
    }
  });

  suite.describe("releaseReservation", () => {
    suite.it("lets the next one in at once, with the key that was kept", async () => {
      const store = suite.store();
      const terms = aLink();
      await createRow(store, terms);
      const answer = await store.reserveDelegation(reservation(terms, { idempotencyKey: "key_2" }));
      assertSame(answer, { outcome: "reserved", idempotencyKey: "key_1", version: 1 });
    });

    suite.it("gives nothing back that somebody else holds", async () => {
      const store = suite.store();
      const terms = aLink();
      const { issuer, subject } = terms;
      await store.reserveDelegation(reservation(terms));
      await store.releaseReservation({ issuer, subject, idempotencyKey: "key_2" });
      await store.releaseReservation({ issuer, subject: "subject_nobody", idempotencyKey: "key_1" });
      assert.equal((await store.reserveDelegation(reservation(terms))).outcome, "busy");
    });
  });

  suite.describe("forgetGoneUser", () => {
    const forget = (terms: { issuer: string; subject: string }, userId: string) =>
      suite.store().forgetGoneUser({ issuer: terms.issuer, subject: terms.subject, userId });

    suite.it("unlinks, at the same version: the caller goes on with what it has read", async () => {
      const store = suite.store();
      const terms = await linkPerson(store, aLink());
      const before = await store.findDelegation(terms.issuer, terms.subject);
      await forget(terms, terms.userId);
      assertSame(await store.findDelegation(terms.issuer, terms.subject), {
        ...before,
        userId: null,
        linkedAt: null,
      });
      assert.equal(await store.hasLinkWithIssuer(terms.userId, terms.issuer), false);
      assert.equal((await store.reserveDelegation(reservation(terms))).outcome, "reserved");
    });

    suite.it("makes way for a new user, who is asked for with a new key", async () => {
      const store = suite.store();
      const terms = aLink();
      await store.reserveDelegation(reservation(terms));
      await linkPerson(store, terms);
      await forget(terms, terms.userId);
      const answer = await store.reserveDelegation(reservation(terms, { idempotencyKey: "key_2" }));
      assertSame(answer, { outcome: "reserved", idempotencyKey: "key_2", version: 1 });
    });

    suite.it("lets nobody be admitted as the one who is gone without linking anew", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      await forget(terms, terms.userId);
      const input = admission(terms, { link: false });
      const answer = await withoutEffect(suite.store(), { pairs: [terms] }, () =>
        suite.store().admitByIdJag(input),
      );
      assertSame(answer, { outcome: "changed" });
    });

    suite.it("does nothing when the row names somebody else, nobody, or does not exist", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      await withoutEffect(suite.store(), { pairs: [terms] }, () => forget(terms, "user_bob"));
      await forget(terms, terms.userId);
      await withoutEffect(suite.store(), { pairs: [terms] }, () => forget(terms, terms.userId));
      const unknown = aLink();
      await withoutEffect(suite.store(), { pairs: [unknown] }, () => forget(unknown, "user_alice"));
    });
  });

  suite.describe("hasLinkWithIssuer", () => {
    suite.it("knows any subject of this issuer, of this user only", async () => {
      const store = suite.store();
      const { userId, issuer } = await linkPerson(store, aLink());
      await linkPerson(store, aLink({ issuer: "https://other.example", userId: "user_bob" }));
      assert.equal(await store.hasLinkWithIssuer(userId, issuer), true);
      assert.equal(await store.hasLinkWithIssuer(userId, "https://other.example"), false);
      assert.equal(await store.hasLinkWithIssuer("user_bob", issuer), false);
    });
  });
}
