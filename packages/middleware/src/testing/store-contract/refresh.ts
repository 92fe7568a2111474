/** Owns the part of the contract about refresh tokens that are good: one at a time, and one caller gets the next. */
import assert from "node:assert/strict";
import type { RefreshFamily, Registration } from "../../protocol/model.js";
import { aLink, aRefreshFamily, someTime } from "../builders.js";
import { stepUp } from "./identity-suite.js";
import { chainsOf, claimed, until } from "./refresh-suite.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  crowd,
  now,
  reread,
  type Suite,
  store as storeRegistration,
} from "./suite.js";

/** Describes findRefreshFamily and rotateRefreshToken. */
export function describeRefresh(suite: Suite): void {
  const { deliver, begun, rotate, stored, refusesToRotate } = chainsOf(suite);

  suite.describe("findRefreshFamily", () => {
    suite.it("finds one family among many, every field as it was, and misses cleanly", async () => {
      const full = { sequence: 7, createdAt: someTime - 2, rotatedAt: someTime - 1, revokedAt: someTime };
      const chains = [await begun({ family: full }), await begun({ family: { expiresAt: until } })];
      await suite.restarted();
      for (const chain of chains) assertSame(await stored(chain), chain.family);
      assertSame(await suite.store().findRefreshFamily("rtf_nobody"), null);
    });

    suite.it("finds none that a refused delivery would have brought", async () => {
      const refused = [{ collectedAt: someTime }, { claimedAt: null, userId: null }, { generation: 3 }];
      for (const overrides of refused) {
        const registration = await storeRegistration(suite.store(), claimed(overrides));
        const family = aRefreshFamily({ registrationId: registration.id, generation: 2 });
        assert.notEqual(await deliver({ registration, family }), "collected");
        assertSame(await stored({ registration, family }), null);
      }
    });
  });

  suite.describe("rotateRefreshToken", () => {
    suite.it("makes the next number the good one, and changes nothing else", async () => {
      const [chain, other] = [await begun(), await begun()];
      assert.equal(await rotate(chain), true);
      const rotated = { ...chain.family, sequence: 2, rotatedAt: now, expiresAt: until };
      await suite.restarted();
      assertSame(await stored(chain), rotated);
      assertSame(await stored(other), other.family);
      assertSame(await reread(suite.store(), chain.registration), chain.registration);
      assertSame(await auditOf(suite.store(), chain.registration), ["assertion.refreshed"]);
    });

    suite.it("goes on number by number, and never back", async () => {
      const chain = await begun();
      for (const sequence of [1, 2, 3]) assert.equal(await rotate(chain, sequence), true);
      for (const sequence of [1, 2, 3]) await refusesToRotate(chain, sequence);
      assert.equal((await stored(chain))?.sequence, 4);
    });

    for (const count of [crowd, 200]) {
      suite.it(`has one winner among ${count}, with one audit event`, async () => {
        const chain = await begun();
        const calls = Array.from({ length: count }, (_, caller) => rotate(chain, 1, until + caller));
        const answers = await Promise.all(calls);
        assertOneWinner(answers, true);
        const expiresAt = until + answers.indexOf(true);
        assertSame(await stored(chain), { ...chain.family, sequence: 2, rotatedAt: now, expiresAt });
        assertSame(await auditOf(suite.store(), chain.registration), ["assertion.refreshed"]);
      });
    }

    const numbers: [string, number][] = [
      ["the number before", 4],
      ["an old number", 1],
      ["a number that is yet to come", 6],
      ["no number at all", 0],
    ];
    for (const [title, sequence] of numbers) {
      suite.it(`answers false for ${title}, and changes nothing`, async () => {
        await refusesToRotate(await begun({ family: { sequence: 5 } }), sequence);
      });
    }

    const families: [string, Partial<RefreshFamily>][] = [
      ["revoked", { revokedAt: someTime }],
      ["expired, in the second of its end", { expiresAt: now }],
      ["of an older generation", { generation: 1 }],
      ["of a newer generation", { generation: 3 }],
    ];
    for (const [title, family] of families) {
      suite.it(`answers false for a family that is ${title}, and changes nothing`, async () => {
        await refusesToRotate(await begun({ family }));
      });
    }

    suite.it("answers false for an unknown family, and changes nothing", async () => {
      const chain = await begun();
      await refusesToRotate({ ...chain, family: { ...chain.family, id: "rtf_nobody" } });
    });

    const actor = { kind: "system", id: null } as const;
    const changes: [string, (registration: Registration) => Promise<unknown>][] = [
      [
        "revoked",
        ({ id: registrationId }) =>
          suite
            .store()
            .endRegistration({ registrationId, as: "revoked", actor, reason: "test", now, audit: [] }),
      ],
      [
        "suspended",
        ({ id: registrationId }) =>
          suite.store().setSuspended({ registrationId, suspended: true, now, audit: [] }),
      ],
      [
        "open again for a claim",
        ({ issuer, subject }) =>
          suite.store().openStepUp(stepUp(aLink({ issuer: issuer ?? "", subject: subject ?? "" }))),
      ],
    ];
    for (const [title, change] of changes) {
      suite.it(`answers false while the registration is ${title}, and changes nothing`, async () => {
        // A first one tells which generation the change leads to: it must not be the generation alone that refuses.
        const first = await begun();
        await change(first.registration);
        const { generation } = await reread(suite.store(), first.registration);
        await refusesToRotate(first);
        const chain = await begun({ family: { generation } });
        await change(chain.registration);
        // Somebody else's good standing does not help.
        await storeRegistration(suite.store(), claimed({ generation }));
        assert.equal((await reread(suite.store(), chain.registration)).generation, generation);
        await refusesToRotate(chain);
      });
    }

    suite.it("answers false in the second of the end date, and true one second before", async () => {
      await refusesToRotate(await begun({ registration: { endsAt: now } }));
      assert.equal(await rotate(await begun({ registration: { endsAt: now + 1 } })), true);
    });

    suite.it("goes on after a suspension was taken back, and in the family's last second", async () => {
      const chain = await begun({ family: { expiresAt: now + 1 } });
      const { id: registrationId } = chain.registration;
      for (const suspended of [true, false])
        await suite.store().setSuspended({ registrationId, suspended, now, audit: [] });
      assert.equal(await rotate(chain), true);
    });
  });
}
