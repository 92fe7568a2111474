/** Owns the part of the contract about the end of refresh tokens: with them dies what was issued next to them. */
import assert from "node:assert/strict";
import { aToken, holderOf, someTime } from "../builders.js";
import { type Chain, chainsOf } from "./refresh-suite.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  now,
  race,
  reread,
  type Suite,
  withoutEffect,
} from "./suite.js";

/** Describes endRefreshFamily and deleteExpiredRefreshFamilies. */
export function describeRefreshEndings(suite: Suite): void {
  const { begun, rotate, end, watching, stored, refusesToRotate } = chainsOf(suite);

  suite.describe("endRefreshFamily", () => {
    suite.it("revokes the family and what has its generation, for one of a crowd", async () => {
      const [chain, other] = [await begun(), await begun()];
      const token = aToken({ registrationId: chain.registration.id, generation: 2 });
      await suite.store().issueAccessToken({ token, now, audit: [] });
      const answers = await race((caller) => end(chain, now + caller));
      assertOneWinner(answers, true);
      const revokedAt = now + answers.indexOf(true);
      const registration = { ...chain.registration, generation: 3 };
      await suite.restarted();
      assertSame(await stored(chain), { ...chain.family, revokedAt });
      assertSame(await reread(suite.store(), registration), registration);
      const found = await suite.store().findAccessToken(token.hash);
      assertSame(found, { token, holder: holderOf(registration) });
      assertSame(await auditOf(suite.store(), registration), ["token.revoked"]);
      assertSame(await stored(other), other.family);
      assertSame(await reread(suite.store(), other.registration), other.registration);
    });

    suite.it("answers false the second time and for an unknown family, and changes nothing", async () => {
      const chain = await begun();
      assert.equal(await end(chain), true);
      const unknown = { ...chain, family: { ...chain.family, id: "rtf_nobody" } };
      for (const again of [chain, unknown]) {
        assert.equal(await withoutEffect(suite.store(), watching(chain), () => end(again, now + 1)), false);
      }
    });

    for (const generation of [1, 3]) {
      suite.it(`leaves generation 2 as it is for a family of generation ${generation}`, async () => {
        const chain = await begun({ family: { generation } });
        assert.equal(await end(chain), true);
        assertSame(await stored(chain), { ...chain.family, revokedAt: now });
        assertSame(await reread(suite.store(), chain.registration), chain.registration);
        assertSame(await auditOf(suite.store(), chain.registration), ["token.revoked"]);
      });
    }

    suite.it("works during a suspension, so that nothing comes back with the resumption", async () => {
      const chain = await begun();
      const { id: registrationId } = chain.registration;
      await suite.store().setSuspended({ registrationId, suspended: true, now, audit: [] });
      assert.equal(await end(chain), true);
      await suite.store().setSuspended({ registrationId, suspended: false, now, audit: [] });
      assert.equal((await reread(suite.store(), chain.registration)).generation, 3);
      await refusesToRotate(chain);
    });

    suite.it("leaves nothing to rotate, whoever was first", async () => {
      const chain = await begun();
      await race((caller) => (caller === 10 ? end(chain) : rotate(chain, caller < 10 ? 1 : 2)));
      const family = await stored(chain);
      assert.equal(family?.revokedAt, now);
      await refusesToRotate(chain, family?.sequence);
    });
  });

  suite.describe("deleteExpiredRefreshFamilies", () => {
    const expiring = (...expiries: number[]) =>
      Promise.all(expiries.map((expiresAt) => begun({ family: { expiresAt } })));
    const left = async (chains: Chain[]) =>
      (await Promise.all(chains.map(stored))).map((family) => family !== null);

    suite.it("deletes what expired before the moment, not in it, revoked or not", async () => {
      const chains = await expiring(now - 1, now, now + 1);
      chains.push(await begun({ family: { expiresAt: now + 1, revokedAt: someTime } }));
      assert.equal(await suite.store().deleteExpiredRefreshFamilies(now, 10), 1);
      assertSame(await left(chains), [false, true, true, true]);
      for (const { registration } of chains)
        assertSame(await reread(suite.store(), registration), registration);
    });

    suite.it("deletes at most as many as asked, the oldest first", async () => {
      const chains = await expiring(now - 1, now - 3, now - 2);
      const counts: [number, boolean[]][] = [
        [2, [true, false, false]],
        [1, [false, false, false]],
        [0, [false, false, false]],
      ];
      for (const [deleted, others] of counts) {
        assert.equal(await suite.store().deleteExpiredRefreshFamilies(now, 2), deleted);
        assertSame(await left(chains), others);
      }
    });

    suite.it("deletes each family once, whoever sweeps", async () => {
      await expiring(...Array.from({ length: 30 }, () => now - 1));
      const deleted = await race(() => suite.store().deleteExpiredRefreshFamilies(now, 4));
      assert.equal(
        deleted.reduce((sum, count) => sum + count, 0),
        30,
      );
      assert.ok(deleted.every((count) => count <= 4));
    });
  });
}
