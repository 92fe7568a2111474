/** Owns the part of the contract about admitting an agent at once, because a provider vouches for a known user. */
import assert from "node:assert/strict";
import type { Registration } from "../../protocol/model.js";
import { aHash, aLink, anAttempt, someTime } from "../builders.js";
import { admission, anIdentity, describeTerms, linkPerson, reservation, stepUp } from "./identity-suite.js";
import {
  assertSame,
  auditOf,
  eventOf,
  now,
  outOfStanding,
  race,
  reread,
  revoked,
  type Suite,
  withoutEffect,
} from "./suite.js";

/** Describes admitByIdJag. */
export function describeAdmission(suite: Suite): void {
  const admit = (input: ReturnType<typeof admission>) => suite.store().admitByIdJag(input);
  const refuses = async (input: ReturnType<typeof admission>, outcome: string) => {
    const watched = { pairs: [input.terms], registrations: [input.registration] };
    assertSame(await withoutEffect(suite.store(), watched, () => admit(input)), { outcome });
  };

  suite.describe("admitByIdJag", () => {
    describeTerms(suite, aLink, async (terms) => {
      const input = admission(terms);
      return {
        call: async () => (await admit(input)).outcome,
        watched: { registrations: [input.registration] },
        good: "admitted",
        bad: "revoked",
      };
    });

    suite.it("links a person nobody knew and inserts the registration as given", async () => {
      const input = admission(aLink());
      const { issuer, subject, userId } = input.terms;
      assertSame(await admit(input), { outcome: "admitted", registration: input.registration });
      assertSame(await reread(suite.store(), input.registration), input.registration);
      assertSame(await suite.store().findRegistrationBySubject(issuer, subject), input.registration);
      assertSame(await suite.store().findDelegation(issuer, subject), {
        issuer,
        subject,
        userId,
        version: 1,
        revokedAt: null,
        scopeCeiling: null,
        createdAt: now,
        linkedAt: now,
      });
      assertSame(
        await auditOf(suite.store(), input.registration),
        input.audit.map(({ type }) => type),
      );
    });

    suite.it(
      "links a row that somebody has reserved, at its version, and clears the reservation",
      async () => {
        const terms = aLink();
        await suite.store().reserveDelegation(reservation(terms));
        await linkPerson(suite.store(), { ...terms, version: 1 });
        const delegation = await suite.store().findDelegation(terms.issuer, terms.subject);
        assertSame([delegation?.version, delegation?.userId], [1, "user_alice"]);
        await suite.store().forgetGoneUser(terms);
        assert.equal((await suite.store().reserveDelegation(reservation(terms))).outcome, "reserved");
      },
    );

    suite.it("refuses to act for nobody or for another user, and changes nothing", async () => {
      await refuses(admission(aLink(), { link: false }), "changed");
      const terms = await linkPerson(suite.store(), aLink());
      for (const version of [0, 1]) {
        const other = { ...terms, version, userId: "user_bob" };
        await refuses(admission(other), "changed");
        await refuses(admission(other, { link: false }), "changed");
      }
    });

    suite.it("keeps a claimed registration: scopes only shrink, the ID-JAG only gets newer", async () => {
      const store = suite.store();
      const first = admission(aLink());
      await admit(first);
      const { id } = first.registration;
      for (const version of [0, 1]) {
        const terms = { ...first.terms, version, issuedAt: someTime + 5 + version };
        const next = admission(terms, { link: version === 0 });
        next.registration.scopes = ["api.delete", "api.write"];
        const answer = await admit(next);
        const kept = { ...first.registration, scopes: ["api.write"], idJagIssuedAt: terms.issuedAt };
        assertSame(answer, { outcome: "admitted", registration: kept });
        assertSame(await reread(store, first.registration), kept);
        assert.equal(await store.findRegistration(next.registration.id), null);
      }
      await admit(admission({ ...first.terms, version: 1, issuedAt: someTime + 1 }, { link: false }));
      assert.equal((await store.findRegistration(id))?.idJagIssuedAt, someTime + 6);
      const types = await auditOf(store, first.registration);
      // Neither is created a second time, so neither is told a second time; and all is told of the row that is kept.
      assert.equal(types.filter((type) => type === "registration.created").length, 1);
      assert.equal(types.filter((type) => type === "delegation.created").length, 1);
      assert.equal(types.filter((type) => type === "assertion.issued").length, 4);
    });

    const handle = {
      claimTokenHash: aHash("claim_token"),
      currentAttemptId: "att_old",
      lastPolledAt: someTime,
    };
    const others: [string, Partial<Registration>][] = [
      ["is pending", {}],
      ["was refused", { claimEndedAt: someTime, claimEndReason: "denied", wrongGuesses: 3 }],
      ["has expired", { claimExpiresAt: someTime, expiredAt: someTime }],
      ["is revoked", { ...revoked, claimedAt: someTime, userId: "user_alice" }],
      ["was another user's", { claimedAt: someTime, collectedAt: someTime, userId: "user_bob" }],
    ];
    for (const [title, overrides] of others) {
      suite.it(`revives a registration that ${title}, under its own id`, async () => {
        const store = suite.store();
        const terms = aLink();
        const old = anIdentity(terms, { generation: 4, ...handle, ...overrides });
        const attempt = anAttempt({ id: "att_old", registrationId: old.id });
        await store.createRegistration({ registration: old, attempt, audit: [] });
        const input = admission({ ...terms, issuedAt: someTime + 1 });
        const revived = {
          ...old,
          ...{ userId: "user_alice", claimedAt: now, collectedAt: now, scopes: ["api.read", "api.write"] },
          ...{ claimTokenHash: null, claimExpiresAt: input.registration.claimExpiresAt },
          ...{ claimEndedAt: null, claimEndReason: null, wrongGuesses: 0, currentAttemptId: null },
          ...{ lastPolledAt: null, revokedAt: null, revokedBy: null, revokedReason: null, expiredAt: null },
          ...{ generation: 5, idJagIssuedAt: someTime + 1 },
        };
        assertSame(await admit(input), { outcome: "admitted", registration: revived });
        assertSame(await reread(store, old), revived);
        assert.equal((await store.findAttempt(attempt.id))?.replacedAt, now);
        assertSame(await auditOf(store, old), ["assertion.issued", "delegation.created"]);
      });
    }

    const stopped = [
      ...outOfStanding.filter(([title]) => title !== "revoked"),
      ["suspended and revoked: a revocation lifts no suspension", { ...revoked, suspendedAt: someTime }],
    ] as const;
    for (const [title, overrides] of stopped) {
      suite.it(`refuses a registration that is ${title}, and changes nothing`, async () => {
        const terms = aLink();
        const registration = anIdentity(terms, { claimedAt: someTime, userId: "user_alice", ...overrides });
        await suite.store().createRegistration({ registration, attempt: null, audit: [] });
        await refuses(admission(terms), "suspended");
      });
    }

    suite.it("lets a crowd in as one person with one registration and one link", async () => {
      const store = suite.store();
      const terms = aLink();
      const answers = await race(() => admit(admission(terms)));
      const ids = answers.map((answer) => (answer.outcome === "admitted" ? answer.registration.id : answer));
      assert.equal(new Set(ids).size, 1);
      const types = (await store.listAudit({ limit: 1000 })).map(({ type }) => type);
      assert.equal(types.filter((type) => type === "delegation.created").length, 1);
      assert.equal(types.filter((type) => type === "registration.created").length, 1);
    });

    suite.it("links the row to one of a crowd of users", async () => {
      const terms = aLink();
      const answers = await race((caller) => admit(admission({ ...terms, userId: `user_${caller}` })));
      const outcomes = answers.map(({ outcome }) => outcome);
      assert.equal(outcomes.filter((outcome) => outcome === "admitted").length, 1);
      assert.equal(outcomes.filter((outcome) => outcome === "changed").length, outcomes.length - 1);
    });

    suite.it("stores nothing for a registration that is somebody else's", async () => {
      const terms = aLink();
      const registration = anIdentity(aLink());
      const input = admission(terms, {
        registration,
        audit: [eventOf(registration, "registration.created")],
      });
      await withoutEffect(suite.store(), { pairs: [terms], registrations: [registration] }, async () => {
        await assert.rejects(admit(input));
        await assert.rejects(suite.store().openStepUp(stepUp(terms, { registration })));
      });
    });
  });
}
