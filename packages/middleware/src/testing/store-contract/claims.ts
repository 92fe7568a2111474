/** Owns the part of the contract about how a claim is settled: confirmed, denied or locked, once. */
import assert from "node:assert/strict";
import type { ClaimAttempt } from "../../protocol/model.js";
import { anAttempt, someTime } from "../builders.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  type Claim,
  closedClaims,
  eventOf,
  now,
  openClaim,
  race,
  reread,
  revoked,
  type Suite,
  withoutEffect,
} from "./suite.js";

const closedAttempts: [string, Partial<ClaimAttempt>][] = [
  ["replaced", { replacedAt: someTime }],
  ["denied", { deniedAt: someTime }],
  ["expired, in the boundary second", { expiresAt: now }],
];

/** Describes confirmClaim, denyClaim and lockClaim. */
export function describeClaims(suite: Suite): void {
  const confirm = ({ registration, attempt }: Claim, userId = "user_alice") =>
    suite.store().confirmClaim({
      attemptId: attempt.id,
      registrationId: registration.id,
      generation: registration.generation,
      userId,
      scopes: ["api.read", "api.write"],
      now,
      audit: [eventOf(registration, "claim.confirmed")],
    });
  const deny = ({ registration, attempt }: Claim) =>
    suite.store().denyClaim({
      attemptId: attempt.id,
      registrationId: registration.id,
      now,
      audit: [eventOf(registration, "claim.denied")],
    });
  const denyEvenIfOver = ({ registration, attempt }: Claim) =>
    suite.store().denyClaim({
      attemptId: attempt.id,
      registrationId: registration.id,
      evenIfOver: true,
      now,
      audit: [eventOf(registration, "claim.denied")],
    });
  const lock = ({ registration }: Pick<Claim, "registration">) =>
    suite.store().lockClaim({
      registrationId: registration.id,
      now,
      audit: [eventOf(registration, "claim.locked")],
    });
  const refuses = async (claim: Claim, settle: (claim: Claim) => Promise<boolean>) => {
    const watched = { registrations: [claim.registration], attempts: [claim.attempt] };
    assert.equal(await withoutEffect(suite.store(), watched, () => settle(claim)), false);
  };

  suite.describe("confirmClaim", () => {
    suite.it("binds the registration to the person, with new scopes and a new generation", async () => {
      const claim = await openClaim(suite.store());
      assert.equal(await confirm(claim), true);
      assertSame(await reread(suite.store(), claim.registration), {
        ...claim.registration,
        userId: "user_alice",
        claimedAt: now,
        scopes: ["api.read", "api.write"],
        generation: 2,
      });
      assertSame(await suite.store().findAttempt(claim.attempt.id), {
        ...claim.attempt,
        confirmedAt: now,
        confirmedUserId: "user_alice",
      });
      assertSame(await auditOf(suite.store(), claim.registration), ["claim.confirmed"]);
    });

    suite.it("binds to one person of a crowd", async () => {
      const claim = await openClaim(suite.store());
      const answers = await race((caller) => confirm(claim, `user_${caller}`));
      assertOneWinner(answers, true);
      const { userId, generation } = await reread(suite.store(), claim.registration);
      assert.equal(userId, `user_${answers.indexOf(true)}`);
      assert.equal(generation, 2);
      assertSame(await auditOf(suite.store(), claim.registration), ["claim.confirmed"]);
    });

    suite.it("refuses when the registration's generation moved on", async () => {
      const claim = await openClaim(suite.store(), { registration: { generation: 3 } });
      for (const generation of [2, 4]) {
        await refuses({ ...claim, registration: { ...claim.registration, generation } }, confirm);
      }
    });
  });

  suite.describe("denyClaim", () => {
    suite.it("ends the claim handle for good", async () => {
      const claim = await openClaim(suite.store());
      assert.equal(await deny(claim), true);
      assertSame(await reread(suite.store(), claim.registration), {
        ...claim.registration,
        claimEndedAt: now,
        claimEndReason: "denied",
      });
      assertSame(await suite.store().findAttempt(claim.attempt.id), {
        ...claim.attempt,
        deniedAt: now,
      });
      assertSame(await auditOf(suite.store(), claim.registration), ["claim.denied"]);
      await refuses(claim, confirm);
    });

    suite.it("ends it also when the attempt is over, if it is told to", async () => {
      const claim = await openClaim(suite.store(), { attempt: { expiresAt: now, wrongGuesses: 5 } });
      await refuses(claim, deny);
      assert.equal(await denyEvenIfOver(claim), true);
      assert.equal((await reread(suite.store(), claim.registration))?.claimEndReason, "denied");
      assertSame(await auditOf(suite.store(), claim.registration), ["claim.denied"]);
    });

    suite.it("never ends it for an attempt that is not the current one", async () => {
      const claim = await openClaim(suite.store());
      const other = { ...claim, attempt: { ...claim.attempt, id: "att_other" } };
      await refuses(other, denyEvenIfOver);
    });

    suite.it("asks for no generation", async () => {
      const claim = await openClaim(suite.store(), { registration: { generation: 3 } });
      assert.equal(await deny(claim), true);
    });

    suite.it("has one winner in a crowd, and one audit event", async () => {
      const claim = await openClaim(suite.store());
      assertOneWinner(await race(() => deny(claim)), true);
      assertSame(await auditOf(suite.store(), claim.registration), ["claim.denied"]);
    });
  });

  for (const [name, settle] of [
    ["confirmClaim", confirm],
    ["denyClaim", deny],
    ["denyClaim, even if over,", denyEvenIfOver],
  ] as const) {
    suite.describe(`${name}, refusing and changing nothing,`, () => {
      for (const [title, registration] of closedClaims) {
        suite.it(`refuses a registration that is ${title}`, async () => {
          await refuses(await openClaim(suite.store(), { registration }), settle);
        });
      }

      // Whether the attempt is alive is what it does not ask.
      for (const [title, attempt] of settle === denyEvenIfOver ? [] : closedAttempts) {
        suite.it(`refuses an attempt that is ${title}`, async () => {
          await refuses(await openClaim(suite.store(), { attempt }), settle);
        });
      }

      suite.it("refuses an attempt that is not the current one", async () => {
        await refuses(await openClaim(suite.store(), { registration: { currentAttemptId: null } }), settle);
        const other = { currentAttemptId: anAttempt().id };
        await refuses(await openClaim(suite.store(), { registration: other }), settle);
      });

      suite.it("refuses the attempt of another registration, and unknown ones", async () => {
        const claim = await openClaim(suite.store());
        const other = await openClaim(suite.store());
        await refuses({ registration: claim.registration, attempt: other.attempt }, settle);
        await refuses({ registration: claim.registration, attempt: anAttempt() }, settle);
      });

      suite.it("refuses an attempt of another registration that is named as current", async () => {
        const { attempt } = await openClaim(suite.store());
        const crossed = await openClaim(suite.store(), { registration: { currentAttemptId: attempt.id } });
        await refuses({ registration: crossed.registration, attempt }, settle);
      });

      suite.it("works one second before attempt, window and end date are over", async () => {
        const claim = await openClaim(suite.store(), {
          registration: { claimExpiresAt: now + 1, endsAt: now + 1 },
          attempt: { expiresAt: now + 1 },
        });
        assert.equal(await settle(claim), true);
      });
    });
  }

  suite.describe("confirmClaim against denyClaim and lockClaim", () => {
    suite.it("has one winner, whose word stands", async () => {
      const claim = await openClaim(suite.store());
      const answers = await race((caller) => [confirm, deny, lock][caller % 3]?.(claim) ?? deny(claim));
      assertOneWinner(answers, true);
      assert.equal((await auditOf(suite.store(), claim.registration)).length, 1);
      const { claimedAt, claimEndedAt } = await reread(suite.store(), claim.registration);
      assert.equal(claimedAt === null, claimEndedAt !== null);
    });
  });

  suite.describe("lockClaim", () => {
    suite.it("ends the claim handle for good, for one of a crowd", async () => {
      const claim = await openClaim(suite.store());
      assertOneWinner(await race(() => lock(claim)), true);
      assertSame(await reread(suite.store(), claim.registration), {
        ...claim.registration,
        claimEndedAt: now,
        claimEndReason: "locked",
      });
      assertSame(await auditOf(suite.store(), claim.registration), ["claim.locked"]);
      await refuses(claim, confirm);
    });

    for (const [title, registration] of [
      ["was refused before", { claimEndedAt: someTime, claimEndReason: "denied" }],
      ["is claimed", { claimedAt: someTime, userId: "user_bob" }],
      ["is revoked", revoked],
    ] as const) {
      suite.it(`finds nothing to lock when the claim ${title}, and changes nothing`, async () => {
        await refuses(await openClaim(suite.store(), { registration }), lock);
      });
    }

    suite.it("answers false for an unknown registration", async () => {
      const unknown = { registration: (await openClaim(suite.store())).registration };
      await withoutEffect(suite.store(), { registrations: [unknown.registration] }, async () => {
        assert.equal(await lock({ registration: { ...unknown.registration, id: "reg_nobody" } }), false);
      });
    });
  });
}
