/** Owns the part of the contract about attempts: starting one, and the first view. Guesses: `guesses.ts`. */
import assert from "node:assert/strict";
import type { ClaimAttempt, Registration } from "../../protocol/model.js";
import { anAttempt, aRegistration, someTime } from "../builders.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  closedClaims,
  crowd,
  eventOf,
  now,
  openClaim,
  race,
  reread,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

/** Describes the verbs of an attempt. */
export function describeAttempts(suite: Suite): void {
  const start = (registration: Registration, attempt: Partial<ClaimAttempt> = {}, at = now) => ({
    attempt: anAttempt({ registrationId: registration.id, createdAt: at, ...attempt }),
    pollInterval: 5,
    maxPerHour: 5,
    now: at,
    audit: [eventOf(registration, "claim.requested")],
  });

  suite.describe("startAttempt", () => {
    suite.it("makes a first attempt the current one and resets the poll interval", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store, { pollInterval: 30, lastPolledAt: someTime });
      const input = start(registration);
      assertSame(await store.startAttempt(input), { outcome: "started" });
      assertSame(await store.findAttempt(input.attempt.id), input.attempt);
      assertSame(await reread(store, registration), {
        ...registration,
        currentAttemptId: input.attempt.id,
        pollInterval: 5,
        lastPolledAt: null,
      });
      assertSame(await auditOf(store, registration), ["claim.requested"]);
    });

    suite.it("replaces the attempt before it", async () => {
      const store = suite.store();
      const { registration, attempt } = await openClaim(store);
      const input = start(registration);
      assertSame(await store.startAttempt(input), { outcome: "started" });
      assertSame(await store.findAttempt(attempt.id), { ...attempt, replacedAt: now });
      assert.equal((await reread(store, registration)).currentAttemptId, input.attempt.id);
    });

    for (const [title, overrides] of closedClaims) {
      suite.it(`is not allowed for a registration that is ${title}, and changes nothing`, async () => {
        const store = suite.store();
        const { registration, attempt } = await openClaim(store, { registration: overrides });
        const input = start(registration);
        const watched = { registrations: [registration], attempts: [attempt, input.attempt] };
        const answer = await withoutEffect(store, watched, () => store.startAttempt(input));
        assertSame(answer, { outcome: "not_allowed" });
      });
    }

    suite.it("is not allowed for an unknown registration", async () => {
      const input = start(aRegistration());
      const answer = await withoutEffect(suite.store(), { attempts: [input.attempt] }, () =>
        suite.store().startAttempt(input),
      );
      assertSame(answer, { outcome: "not_allowed" });
    });

    suite.it("is allowed one second before the window and the end date", async () => {
      const store = suite.store();
      const { registration } = await openClaim(store, {
        registration: { claimExpiresAt: now + 1, endsAt: now + 1 },
      });
      assertSame(await store.startAttempt(start(registration)), { outcome: "started" });
    });

    suite.it("is in flight once a person confirmed the current attempt, and changes nothing", async () => {
      const store = suite.store();
      const { registration, attempt } = await openClaim(store, { attempt: { confirmedAt: someTime } });
      const input = start(registration);
      const watched = { registrations: [registration], attempts: [attempt, input.attempt] };
      const answer = await withoutEffect(store, watched, () => store.startAttempt(input));
      assertSame(answer, { outcome: "in_flight" });
    });

    suite.it(
      "replaces the expected attempt only, and changes nothing when it is another one by now",
      async () => {
        const store = suite.store();
        const { registration, attempt } = await openClaim(store);
        for (const expectedAttemptId of [null, "att_other"]) {
          const input = { ...start(registration), expectedAttemptId };
          const watched = { registrations: [registration], attempts: [attempt, input.attempt] };
          const answer = await withoutEffect(store, watched, () => store.startAttempt(input));
          assertSame(answer, { outcome: "in_flight" });
        }
        const input = { ...start(registration), expectedAttemptId: attempt.id };
        assertSame(await store.startAttempt(input), { outcome: "started" });
        const first = await storeRegistration(store);
        const unseen = { ...start(first), expectedAttemptId: null };
        assertSame(await store.startAttempt(unseen), { outcome: "started" });
      },
    );

    suite.it("lets one of a crowd replace the attempt they all have seen", async () => {
      const store = suite.store();
      const { registration, attempt } = await openClaim(store);
      const input = () => ({ ...start(registration), maxPerHour: 50, expectedAttemptId: attempt.id });
      const answers = await race(() => store.startAttempt(input()));
      assertOneWinner(
        answers.map(({ outcome }) => outcome),
        "started",
      );
    });

    suite.it("allows an hour's budget, and tells when the oldest attempt leaves the hour", async () => {
      const store = suite.store();
      const { registration, attempt: first } = await openClaim(store);
      for (const second of [1, 2, 3, 4]) {
        const started = await store.startAttempt(start(registration, {}, someTime + second));
        assertSame(started, { outcome: "started" });
      }
      const tooEarly = start(registration, {}, someTime + 3599);
      const watched = { registrations: [registration], attempts: [first, tooEarly.attempt] };
      const answer = await withoutEffect(store, watched, () => store.startAttempt(tooEarly));
      assertSame(answer, { outcome: "too_many", retryAt: someTime + 3600 });
      const inTime = start(registration, {}, someTime + 3600);
      assertSame(await store.startAttempt(inTime), { outcome: "started" });
      assertSame(await store.startAttempt(start(registration, {}, someTime + 3600)), {
        outcome: "too_many",
        retryAt: someTime + 3601,
      });
    });

    suite.it("counts the attempts of its own registration only", async () => {
      const store = suite.store();
      const { registration: other } = await openClaim(store);
      const { registration } = await openClaim(store);
      await store.startAttempt(start(other));
      assertSame(await store.startAttempt({ ...start(registration), maxPerHour: 2 }), {
        outcome: "started",
      });
    });

    suite.it("are counted from a moment on, each registration's own", async () => {
      const { registration } = await openClaim(suite.store(), { attempt: { createdAt: someTime } });
      await openClaim(suite.store(), { attempt: { createdAt: someTime } });
      const count = (after: number) =>
        suite.store().countAttempts({ registrationId: registration.id, after });
      assert.deepEqual([await count(someTime - 1), await count(someTime)], [1, 0]);
    });

    suite.it("lets a crowd start no more than the budget, and leaves one attempt current", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store);
      const inputs = Array.from({ length: crowd }, () => start(registration));
      const answers = await race((caller) => store.startAttempt(inputs[caller] ?? start(registration)));
      assert.equal(answers.filter(({ outcome }) => outcome === "started").length, 5);
      assert.equal((await auditOf(store, registration)).length, 5);
      const stored = await Promise.all(inputs.map(({ attempt }) => store.findAttempt(attempt.id)));
      const open = stored.filter((attempt) => attempt !== null && attempt.replacedAt === null);
      assertSame(
        open.map((attempt) => attempt?.id),
        [(await reread(store, registration)).currentAttemptId],
      );
    });
  });

  suite.describe("markViewed", () => {
    suite.it("notes the first view of a crowd, with one audit event", async () => {
      const store = suite.store();
      const { registration, attempt } = await openClaim(store);
      const audit = [eventOf(registration, "claim.viewed")];
      const view = (caller: number) => store.markViewed({ attemptId: attempt.id, now: now + caller, audit });
      const answers = await race(view);
      assertOneWinner(answers, true);
      assertSame(await store.findAttempt(attempt.id), {
        ...attempt,
        viewedAt: now + answers.indexOf(true),
      });
      assertSame(await auditOf(store, registration), ["claim.viewed"]);
      await withoutEffect(store, { attempts: [attempt] }, () => view(100));
    });

    suite.it("answers false for an unknown attempt", async () => {
      await withoutEffect(suite.store(), {}, async () => {
        const audit = [eventOf(aRegistration(), "claim.viewed")];
        assert.equal(await suite.store().markViewed({ attemptId: "att_nobody", now, audit }), false);
      });
    });
  });
}
