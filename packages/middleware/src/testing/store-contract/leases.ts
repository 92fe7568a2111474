/** Owns the part of the contract about leases: one holder at a time, and the next one when its time is over. */
import assert from "node:assert/strict";
import { assertOneWinner, race, type Suite } from "./suite.js";

const long = 3600;

/** Describes takeLease. */
export function describeLeases(suite: Suite): void {
  const take = (holder: string, seconds = long, name = "work") =>
    suite.store().takeLease({ name, holder, seconds });

  suite.describe("takeLease", () => {
    suite.it("elects one of a crowd, which keeps it as often as it asks, and nobody else", async () => {
      const answers = await race((caller) => take(`holder_${caller}`));
      assertOneWinner(answers, true);
      const elected = `holder_${answers.indexOf(true)}`;
      for (let round = 0; round < 3; round += 1) {
        assert.equal(await take(elected), true);
        assert.equal(await take("somebody_else"), false);
      }
    });

    suite.it("is about one name", async () => {
      assert.equal(await take("one"), true);
      assert.equal(await take("other", long, "other work"), true);
      assert.equal(await take("other"), false);
    });

    suite.it("goes to somebody else once its time is over, and not back", async () => {
      assert.equal(await take("one", 1), true);
      // The database's own clock decides, and nobody sets that.
      while (!(await take("other", 2))) await new Promise((resolve) => setTimeout(resolve, 50));
      assert.equal(await take("other"), true);
      assert.equal(await take("one"), false);
    });

    suite.it("is free when it would last longer than a new one, as when a clock was put back", async () => {
      assert.equal(await take("one", 2 * long), true);
      assert.equal(await take("other"), true);
      assert.equal(await take("one"), false);
    });
  });
}
