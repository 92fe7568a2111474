/** Owns the part of the contract about jobs: one worker at a time, exact counts, an end. */
import assert from "node:assert/strict";
import type { AdminJob, AdminJobs } from "../../admin-jobs-port.js";
import { anAdminJob, someTime } from "../builders.js";
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
    await jobs().startJob(job);
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
      assertSame(moved, { ...job, cursor: "there", leaseUntil: now + 65 });
      const stayed = await jobs().advanceJob({
        id: job.id,
        cursor: "stay",
        leaseUntil: now + 65,
        now: now + 6,
        nextLeaseUntil: null,
      });
      assertSame(stayed, { ...job, cursor: "there", leaseUntil: null });
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
        assertSame(first, { ...job, passes: 1, changed: 1, leaseUntil: now + 65 });
        const second = await jobs().advanceJob({ id, cursor: null, ...held, leaseUntil: now + 65 });
        assertSame(second, { ...job, passes: 2, changed: 1, finishedAt: now + 5 });
        assert.equal(await jobs().leaseJob({ now: now + 999, leaseUntil: now + 1999 }), null);
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
  });
}
