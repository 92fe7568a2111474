/** Owns the part of the contract about guesses at the code of an attempt: a budget that is spent before it is compared. */
import assert from "node:assert/strict";
import type { ClaimAttempt, Registration } from "../../protocol/model.js";
import { anAttempt } from "../builders.js";
import { assertSame, now, openClaim, race, reread, type Suite, withoutEffect } from "./suite.js";

/** Describes the verbs of guesses. */
export function describeGuesses(suite: Suite): void {
  suite.describe("spendGuess", () => {
    const guess = (attemptId: string, isRight = () => false) =>
      suite.store().spendGuess({ attemptId, isRight, maxPerAttempt: 5, maxPerClaim: 15 });

    suite.it("counts a wrong one on the attempt and on the claim", async () => {
      const { registration, attempt } = await openClaim(suite.store(), { registration: { wrongGuesses: 7 } });
      assertSame(await guess(attempt.id), { outcome: "wrong", attemptGuesses: 1, claimGuesses: 8 });
      assertSame(await suite.store().findAttempt(attempt.id), { ...attempt, wrongGuesses: 1 });
      assertSame(await reread(suite.store(), registration), { ...registration, wrongGuesses: 8 });
    });

    suite.it("counts none of a crowd of right ones, and compares every one", async () => {
      const { registration, attempt } = await openClaim(suite.store());
      const watched = { registrations: [registration], attempts: [attempt] };
      const answers = await withoutEffect(suite.store(), watched, () =>
        race(() => guess(attempt.id, () => true)),
      );
      assertSame(new Set(answers.map(({ outcome }) => outcome)), new Set(["right"]));
    });

    suite.it("lets exactly the budget through a crowd", async () => {
      const { registration, attempt } = await openClaim(suite.store());
      const answers = await race(() => guess(attempt.id));
      const wrong = answers.flatMap((answer) => (answer.outcome === "wrong" ? [answer.attemptGuesses] : []));
      assertSame(wrong.toSorted(), [1, 2, 3, 4, 5]);
      assert.equal((await suite.store().findAttempt(attempt.id))?.wrongGuesses, 5);
      assert.equal((await reread(suite.store(), registration)).wrongGuesses, 5);
    });

    const used: [string, Partial<Registration>, Partial<ClaimAttempt>][] = [
      ["the attempt's budget", {}, { wrongGuesses: 5 }],
      ["the claim's budget", { wrongGuesses: 15 }, {}],
    ];
    for (const [title, registrationFields, attemptFields] of used) {
      suite.it(`is exhausted when ${title} is used up, compares nothing and counts nothing`, async () => {
        const overrides = { registration: registrationFields, attempt: attemptFields };
        const { registration, attempt } = await openClaim(suite.store(), overrides);
        const watched = { registrations: [registration], attempts: [attempt] };
        const answer = await withoutEffect(suite.store(), watched, () =>
          guess(attempt.id, () => assert.fail("compared")),
        );
        assertSame(answer, { outcome: "exhausted" });
      });
    }

    suite.it("fails closed for an unknown attempt", async () => {
      assertSame(await guess("att_nobody"), { outcome: "exhausted" });
    });

    suite.it("keeps the claim's budget over a new attempt", async () => {
      const { registration } = await openClaim(suite.store(), { registration: { wrongGuesses: 14 } });
      const attempt = anAttempt({ registrationId: registration.id, createdAt: now });
      await suite.store().startAttempt({ attempt, pollInterval: 5, maxPerHour: 5, now, audit: [] });
      assert.equal((await guess(attempt.id)).outcome, "wrong");
      assert.equal((await guess(attempt.id)).outcome, "exhausted");
    });
  });
}
