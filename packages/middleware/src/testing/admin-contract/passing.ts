/** Owns the part of the contract about counts that change by time alone: nothing is written when an end date comes. */
import assert from "node:assert/strict";
import type { Registration } from "../../protocol/model.js";
import { aRegistration, someTime } from "../builders.js";
import { sorted } from "./counting.js";
import { type AdminSuite, now, storeAll } from "./suite.js";

/** Describes what an overview says of registrations that have ended or expired since they were written. */
export function describePassing(suite: AdminSuite): void {
  suite.describe("overview, as time passes", () => {
    suite.it("counts what only time has ended or expired, each once, from that second on", async () => {
      const claimed = { claimedAt: someTime, claimExpiresAt: someTime };
      const waiting = { currentAttemptId: "att_of_nobody" };
      const over = { claimExpiresAt: now };
      const ended = { endsAt: now };
      const revoked = { revokedAt: someTime, revokedBy: "operator", revokedReason: "abuse" } as const;
      const standings: Partial<Registration>[] = [
        ...[claimed, { ...claimed, ...ended }, { ...claimed, endsAt: now + 1 }],
        ...[{}, ended, { endsAt: now + 1 }, waiting, { ...waiting, ...ended }],
        ...[over, { ...over, ...waiting }, { ...over, ...ended }, { ...over, endsAt: now + 1 }],
        ...[over, { ...over, ...ended }].map((noted) => ({ ...noted, expiredAt: now })),
        ...[ended, over].map((stopped) => ({ ...stopped, suspendedAt: someTime })),
        ...[{ ...ended, ...revoked }],
      ];
      await storeAll(
        suite.store(),
        standings.map((standing) => aRegistration(standing)),
      );
      const expectAt = async (at: number, expected: Record<string, number>) => {
        const { byStatus } = await suite.queries().overview({ days: 1, now: at });
        assert.equal(sorted(byStatus), sorted({ ...expected, suspended: 2, revoked: 1 }));
      };
      await expectAt(now - 1, { claimed: 3, unclaimed: 6, pending_claim: 3, expired: 2 });
      await expectAt(now, { claimed: 2, unclaimed: 2, pending_claim: 1, expired: 4, ended: 5 });
      await expectAt(now + 1, { claimed: 1, unclaimed: 1, pending_claim: 1, expired: 3, ended: 8 });
    });

    suite.it("says so where more may have ended than it looks at, and still counts each once", async () => {
      const most = 1000;
      const dated = (parts: Partial<Registration>) => aRegistration({ endsAt: now, ...parts });
      const counted = async () => {
        const { byStatus, statusIsMore } = await suite.queries().overview({ days: 1, now });
        return [sorted(byStatus), statusIsMore.ended, statusIsMore.expired];
      };
      const older = Array.from({ length: most - 1 }, () => dated({ createdAt: someTime - 1 }));
      // Several at a time, which share commits.
      for (let first = 0; first < older.length; first += 100)
        await Promise.all(older.slice(first, first + 100).map((one) => storeAll(suite.store(), [one])));
      await storeAll(suite.store(), [aRegistration({ claimExpiresAt: now })]);
      assert.deepEqual(await counted(), [sorted({ ended: most - 1, expired: 1 }), false, false]);
      // The newest are looked at, and one of them has not ended.
      await storeAll(suite.store(), [dated({ endsAt: now + 1 }), dated({ endsAt: now })]);
      assert.deepEqual(await counted(), [
        sorted({ ended: most - 1, expired: 1, unclaimed: 2 }),
        ...[true, true],
      ]);
    });
  });
}
