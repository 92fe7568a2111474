/** Owns the part of the contract about rate limits: counting is exact, keys are apart, the reset lies in the window. */
import assert from "node:assert/strict";
import { assertSame, race, type Suite } from "./suite.js";

/** Describes consumeLimit. It keeps its own time, so no case waits for a window to end. */
export function describeLimits(suite: Suite): void {
  suite.describe("consumeLimit", () => {
    const consume = (key: string, windowSeconds = 3600) => suite.store().consumeLimit({ key, windowSeconds });

    suite.it("counts from one, and says when the window ends", async () => {
      const first = await consume("ip:192.0.2.1");
      assert.equal(first.used, 1);
      assert.ok(
        Number.isInteger(first.resetSeconds) && first.resetSeconds >= 3590 && first.resetSeconds <= 3600,
      );
      assert.equal((await consume("ip:192.0.2.1")).used, 2);
    });

    suite.it("keeps keys apart", async () => {
      await consume("ip:192.0.2.1");
      assert.equal((await consume("ip:192.0.2.2")).used, 1);
      assert.equal((await consume("IP:192.0.2.1")).used, 1);
    });

    suite.it("keeps windows of different lengths on different keys apart", async () => {
      assert.ok((await consume("short", 1)).resetSeconds === 1);
      assert.ok((await consume("long", 86_400)).resetSeconds > 3600);
    });

    suite.it("counts a crowd exactly", async () => {
      const used = (await race(() => consume("crowd"))).map((use) => use.used);
      assertSame(
        used.toSorted((left, right) => left - right),
        Array.from({ length: used.length }, (_, index) => index + 1),
      );
    });

    suite.it("keeps counting after a restart of a store that outlives its process", async () => {
      const before = suite.store();
      await consume("kept");
      const after = await suite.restarted();
      const { used } = await after.consumeLimit({ key: "kept", windowSeconds: 3600 });
      assert.equal(used, 2);
      assert.ok(after === suite.store() || before !== after);
    });
  });
}
