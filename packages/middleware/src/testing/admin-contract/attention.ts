/** Owns the part of the contract about what waits for an operator: old suspensions, failed mail, locked claims, jobs. */
import assert from "node:assert/strict";
import type { Attention } from "../../admin-queries-port.js";
import type { MailOutcome } from "../../ports.js";
import type { AuditEvent, Registration } from "../../protocol/model.js";
import { aMail, anAdminJob, anAuditEvent, aRegistration, someTime } from "../builders.js";
import { type AdminSuite, now } from "./suite.js";

const midnight = Math.ceil(someTime / 86_400) * 86_400;
const nothing: Attention = {
  longSuspended: 0,
  failedMails: 0,
  lockedClaims: 0,
  rejectedEvents: 0,
  openJobs: 0,
  stalledJobs: 0,
};

/** Describes attention. */
export function describeAttention(suite: AdminSuite): void {
  const ask = (input: Partial<Parameters<ReturnType<AdminSuite["queries"]>["attention"]>[0]> = {}) =>
    suite.queries().attention({ days: 2, suspendedBefore: now, stalledBefore: now, now, ...input });
  const expectOnly = async (
    expected: Partial<Attention>,
    input?: Parameters<typeof ask>[0],
  ): Promise<void> => {
    assert.equal(JSON.stringify(await ask(input)), JSON.stringify({ ...nothing, ...expected }));
  };
  const register = (overrides: Partial<Registration>) =>
    suite.store().createRegistration({ registration: aRegistration(overrides), attempt: null, audit: [] });

  suite.describe("attention", () => {
    suite.it("is nothing at first, nor for agents in good standing", async () => {
      await register({});
      await expectOnly({});
    });

    suite.it("counts who was suspended before a moment, is so still, and is not revoked", async () => {
      await register({ suspendedAt: now - 1 });
      await register({ suspendedAt: now });
      await register({ suspendedAt: now - 9, revokedAt: now, revokedBy: "operator", revokedReason: "abuse" });
      const resumed = aRegistration({ suspendedAt: now - 9 });
      await suite.store().createRegistration({ registration: resumed, attempt: null, audit: [] });
      await expectOnly({ longSuspended: 2 });
      const resume = { registrationId: resumed.id, suspended: false, now, audit: [] };
      assert.equal(await suite.store().setSuspended(resume), true);
      await expectOnly({ longSuspended: 1 });
      await expectOnly({ longSuspended: 2 }, { suspendedBefore: now + 1 });
    });

    suite.it("counts mail that was given up, not what was sent, waits or is tried again", async () => {
      const outcomes: (MailOutcome | null)[] = [
        { kind: "failed", failure: "refused" },
        { kind: "failed", failure: "given_up" },
        { kind: "sent", to: "alice@example.com" },
        { kind: "retry", at: now },
        null,
      ];
      for (const outcome of outcomes) {
        await suite.store().queueMail({ mail: aMail(), registrationId: null, now: someTime });
        const leased = await suite
          .store()
          .leaseMail({ now: someTime, leaseUntil: now + 600, limit: outcome === null ? 0 : 1 });
        for (const { id, tries } of leased)
          if (outcome !== null) await suite.store().settleMail({ id, tries, outcome, now, audit: [] });
      }
      await expectOnly({ failedMails: 2 });
      const [failed] = (await suite.queries().pageMail({ state: "failed" }, { after: null, limit: 1 })).rows;
      await suite.jobs().retryMail({ id: failed?.id ?? 0, now, audit: [] });
      await expectOnly({ failedMails: 1 });
    });

    suite.it("counts locked claims and rejected events of the days asked for, in UTC", async () => {
      const issuer = "https://a.example";
      const event = (type: AuditEvent["type"], at: number) =>
        anAuditEvent({ type, at, actor: { kind: "provider", id: issuer }, detail: { error: "invalid_key" } });
      await suite
        .store()
        .appendAudit([
          event("claim.locked", midnight - 86_401),
          event("claim.locked", midnight - 1),
          event("claim.locked", midnight),
          event("claim.denied", midnight),
          event("event.received", midnight),
          event("event.rejected", midnight - 1),
          event("event.rejected", midnight - 86_401),
        ]);
      const count = { what: "event", issuer, now: midnight } as const;
      await suite.queries().countOutcome({ ...count, refusal: "authentication_failed" });
      await suite.queries().countOutcome({ ...count, refusal: null });
      await expectOnly({ lockedClaims: 2, rejectedEvents: 2 }, { now: midnight + 5 });
      await expectOnly({ lockedClaims: 1, rejectedEvents: 1 }, { now: midnight + 5, days: 1 });
      await expectOnly({ lockedClaims: 3, rejectedEvents: 3 }, { now: midnight + 5, days: 3 });
    });

    suite.it("counts jobs that are open, and which of them stand still", async () => {
      const lease = async (from: number) => {
        const leased = await suite.jobs().leaseJob({ now: from, leaseUntil: from + 60 });
        assert.ok(leased);
        return leased;
      };
      const end = { cursor: null, nextLeaseUntil: null };
      await suite.jobs().startJob(anAdminJob({ createdAt: someTime, advancedAt: someTime }), []);
      await suite.jobs().startJob(anAdminJob({ createdAt: someTime + 1, advancedAt: someTime + 1 }), []);
      // Nobody works at all.
      await expectOnly({ openJobs: 2 }, { stalledBefore: someTime });
      await expectOnly({ openJobs: 2, stalledJobs: 2 }, { stalledBefore: someTime + 10 });
      // One is held and moves: the other one only waits.
      const first = await lease(someTime + 20);
      await expectOnly({ openJobs: 2, stalledJobs: 2 }, { stalledBefore: someTime + 10 });
      const moved = { id: first.id, leaseUntil: someTime + 80, cursor: "there", now: someTime + 30 };
      await suite.jobs().advanceJob({ ...moved, nextLeaseUntil: someTime + 90 });
      await expectOnly({ openJobs: 2 }, { stalledBefore: someTime + 10 });
      // The other one is taken up and gets nowhere, while the first one moves.
      const second = await lease(someTime + 40);
      await expectOnly({ openJobs: 2, stalledJobs: 1 }, { stalledBefore: someTime + 10 });
      // What is finished is no matter.
      for (const { id, leaseUntil } of [{ id: first.id, leaseUntil: someTime + 90 }, second])
        assert.ok(await suite.jobs().advanceJob({ id, leaseUntil: leaseUntil ?? 0, now, ...end }));
      await expectOnly({}, { stalledBefore: now + 1 });
    });
  });
}
