/** Owns the part of the contract about signing keys: one next key, and the old one verifies until it is forgotten. */
import assert from "node:assert/strict";
import { anAuditEvent, aSigningKey } from "../builders.js";
import { assertOneWinner, assertSame, now, race, type Suite, withoutEffect } from "./suite.js";

/** Describes listSigningKeys, addSigningKey and deleteRetiredKeys. */
export function describeKeys(suite: Suite): void {
  const add = (signsFrom: number, newestKid: string | null) => {
    const key = aSigningKey({ createdAt: now, signsFrom });
    const audit = [anAuditEvent({ type: "key.rotated" })];
    return { key, added: suite.store().addSigningKey({ key, newestKid, audit }) };
  };

  suite.describe("addSigningKey", () => {
    suite.it("adds the first key, and the next one retires it when it takes over", async () => {
      const first = add(now, null);
      assert.equal(await first.added, true);
      const second = add(now + 300, first.key.kid);
      assert.equal(await second.added, true);
      assertSame(await suite.store().listSigningKeys(), [second.key, { ...first.key, retiredAt: now + 300 }]);
      assert.equal((await suite.store().listAudit({ type: "key.rotated", limit: 10 })).length, 2);
    });

    suite.it("adds nothing when another key is the newest by now, and changes nothing", async () => {
      const first = add(now, null);
      await first.added;
      const second = add(now + 300, first.key.kid);
      await second.added;
      await withoutEffect(suite.store(), {}, async () => {
        assert.equal(await add(now + 600, first.key.kid).added, false);
        assert.equal(await add(now + 600, null).added, false);
        assert.equal(await add(now + 600, "key_nobody").added, false);
      });
    });

    suite.it("adds nothing after a key that is not there", async () => {
      await withoutEffect(suite.store(), {}, async () => {
        assert.equal(await add(now, "key_nobody").added, false);
      });
    });

    suite.it("lets one of a crowd add the first key, and one the next", async () => {
      assertOneWinner(await race(() => add(now, null).added), true);
      const [newest] = await suite.store().listSigningKeys();
      assertOneWinner(await race(() => add(now + 300, newest?.kid ?? null).added), true);
      assert.equal((await suite.store().listSigningKeys()).length, 2);
      assert.equal((await suite.store().listAudit({ type: "key.rotated", limit: 100 })).length, 2);
    });
  });

  suite.describe("deleteRetiredKeys", () => {
    suite.it(
      "deletes keys retired before the moment, not in it, and never one that is not retired",
      async () => {
        const keys = [add(now, null)];
        await keys[0]?.added;
        for (const start of [10, 20]) {
          const next = add(now + start, keys.at(-1)?.key.kid ?? null);
          await next.added;
          keys.push(next);
        }
        const left = async () => (await suite.store().listSigningKeys()).length;
        assert.equal(await suite.store().deleteRetiredKeys(now + 10), 0);
        assert.equal(await suite.store().deleteRetiredKeys(now + 11), 1);
        assert.equal(await left(), 2);
        assert.equal(await suite.store().deleteRetiredKeys(Number.MAX_SAFE_INTEGER), 1);
        assert.equal(await left(), 1);
      },
    );
  });
}
