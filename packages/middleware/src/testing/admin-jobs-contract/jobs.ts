/** Owns the part of the contract about jobs: one worker at a time, exact counts, an end. */
import assert from "node:assert/strict";
import type { AdminJob, AdminJobs } from "../../admin-jobs-port.js";
import { aLink, anAdminJob, anAuditEvent, someTime } from "../builders.js";
import { linkPerson } from "../store-contract/identity-suite.js";
import {
  assertOneWinner,
  assertSame,
  eventOf,
  now,
  race,
  type Suite,
  store,
} from "../store-contract/suite.js";

const lease = { now, leaseUntil: now + 60 };

/** Describes the verbs of a job. */
export function describeJobs(suite: Suite, jobs: () => AdminJobs): void {
  const start = async (overrides: Partial<AdminJob> = {}) => {
    const job = anAdminJob(overrides);
    await jobs().startJob(job, []);
    return job;
  };
  /** Suspends a registration of its own on behalf of a job. */
  const change = async ({ id }: AdminJob) => {
    const registration = await store(suite.store());
    const audit = [{ ...eventOf(registration, "registration.suspended"), jobId: id }];
    const call = () =>
      suite.store().setSuspended({ registrationId: registration.id, suspended: true, now, audit });
    return call;
  };

  suite.describe("startJob, findJob and listJobs", () => {
    suite.it("give back every field", async () => {
      const job = await start({
        filter: { clientName: 'Zoë\'s "agent"', issuer: "https://a.example", createdBefore: someTime },
        createdBefore: someTime,
        actor: { kind: "operator", id: "op_1" },
        ip: "192.0.2.7",
        reason: "日本語",
      });
      const bare = await start({ filter: {}, createdBefore: null, ip: null, action: "resume" });
      assertSame(await jobs().findJob(job.id), job);
      assertSame(await jobs().findJob(bare.id), bare);
      assert.equal(await jobs().findJob("job_of_nobody"), null);
    });

    suite.it("tell of it in the same step", async () => {
      const job = anAdminJob();
      await jobs().startJob(job, [anAuditEvent({ type: "job.started" })]);
      assert.equal((await suite.store().listAudit({ type: "job.started", limit: 10 })).length, 1);
      const again = jobs().startJob(job, [anAuditEvent({ type: "job.started" })]);
      await assert.rejects(again);
      assert.equal((await suite.store().listAudit({ type: "job.started", limit: 10 })).length, 1);
    });

    suite.it("list the newest first, at most 50", async () => {
      const started: AdminJob[] = [];
      for (let number = 0; number < 52; number += 1)
        started.push(await start({ createdAt: someTime + Math.floor(number / 2) }));
      assertSame(await jobs().listJobs(), started.reverse().slice(0, 50));
    });
  });

  suite.describe("leaseJob", () => {
    suite.it("takes the oldest that nobody works on, and none when there is none", async () => {
      const second = await start({ createdAt: someTime + 1 });
      const first = await start();
      assert.equal((await jobs().leaseJob(lease))?.id, first.id);
      assertSame(await jobs().leaseJob(lease), { ...second, leaseUntil: lease.leaseUntil });
      assert.equal(await jobs().leaseJob(lease), null);
    });

    suite.it("takes incidents first, and then whichever waited longest", async () => {
      const long = await start({ createdBefore: someTime });
      const waiting = await start({ createdBefore: someTime, createdAt: someTime + 1 });
      const take = async (at: number) => {
        const job = await jobs().leaseJob({ now: at, leaseUntil: at + 60 });
        if (job !== null)
          await jobs().advanceJob({
            id: job.id,
            leaseUntil: at + 60,
            cursor: "x",
            now: at,
            nextLeaseUntil: null,
          });
        return job?.id;
      };
      assertSame([await take(now), await take(now + 1), await take(now + 2)], [long.id, waiting.id, long.id]);
      const incident = await start({ createdAt: now + 3, advancedAt: now + 3 });
      assertSame([await take(now + 4), await take(now + 5)], [incident.id, incident.id]);
    });

    suite.it("gives a job to one worker of a crowd", async () => {
      const job = await start();
      const leased = await race(() =>
        jobs()
          .leaseJob(lease)
          .then((found) => found?.id ?? null),
      );
      assertOneWinner(leased, job.id);
    });

    suite.it("gives a job anew in the second its lease is over, and not before", async () => {
      const { id } = await start();
      await jobs().leaseJob(lease);
      assert.equal(await jobs().leaseJob({ now: now + 59, leaseUntil: now + 119 }), null);
      assert.equal((await jobs().leaseJob({ now: now + 60, leaseUntil: now + 120 }))?.id, id);
    });
  });

  suite.describe("advanceJob", () => {
    const held = { leaseUntil: lease.leaseUntil, now: now + 5, nextLeaseUntil: now + 65 };

    suite.it("notes the cursor and extends the lease", async () => {
      const job = await start();
      await jobs().leaseJob(lease);
      const moved = await jobs().advanceJob({ id: job.id, cursor: "there", ...held });
      assertSame(moved, { ...job, cursor: "there", leaseUntil: now + 65, advancedAt: now + 5 });
      const stayed = await jobs().advanceJob({
        id: job.id,
        cursor: "stay",
        leaseUntil: now + 65,
        now: now + 6,
        nextLeaseUntil: null,
      });
      assertSame(stayed, { ...job, cursor: "there", leaseUntil: null, advancedAt: now + 6 });
      assertSame(await jobs().findJob(job.id), stayed);
    });

    suite.it(
      "goes on after a pass that changed something, and ends the job after one that did not",
      async () => {
        const job = await start();
        await jobs().leaseJob(lease);
        assert.equal(await (await change(job))(), true);
        const { id } = job;
        const first = await jobs().advanceJob({ id, cursor: null, ...held });
        assertSame(first, { ...job, passes: 1, changed: 1, leaseUntil: now + 65, advancedAt: now + 5 });
        const second = await jobs().advanceJob({ id, cursor: null, ...held, leaseUntil: now + 65 });
        assertSame(second, { ...job, passes: 2, changed: 1, finishedAt: now + 5, advancedAt: now + 5 });
        assert.equal(await jobs().leaseJob({ now: now + 999, leaseUntil: now + 1999 }), null);
      },
    );

    suite.it(
      "ends the job after the third pass, whatever it changed: others may be at it without end",
      async () => {
        const job = await start();
        const finished: (number | null | undefined)[] = [];
        for (let pass = 0; pass < 3; pass += 1) {
          await jobs().leaseJob({ now, leaseUntil: now + 60 });
          assert.equal(await (await change(job))(), true);
          const step = { id: job.id, leaseUntil: now + 60, cursor: null, now, nextLeaseUntil: null };
          finished.push((await jobs().advanceJob(step))?.finishedAt);
        }
        assertSame(finished, [null, null, now]);
        const ended = await jobs().findJob(job.id);
        // Whoever looks at it sees that the last pass was not the one that found nothing.
        assertSame([ended?.passes, ended?.changed, ended?.changedInPass, ended?.leaseUntil], [3, 3, 1, null]);
      },
    );

    suite.it("is refused to whoever lost the lease, and changes nothing", async () => {
      const { id } = await start();
      await jobs().leaseJob(lease);
      await jobs().leaseJob({ now: now + 60, leaseUntil: now + 120 });
      const before = await jobs().findJob(id);
      for (const cursor of ["stay", "there", null])
        assert.equal(await jobs().advanceJob({ id, cursor, ...held }), null);
      assertSame(await jobs().findJob(id), before);
    });
  });

  suite.describe("a change on behalf of a job", () => {
    suite.it("is counted once, in the step that makes it", async () => {
      const job = await start();
      const other = await start();
      const call = await change(job);
      assertOneWinner(await race(() => call()), true);
      const counted = await jobs().findJob(job.id);
      assertSame([counted?.changed, counted?.changedInPass], [1, 1]);
      assertSame(await jobs().findJob(other.id), other);
    });

    suite.it("is counted apart when it cuts a link, and the job goes on all the same", async () => {
      const job = await start();
      const terms = await linkPerson(suite.store(), aLink());
      const { issuer, subject } = terms;
      await jobs().leaseJob(lease);
      const audit = [anAuditEvent({ type: "delegation.deleted", jobId: job.id })];
      const unlink = () => jobs().unlinkDelegation({ issuer, subject, now, audit });
      assertOneWinner(await race(unlink), true);
      const counted = await jobs().findJob(job.id);
      assertSame([counted?.changed, counted?.unlinked, counted?.changedInPass], [0, 1, 1]);
      const step = { id: job.id, leaseUntil: lease.leaseUntil, now, nextLeaseUntil: lease.leaseUntil };
      const passed = await jobs().advanceJob({ ...step, cursor: null });
      assertSame([passed?.finishedAt, passed?.unlinked, passed?.changedInPass], [null, 1, 0]);
      assert.equal((await jobs().advanceJob({ ...step, cursor: null }))?.finishedAt, now);
    });

    suite.it("is counted with the registration whose revocation cuts a link", async () => {
      const job = await start();
      const terms = await linkPerson(suite.store(), aLink());
      const registration = await suite.store().findRegistrationBySubject(terms.issuer, terms.subject);
      const of = (type: "registration.revoked" | "delegation.deleted") =>
        anAuditEvent({ type, jobId: job.id });
      await suite.store().endRegistration({
        registrationId: registration?.id ?? "",
        as: "revoked",
        actor: job.actor,
        reason: job.reason,
        now,
        audit: [of("registration.revoked")],
        delegationEvent: of("delegation.deleted"),
      });
      const counted = await jobs().findJob(job.id);
      assertSame([counted?.changed, counted?.unlinked, counted?.changedInPass], [1, 1, 2]);
    });
  });
}
