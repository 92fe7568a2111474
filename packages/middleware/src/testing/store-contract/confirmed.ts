/** Owns the part of the contract about what a person's confirmation holds off, and when it no longer does. */
import assert from "node:assert/strict";
import type { ClaimAttempt, RegistrationKind } from "../../protocol/model.js";
import { aLink, anAttempt } from "../builders.js";
import { anIdentity, binding, revocation, stepUp } from "./identity-suite.js";
import { revealedTo } from "./read-back.js";
import { assertSame, type Claim, now, openClaim, reread, type Suite, withoutEffect } from "./suite.js";

/** Confirmations that hold nothing off any more: lapsed in this second, or without guesses left. */
const lapsed: [string, Partial<ClaimAttempt>][] = [
  ["has lapsed, in the boundary second", { expiresAt: now }],
  ["has no guesses left", { wrongGuesses: 5 }],
];

/** Describes startAttempt, openStepUp, bindByIdJag and security events about an attempt a person has confirmed. */
export function describeConfirmed(suite: Suite): void {
  const confirmed = (
    userId: string | null,
    attempt: Partial<ClaimAttempt> = {},
    kind: RegistrationKind = "service_auth",
  ) => openClaim(suite.store(), { registration: { kind }, attempt: { ...revealedTo(userId), ...attempt } });
  const canBind = async ({ registration, attempt }: Claim) => {
    const { id: registrationId, generation } = await reread(suite.store(), registration);
    const settling = { attemptId: attempt.id, registrationId, generation, userId: "user_alice" };
    return suite.store().confirmClaim({ ...settling, scopes: ["api.read"], now, audit: [] });
  };

  suite.describe("startAttempt, openStepUp and bindByIdJag while a person has confirmed", () => {
    const start = (claim: Claim) => {
      const attempt = anAttempt({ registrationId: claim.registration.id, createdAt: now });
      return { attempt, pollInterval: 5, maxPerHour: 5, now, audit: [] };
    };

    suite.it("a new attempt is in flight until the last second of the confirmation", async () => {
      for (const userId of ["user_alice", null]) {
        const claim = await confirmed(userId, { expiresAt: now + 1 });
        const input = start(claim);
        const watched = { registrations: [claim.registration], attempts: [claim.attempt, input.attempt] };
        const answer = await withoutEffect(suite.store(), watched, () => suite.store().startAttempt(input));
        assertSame(answer, { outcome: "in_flight" });
      }
    });

    for (const [title, attempt] of lapsed) {
      suite.it(`a new attempt starts once the confirmation ${title}`, async () => {
        const claim = await confirmed("user_alice", attempt);
        assertSame(await suite.store().startAttempt(start(claim)), { outcome: "started" });
        assert.equal(await canBind(claim), false);
      });

      suite.it(`a step-up is renewed once the confirmation ${title}`, async () => {
        const terms = aLink();
        const current = anAttempt({ link: terms, ...revealedTo("user_alice"), ...attempt });
        const registration = anIdentity(terms, { currentAttemptId: current.id });
        current.registrationId = registration.id;
        await suite.store().createRegistration({ registration, attempt: current, audit: [] });
        assert.equal((await suite.store().openStepUp(stepUp(terms))).outcome, "started");
      });
    }

    suite.it("an ID-JAG of another person is in flight, and changes nothing", async () => {
      const claim = await confirmed("user_bob", { expiresAt: now + 1 }, "anonymous");
      const input = binding(aLink(), claim.registration);
      const watched = {
        pairs: [input.terms],
        registrations: [claim.registration],
        attempts: [claim.attempt],
      };
      const answer = await withoutEffect(suite.store(), watched, () => suite.store().bindByIdJag(input));
      assert.equal(answer, "in_flight");
    });

    const others: [string, string | null, Partial<ClaimAttempt>][] = [
      ["was made by the same person", "user_alice", {}],
      ["was made by somebody without an account", null, {}],
      ...lapsed.map(([title, attempt]): [string, string, Partial<ClaimAttempt>] => [
        `of another person ${title}`,
        "user_bob",
        attempt,
      ]),
    ];
    for (const [title, userId, attempt] of others) {
      suite.it(`an ID-JAG binds where the confirmation ${title}`, async () => {
        const claim = await confirmed(userId, attempt, "anonymous");
        assert.equal(await suite.store().bindByIdJag(binding(aLink(), claim.registration)), "bound");
        assert.equal(await canBind(claim), false);
      });
    }

    for (const kind of ["revoke", "end_sessions"] as const) {
      suite.it(`a security event ends the attempt: ${kind}`, async () => {
        const link = aLink();
        const claim = await confirmed("user_alice", { link });
        await suite.store().applySecurityEvent(revocation(link, { kind }));
        assertSame(await suite.store().findAttempt(claim.attempt.id), { ...claim.attempt, expiresAt: now });
        assert.equal(await canBind(claim), false);
      });
    }
  });
}
