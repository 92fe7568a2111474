/** Owns the part of the contract about read-back: a code is revealed once, and binds the person it was revealed to. */
import assert from "node:assert/strict";
import type { ClaimAttempt } from "../../protocol/model.js";
import { aHash, anAttempt, aRefreshFamily, aToken, someTime } from "../builders.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  type Claim,
  closedClaims,
  crowd,
  eventOf,
  now,
  openClaim,
  race,
  reread,
  type Suite,
  withoutEffect,
} from "./suite.js";

/** What an attempt holds once a code was revealed to a person. */
export const revealedTo = (confirmedUserId: string | null): Partial<ClaimAttempt> => ({
  confirmedAt: someTime,
  confirmedUserId,
  confirmedScopes: ["api.read"],
  readBackCodeHash: aHash("user_code"),
});

/** Describes revealReadBackCode, and how an attempt ends after it. */
export function describeReadBack(suite: Suite): void {
  const codeHash = aHash("user_code");
  const reveal = ({ registration, attempt }: Claim, userId: string | null = "user_alice") =>
    suite.store().revealReadBackCode({
      attemptId: attempt.id,
      registrationId: registration.id,
      userId,
      scopes: ["api.read"],
      codeHash,
      expiresAt: now + 600,
      now,
      audit: [eventOf(registration, "user_code.minted")],
    });
  const familyOf = ({ registration }: Claim) =>
    aRefreshFamily({ registrationId: registration.id, generation: registration.generation + 1 });
  const confirm = (claim: Claim, userId = "user_alice", refreshFamily?: ReturnType<typeof familyOf>) =>
    suite.store().confirmClaim({
      attemptId: claim.attempt.id,
      registrationId: claim.registration.id,
      generation: claim.registration.generation,
      userId,
      scopes: ["api.read"],
      ...(refreshFamily === undefined ? {} : { delivery: { refreshFamily } }),
      now,
      audit: [eventOf(claim.registration, "claim.confirmed")],
    });
  const deny = ({ registration, attempt }: Claim) =>
    suite.store().denyClaim({
      attemptId: attempt.id,
      registrationId: registration.id,
      now,
      audit: [eventOf(registration, "claim.denied")],
    });
  const refuses = async (claim: Claim, call: (claim: Claim) => Promise<boolean>) => {
    const watched = { registrations: [claim.registration], attempts: [claim.attempt] };
    assert.equal(await withoutEffect(suite.store(), watched, () => call(claim)), false);
  };
  const confirmed = (userId: string | null, attempt: Partial<ClaimAttempt> = {}, kind = "service_auth") =>
    openClaim(suite.store(), {
      registration: { kind } as Partial<Claim["registration"]>,
      attempt: { ...revealedTo(userId), ...attempt },
    });

  suite.describe("revealReadBackCode", () => {
    for (const userId of ["user_alice", null]) {
      suite.it(`notes who authorised what, and binds nothing: ${userId ?? "nobody yet"}`, async () => {
        const claim = await openClaim(suite.store());
        assert.equal(await reveal(claim, userId), true);
        assertSame(await suite.store().findAttempt(claim.attempt.id), {
          ...claim.attempt,
          ...{ confirmedAt: now, confirmedUserId: userId, confirmedScopes: ["api.read"] },
          ...{ readBackCodeHash: codeHash, expiresAt: now + 600 },
        });
        assertSame(await reread(suite.store(), claim.registration), claim.registration);
        assertSame(await auditOf(suite.store(), claim.registration), ["user_code.minted"]);
      });
    }

    suite.it("reveals to one of a crowd", async () => {
      const claim = await openClaim(suite.store());
      const answers = await race((caller) => reveal(claim, `user_${caller}`));
      assertOneWinner(answers, true);
      const attempt = await suite.store().findAttempt(claim.attempt.id);
      assert.equal(attempt?.confirmedUserId, `user_${answers.indexOf(true)}`);
      assertSame(await auditOf(suite.store(), claim.registration), ["user_code.minted"]);
    });

    for (const [title, registration] of closedClaims) {
      suite.it(`refuses a registration that is ${title}, and changes nothing`, async () => {
        await refuses(await openClaim(suite.store(), { registration }), reveal);
      });
    }

    const closedAttempts: [string, Partial<ClaimAttempt>][] = [
      ["replaced", { replacedAt: someTime }],
      ["denied", { deniedAt: someTime }],
      ["expired, in the boundary second", { expiresAt: now }],
      ["confirmed by the same person", revealedTo("user_alice")],
      ["confirmed by another person", revealedTo("user_bob")],
      ["confirmed by somebody without an account", revealedTo(null)],
    ];
    for (const [title, attempt] of closedAttempts) {
      suite.it(`refuses an attempt that is ${title}, and changes nothing`, async () => {
        await refuses(await openClaim(suite.store(), { attempt }), reveal);
      });
    }

    suite.it("refuses an attempt that is not current, of another registration, or unknown", async () => {
      await refuses(await openClaim(suite.store(), { registration: { currentAttemptId: null } }), reveal);
      const [claim, other] = [await openClaim(suite.store()), await openClaim(suite.store())];
      await refuses({ registration: claim.registration, attempt: other.attempt }, reveal);
      await refuses({ registration: claim.registration, attempt: anAttempt() }, reveal);
      const { attempt } = other;
      const crossed = await openClaim(suite.store(), { registration: { currentAttemptId: attempt.id } });
      await refuses({ registration: crossed.registration, attempt }, reveal);
    });

    suite.it("works one second before attempt, window and end date are over", async () => {
      const claim = await openClaim(suite.store(), {
        registration: { claimExpiresAt: now + 1, endsAt: now + 1 },
        attempt: { expiresAt: now + 1 },
      });
      assert.equal(await reveal(claim), true);
    });
  });

  suite.describe("confirmClaim of an attempt whose code was revealed", () => {
    for (const confirmedBy of ["user_alice", null]) {
      suite.it(`binds, and keeps when it was confirmed: ${confirmedBy ?? "nobody yet"}`, async () => {
        const claim = await confirmed(confirmedBy);
        assert.equal(await confirm(claim), true);
        assertSame(await suite.store().findAttempt(claim.attempt.id), {
          ...claim.attempt,
          confirmedUserId: "user_alice",
        });
        const { userId, claimedAt, collectedAt } = await reread(suite.store(), claim.registration);
        assertSame([userId, claimedAt, collectedAt], ["user_alice", now, null]);
      });
    }

    suite.it("takes nobody but the one who confirmed it, and changes nothing", async () => {
      await refuses(await confirmed("user_bob"), confirm);
    });

    suite.it("is over when the confirmation has lapsed, to the second", async () => {
      await refuses(await confirmed("user_alice", { expiresAt: now }), confirm);
      assert.equal(await confirm(await confirmed("user_alice", { expiresAt: now + 1 })), true);
    });

    suite.it("with a delivery leaves nothing to collect, and stores the family", async () => {
      const claim = await confirmed("user_alice");
      const family = familyOf(claim);
      assert.equal(await confirm(claim, "user_alice", family), true);
      assertSame(await suite.store().findRefreshFamily(family.id), family);
      assertSame(await reread(suite.store(), claim.registration), {
        ...claim.registration,
        ...{ userId: "user_alice", claimedAt: now, collectedAt: now, scopes: ["api.read"], generation: 2 },
      });
      const token = aToken({ registrationId: claim.registration.id, generation: 2 });
      const collect = { token, refreshFamily: familyOf(claim), now, audit: [] };
      assert.equal(await suite.store().collectClaim(collect), "already_collected");
    });

    suite.it("delivers to one of a crowd, and stores that one's family only", async () => {
      const claim = await confirmed("user_alice");
      const families = Array.from({ length: crowd }, () => familyOf(claim));
      const answers = await race((caller) => confirm(claim, "user_alice", families[caller]));
      assertOneWinner(answers, true);
      const stored = await Promise.all(families.map(({ id }) => suite.store().findRefreshFamily(id)));
      assertSame(
        stored.map((family) => family !== null),
        answers,
      );
      assertSame(await auditOf(suite.store(), claim.registration), ["claim.confirmed"]);
    });

    suite.it("is one with the confirmation of the other code: one of both wins", async () => {
      const claim = await confirmed("user_alice");
      const families = Array.from({ length: crowd }, () => familyOf(claim));
      const answers = await race((caller) =>
        confirm(claim, "user_alice", caller % 2 === 0 ? families[caller] : undefined),
      );
      assertOneWinner(answers, true);
      const { collectedAt, generation } = await reread(suite.store(), claim.registration);
      assert.equal(generation, 2);
      assert.equal(collectedAt !== null, answers.indexOf(true) % 2 === 0);
    });
  });

  suite.describe("denyClaim of an attempt whose code was revealed", () => {
    suite.it("ends the claim for good, whoever confirmed it", async () => {
      for (const userId of ["user_alice", null]) {
        const claim = await confirmed(userId);
        assert.equal(await deny(claim), true);
        const { claimEndReason } = await reread(suite.store(), claim.registration);
        assert.equal(claimEndReason, "denied");
        const denied = { ...claim.attempt, deniedAt: now };
        assertSame(await suite.store().findAttempt(claim.attempt.id), denied);
        await refuses({ ...claim, attempt: denied }, confirm);
      }
    });

    suite.it("against the agent's completion has one winner, whose word stands", async () => {
      const claim = await confirmed("user_alice");
      const answers = await race((caller) =>
        caller % 2 === 0 ? confirm(claim, "user_alice", familyOf(claim)) : deny(claim),
      );
      assertOneWinner(answers, true);
      const { claimedAt, claimEndedAt } = await reread(suite.store(), claim.registration);
      assert.equal(claimedAt === null, claimEndedAt !== null);
    });
  });
}
