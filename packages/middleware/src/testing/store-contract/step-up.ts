/** Owns the part of the contract about the claim of a person whose account has not approved the provider's word yet. */
import assert from "node:assert/strict";
import type { ClaimAttempt, Registration } from "../../protocol/model.js";
import { aLink, anAttempt, someTime } from "../builders.js";
import { anIdentity, describeTerms, linkPerson, revocation, stepUp } from "./identity-suite.js";
import {
  assertSame,
  auditOf,
  now,
  outOfStanding,
  race,
  reread,
  revoked,
  type Suite,
  withoutEffect,
} from "./suite.js";

/** Describes openStepUp. */
export function describeStepUp(suite: Suite): void {
  const open = (input: ReturnType<typeof stepUp>) => suite.store().openStepUp(input);
  const refuses = async (input: ReturnType<typeof stepUp>, answer: object, existing: Registration[] = []) => {
    const watched = {
      pairs: [input.terms],
      registrations: [input.registration, ...existing],
      attempts: [input.attempt],
    };
    assertSame(await withoutEffect(suite.store(), watched, () => open(input)), answer);
  };
  async function existing(
    terms: ReturnType<typeof aLink>,
    registration: Partial<Registration> = {},
    attempt: Partial<ClaimAttempt> = {},
  ) {
    const current = anAttempt({ link: terms, ...attempt });
    const old = anIdentity(terms, { generation: 4, currentAttemptId: current.id, ...registration });
    current.registrationId = old.id;
    await suite.store().createRegistration({ registration: old, attempt: current, audit: [] });
    return { old, current };
  }

  suite.describe("openStepUp", () => {
    describeTerms(suite, aLink, async (terms) => {
      const input = stepUp(terms);
      return {
        call: async () => (await open(input)).outcome,
        watched: { registrations: [input.registration], attempts: [input.attempt] },
        good: "started",
        bad: "revoked",
      };
    });

    suite.it("inserts registration and attempt, and a row that names nobody", async () => {
      const input = stepUp(aLink());
      const { issuer, subject } = input.terms;
      const opened = { ...input.registration, currentAttemptId: input.attempt.id };
      assertSame(await open(input), { outcome: "started", registration: opened });
      assertSame(await reread(suite.store(), opened), opened);
      assertSame(await suite.store().findAttempt(input.attempt.id), input.attempt);
      const delegation = await suite.store().findDelegation(issuer, subject);
      assertSame([delegation?.userId, delegation?.version, delegation?.createdAt], [null, 1, now]);
      assertSame(await auditOf(suite.store(), opened), ["claim.requested"]);
    });

    for (const version of [0, 1]) {
      suite.it(
        `finds the row linked, whoever read it at version ${version}, and changes nothing`,
        async () => {
          const terms = await linkPerson(suite.store(), aLink());
          await refuses(stepUp({ ...terms, version }), { outcome: "linked" });
          await refuses(stepUp({ ...terms, version, userId: "user_bob" }), { outcome: "linked" });
        },
      );
    }

    const over: [string, Partial<Registration>][] = [
      ["is revoked", { ...revoked, claimedAt: someTime, collectedAt: someTime, userId: "user_bob" }],
      ["was revoked while pending", revoked],
      ["is claimed, the link cut", { claimedAt: someTime, collectedAt: someTime, userId: "user_alice" }],
      ["was refused", { claimEndedAt: someTime, claimEndReason: "denied" }],
      ["was locked", { claimEndedAt: someTime, claimEndReason: "locked" }],
      ["has expired, in the boundary second", { claimExpiresAt: now }],
      ["was noted as expired", { claimExpiresAt: someTime, expiredAt: someTime }],
    ];
    for (const [title, overrides] of [["is pending", {}], ...over] as const) {
      suite.it(`turns a registration that ${title} back to pending, under its own id`, async () => {
        const store = suite.store();
        const terms = aLink();
        const dirty = { wrongGuesses: 3, scopes: ["api.write"], lastPolledAt: someTime, pollInterval: 30 };
        const { old, current } = await existing(terms, { ...dirty, ...overrides });
        const input = stepUp({ ...terms, issuedAt: someTime + 1 });
        const { claimTokenHash, claimExpiresAt, pollInterval } = input.registration;
        const reopened = {
          ...old,
          ...{ claimTokenHash, claimExpiresAt, pollInterval, lastPolledAt: null, collectedAt: null },
          ...{ userId: null, scopes: [], claimedAt: null, generation: 5, currentAttemptId: input.attempt.id },
          ...{ revokedAt: null, revokedBy: null, revokedReason: null, expiredAt: null },
          ...{ wrongGuesses: title === "is pending" ? 3 : 0, claimEndedAt: null, claimEndReason: null },
          idJagIssuedAt: someTime + 1,
        };
        assertSame(await open(input), { outcome: "started", registration: reopened });
        assertSame(await reread(store, old), reopened);
        assert.equal(await store.findRegistration(input.registration.id), null);
        assertSame(await store.findAttempt(current.id), { ...current, replacedAt: now });
        assertSame(await store.findAttempt(input.attempt.id), { ...input.attempt, registrationId: old.id });
        const [event] = await store.listAudit({ registrationId: old.id, limit: 10 });
        assertSame([event?.type, event?.actor], ["claim.requested", { kind: "agent", id: old.id }]);
      });
    }

    const stopped = [
      ...outOfStanding.filter(([title]) => title !== "revoked"),
      ["suspended and revoked: a revocation lifts no suspension", { ...revoked, suspendedAt: someTime }],
    ] as const;
    for (const [title, overrides] of stopped) {
      suite.it(`refuses a registration that is ${title}, and changes nothing`, async () => {
        const terms = aLink();
        const { old } = await existing(terms, overrides);
        await refuses(stepUp(terms), { outcome: "suspended" }, [old]);
      });
    }

    suite.it("is in flight once a person confirmed the current attempt, and changes nothing", async () => {
      const terms = aLink();
      const { old } = await existing(terms, {}, { confirmedAt: someTime, confirmedUserId: "user_alice" });
      await refuses(stepUp(terms), { outcome: "in_flight" }, [old]);
    });

    for (const [title, overrides] of over) {
      suite.it(`is not in flight when what was confirmed ${title}`, async () => {
        const terms = aLink();
        await existing(terms, overrides, { confirmedAt: someTime, confirmedUserId: "user_alice" });
        assert.equal((await open(stepUp(terms))).outcome, "started");
      });
    }

    suite.it("allows an hour's budget, whatever happens in between", async () => {
      const store = suite.store();
      const terms = aLink();
      const first = stepUp(terms, { now: someTime });
      assert.equal((await open(first)).outcome, "started");
      for (const second of [1, 2, 3]) await open(stepUp(terms, { now: someTime + second }));
      await store.applySecurityEvent(revocation(terms, { now: someTime + 4 }));
      const later = { ...terms, version: 2, issuedAt: someTime + 1 };
      assert.equal((await open(stepUp(later, { now: someTime + 4 }))).outcome, "started");
      const answer = { outcome: "too_many", retryAt: someTime + 3600 };
      await refuses(stepUp(later, { now: someTime + 3599 }), answer, [first.registration]);
      assert.equal((await open(stepUp(later, { now: someTime + 3600 }))).outcome, "started");
    });

    suite.it(
      "lets a crowd open no more than the budget, on one registration with one current attempt",
      async () => {
        const store = suite.store();
        const terms = aLink();
        const inputs = await race(async () => stepUp(terms));
        const answers = await race((caller) => open(inputs[caller] ?? stepUp(terms)));
        assert.equal(answers.filter(({ outcome }) => outcome === "started").length, 5);
        const found = await store.findRegistrationBySubject(terms.issuer, terms.subject);
        const attempts = await Promise.all(inputs.map(({ attempt }) => store.findAttempt(attempt.id)));
        const alive = attempts.filter((attempt) => attempt !== null && attempt.replacedAt === null);
        assertSame(
          alive.map((attempt) => [attempt?.id, attempt?.registrationId]),
          [[found?.currentAttemptId, found?.id]],
        );
      },
    );
  });
}
