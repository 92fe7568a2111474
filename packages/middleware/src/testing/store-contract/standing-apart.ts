/**
 * Owns the part of the contract about what one registration's standing means for another one of the same person at a
 * provider: stops cover the pair, ceilings count as they are now, and a newer ID-JAG is no shelter for older tokens.
 */
import assert from "node:assert/strict";
import type { AttemptLink, Registration } from "../../protocol/model.js";
import { aLink, anAttempt, anAuditEvent, aRefreshFamily, aToken } from "../builders.js";
import { admission, binding, stepUp } from "./identity-suite.js";
import { assertSame, now, reread, type Suite, store as storeRegistration, withoutEffect } from "./suite.js";

/** Describes the verbs that bind, next to other registrations of the pair. */
export function describeStandingApart(suite: Suite): void {
  const admitted = async (terms: AttemptLink): Promise<Registration> => {
    const result = await suite.store().admitByIdJag(admission(terms));
    assert.equal(result.outcome, "admitted");
    return (result as Extract<typeof result, { outcome: "admitted" }>).registration;
  };
  /** An anonymous registration that carries the pair, as a claim by ID-JAG leaves it behind. */
  const carrying = async (terms: AttemptLink): Promise<Registration> => {
    const registration = await storeRegistration(suite.store());
    assert.equal(await suite.store().bindByIdJag(binding(terms, registration)), "bound");
    return reread(suite.store(), registration);
  };
  /** A step-up that its person approved and whose agent has not come back. */
  const approved = async (terms: AttemptLink): Promise<Registration> => {
    const opened = await suite.store().openStepUp(stepUp(terms));
    assert.equal(opened.outcome, "started");
    const { registration } = opened as Extract<typeof opened, { outcome: "started" }>;
    const { id: registrationId, generation } = registration;
    const attemptId = registration.currentAttemptId ?? "";
    const confirmation = { attemptId, registrationId, generation, userId: terms.userId };
    const scopes = ["api.read"];
    assert.equal(await suite.store().confirmClaim({ ...confirmation, scopes, now, audit: [] }), true);
    return reread(suite.store(), registration);
  };
  const stops: [string, (id: string) => Promise<unknown>][] = [
    [
      "suspended",
      (registrationId) => suite.store().setSuspended({ registrationId, suspended: true, now, audit: [] }),
    ],
    [
      "suspended and then revoked",
      async (registrationId) => {
        await suite.store().setSuspended({ registrationId, suspended: true, now, audit: [] });
        const actor = { kind: "system", id: null } as const;
        const end = { registrationId, as: "revoked" as const, actor, reason: "test", now, audit: [] };
        await suite.store().endRegistration(end);
      },
    ],
  ];

  suite.describe("another registration of the pair", () => {
    for (const [title, stop] of stops) {
      suite.it(`that is ${title} stops every bind, and nothing changes`, async () => {
        const store = suite.store();
        const terms = aLink();
        const { issuer, subject } = terms;
        const stopped = await carrying(terms);
        const again = { ...terms, version: 1 };
        const waiting = await storeRegistration(store);
        const attempt = anAttempt({ registrationId: waiting.id, link: again });
        const open = { attempt, pollInterval: 5, maxPerHour: 5, now, audit: [] };
        assert.equal((await store.startAttempt(open)).outcome, "started");
        assert.equal(await store.isSubjectStopped(issuer, subject, now), false);
        await stop(stopped.id);
        assert.equal(await store.isSubjectStopped(issuer, subject, now), true);

        const fresh = await storeRegistration(store);
        const watched = { pairs: [terms], registrations: [stopped, waiting, fresh], attempts: [attempt] };
        const answers = await withoutEffect(store, watched, async () => [
          (await store.admitByIdJag(admission(again, { link: false }))).outcome,
          (await store.openStepUp(stepUp(again))).outcome,
          await store.bindByIdJag(binding(again, fresh)),
          await store.confirmClaim({
            attemptId: attempt.id,
            registrationId: waiting.id,
            generation: waiting.generation,
            userId: terms.userId,
            scopes: ["api.read"],
            now,
            audit: [],
          }),
        ]);
        // A step-up of somebody who is linked is a clean match, and that one is refused.
        assertSame(answers, ["suspended", "linked", "suspended", false]);
      });
    }

    suite.it("is nobody's business of another subject", async () => {
      const stopped = await carrying(aLink());
      await suite.store().setSuspended({ registrationId: stopped.id, suspended: true, now, audit: [] });
      await admitted(aLink());
    });
  });

  suite.describe("the ceiling", () => {
    const narrowed = async (): Promise<AttemptLink> => {
      const terms = aLink();
      const registration = await storeRegistration(suite.store());
      const attempt = anAttempt({ registrationId: registration.id, link: terms });
      await suite.store().startAttempt({ attempt, pollInterval: 5, maxPerHour: 5, now, audit: [] });
      const { id: registrationId, generation } = registration;
      const confirmation = { attemptId: attempt.id, registrationId, generation, userId: terms.userId };
      const scopes = ["api.read"];
      assert.equal(await suite.store().confirmClaim({ ...confirmation, scopes, now, audit: [] }), true);
      return { ...terms, version: 1 };
    };

    suite.it("cuts what a caller worked out before it was there", async () => {
      const terms = await narrowed();
      assertSame((await admitted(terms)).scopes, ["api.read"]);
      const registration = await storeRegistration(suite.store());
      const input = binding(terms, registration, { scopes: ["api.write", "api.read"] });
      assert.equal(await suite.store().bindByIdJag(input), "bound");
      assertSame((await reread(suite.store(), registration)).scopes, ["api.read"]);
    });

    suite.it("refuses who would be left with nothing, and nothing changes", async () => {
      const terms = await narrowed();
      const registration = await storeRegistration(suite.store());
      const input = admission(terms, { link: false });
      const wanting = { ...input, registration: { ...input.registration, scopes: ["api.write"] } };
      const watched = { pairs: [terms], registrations: [registration, wanting.registration] };
      const answers = await withoutEffect(suite.store(), watched, async () => [
        (await suite.store().admitByIdJag(wanting)).outcome,
        await suite.store().bindByIdJag(binding(terms, registration, { scopes: ["api.write"] })),
      ]);
      assertSame(answers, ["no_scope", "no_scope"]);
    });
  });

  suite.describe("a security event older than the newest ID-JAG", () => {
    const event = (terms: AttemptLink, kind: "revoke" | "end_sessions", issuedAt: number) => ({
      issuer: terms.issuer,
      subject: terms.subject,
      kind,
      jti: `event_${kind}`,
      issuedAt,
      rememberUntil: now + 86_400,
      actor: { kind: "provider", id: terms.issuer } as const,
      reason: "test",
      now,
      audit: [anAuditEvent({ type: "event.received" })],
      registrationEvent: null,
      delegationEvent: null,
    });

    /** A registration bound at `now` and used again with an ID-JAG of `issuedAt`, and its token. */
    const used = async (terms: AttemptLink, issuedAt: number) => {
      const registration = await admitted(terms);
      const newer = { ...terms, version: 1, issuedAt };
      await suite.store().admitByIdJag(admission(newer, { link: false }));
      const token = aToken({ registrationId: registration.id, generation: registration.generation });
      assert.equal(await suite.store().issueAccessToken({ token, now, audit: [] }), true);
      return { token, registration };
    };

    for (const kind of ["revoke", "end_sessions"] as const) {
      suite.it(`(${kind}) ends what was given before it, and leaves registration and link`, async () => {
        const terms = aLink();
        const { token, registration } = await used(terms, now + 20);
        await suite.store().applySecurityEvent(event(terms, kind, now + 10));
        const found = await suite.store().findAccessToken(token.hash);
        assert.notEqual(found?.token.generation, found?.holder.generation);
        assert.equal((await reread(suite.store(), registration)).revokedAt, null);
        const again = { ...terms, version: 2, issuedAt: now + 30 };
        const later = await suite.store().admitByIdJag(admission(again, { link: false }));
        assert.equal(later.outcome, "admitted");
      });

      suite.it(`(${kind}) ends nothing of what was bound after it`, async () => {
        const terms = aLink();
        const { token } = await used(terms, now + 20);
        await suite.store().applySecurityEvent(event(terms, kind, now - 1));
        const found = await suite.store().findAccessToken(token.hash);
        assert.equal(found?.token.generation, found?.holder.generation);
      });
    }

    suite.it("(end_sessions) leaves nothing to collect of a claim that was approved", async () => {
      const terms = aLink();
      const registration = await approved(terms);
      await suite.store().applySecurityEvent(event(terms, "end_sessions", terms.issuedAt));
      const ended = await reread(suite.store(), registration);
      const token = aToken({ registrationId: ended.id, generation: ended.generation });
      assert.equal(
        await suite.store().collectClaim({
          token,
          refreshFamily: aRefreshFamily({
            registrationId: token.registrationId,
            generation: token.generation,
          }),
          now,
          audit: [],
        }),
        "already_collected",
      );
    });
  });

  suite.describe("a claim that nobody collected", () => {
    const end = (registrationId: string, at: number) =>
      suite.store().endRegistration({
        registrationId,
        as: "uncollected",
        actor: { kind: "system", id: null },
        reason: "never_collected",
        now: at,
        audit: [],
      });

    suite.it("is given up for one caller only, and only once its window is over", async () => {
      const claimed = { claimedAt: now, userId: "user_alice", claimExpiresAt: now + 10 };
      const registration = await storeRegistration(suite.store(), claimed);
      assert.equal(await end(registration.id, now + 9), false);
      assertSame(await reread(suite.store(), registration), registration);
      assert.equal(await end(registration.id, now + 10), true);
      assert.equal(await end(registration.id, now + 10), false);
    });

    suite.it("is not given up when somebody collected it, or a new ID-JAG put it to use", async () => {
      const claimed = { claimedAt: now, userId: "user_alice", claimExpiresAt: now };
      const collected = await storeRegistration(suite.store(), { ...claimed, collectedAt: now });
      assert.equal(await end(collected.id, now + 86_400), false);
      const terms = aLink();
      const used = await approved(terms);
      const again = admission({ ...terms, version: 1 }, { link: false });
      assert.equal((await suite.store().admitByIdJag(again)).outcome, "admitted");
      assert.equal(await end(used.id, now + 86_400), false);
    });
  });
}
