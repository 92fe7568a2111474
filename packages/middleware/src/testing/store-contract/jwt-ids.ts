/** Owns the part of the contract about token ids that may be used once. */
import assert from "node:assert/strict";
import { aLink } from "../builders.js";
import { revocation } from "./identity-suite.js";
import { assertOneWinner, now, race, type Suite } from "./suite.js";

/** Describes the memory of token ids. */
export function describeJwtIds(suite: Suite): void {
  const id = { purpose: "id-jag", issuer: "https://provider.example", jti: "jti_1" } as const;
  const remember = (overrides: Partial<{ issuer: string; jti: string; expiresAt: number }> = {}) =>
    suite.store().rememberJwtId({ ...id, expiresAt: now, ...overrides });

  suite.describe("rememberJwtId", () => {
    suite.it("has one winner in a crowd", async () => {
      assertOneWinner(await race(() => remember()), true);
    });

    suite.it("tells issuers and ids apart, character by character", async () => {
      assert.equal(await remember(), true);
      assert.equal(await remember({ issuer: "https://other.example" }), true);
      assert.equal(await remember({ jti: "JTI_1" }), true);
      assert.equal(await remember({ jti: "jti_1 " }), true);
      assert.equal(await remember({ expiresAt: now + 1 }), false);
    });

    suite.it("keeps security events apart", async () => {
      const event = revocation(aLink({ issuer: id.issuer }), { jti: id.jti });
      assert.equal((await suite.store().applySecurityEvent(event)).first, true);
      assert.equal(await remember(), true);
    });

    suite.it("keeps its memory over a restart", async () => {
      await remember();
      const after = await suite.restarted();
      assert.equal(await after.rememberJwtId({ ...id, expiresAt: now }), false);
    });
  });

  suite.describe("deleteRememberedJwtIds", () => {
    suite.it("deletes what ended before the moment, oldest first, at most as many as asked", async () => {
      const store = suite.store();
      for (const [index, expiresAt] of [now + 1, now, now - 1, now - 2].entries()) {
        await remember({ jti: `jti_${index}`, expiresAt });
      }
      assert.equal(await store.deleteRememberedJwtIds(now, 1), 1);
      assert.equal(await remember({ jti: "jti_2" }), false);
      assert.equal(await store.deleteRememberedJwtIds(now, 10), 1);
      assert.equal(await remember({ jti: "jti_1" }), false);
      assert.equal(await remember({ jti: "jti_0" }), false);
      assert.equal(await remember({ jti: "jti_3" }), true);
    });

    suite.it(
      "deletes an id a second after its end and not before, repeated calls notwithstanding",
      async () => {
        await remember();
        assert.equal(await remember({ expiresAt: now + 100 }), false);
        assert.equal(await suite.store().deleteRememberedJwtIds(now, 10), 0);
        assert.equal(await suite.store().deleteRememberedJwtIds(now + 1, 10), 1);
      },
    );
  });
}
