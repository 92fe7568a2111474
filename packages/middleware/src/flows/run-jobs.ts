/**
 * Works on operators' jobs: takes one batch of one job at a time under a lease, changes what its filter finds, a few in
 * each step of the store, and passes over the filter again until a pass changes nothing, at most three times. Jobs take
 * turns, incidents first: nobody who has to stop an agent waits for a long job of somebody else. Any number of instances
 * may work; one that dies is replaced when its lease is over. What was changed is counted by the store, in the step that
 * changes it.
 */
import { type AdminJob, type AdminJobs, largestBatch, largestStep } from "../admin-jobs-port.js";
import type { AdminQueries, RegistrationFilter } from "../admin-queries-port.js";
import type { Logger } from "../ports.js";
import type { EpochSeconds } from "../protocol/model.js";
import { allows, statusOf } from "../protocol/state.js";
import { changeMany } from "./change-many.js";
import type { FlowContext } from "./context.js";
import { cutLink, linksInReach } from "./cut-links.js";

const leaseSeconds = 60;
/** A lease with no more than this left is extended before the next change. */
const renewSeconds = 30;

/** A job this worker holds until `until`. */
interface Held {
  job: AdminJob;
  until: EpochSeconds;
}

export class JobWorker {
  #running: Promise<void> | null = null;
  #again = false;
  #stopped = false;

  constructor(
    private readonly parts: { context: FlowContext; jobs: AdminJobs; queries: AdminQueries; logger: Logger },
  ) {}

  /** Works until nothing is left to do, or for this many batches. Never rejects. Calls that overlap share one run. */
  work(batches = Number.POSITIVE_INFINITY): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run(batches);
    return this.#running;
  }

  /** Stops after the change under way and gives the job back. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #run(batches: number): Promise<void> {
    const { context, jobs, logger } = this.parts;
    const budget = { batches };
    while (this.#again) {
      this.#again = false;
      try {
        while (!this.#stopped && budget.batches > 0) {
          const until = context.clock.now() + leaseSeconds;
          const job = await jobs.leaseJob({ now: context.clock.now(), leaseUntil: until });
          if (job === null) break;
          await this.#workOn({ job, until }, budget);
        }
      } catch (error) {
        // Its lease stays: other jobs come first, and the one that failed is tried again when the lease is over.
        logger.warn({ error }, "a job failed, will be tried again");
      }
      // Never done in the step it was begun in, whoever has stopped it.
      await otherWork();
    }
    // In the step that saw that nobody asks any more, or whoever asks between the two would be told that it is done.
    this.#running = null;
  }

  /** One batch, after which the job is free for whoever comes first, and others are. */
  async #workOn(first: Held, budget: { batches: number }): Promise<void> {
    const { context, jobs, queries } = this.parts;
    budget.batches -= 1;
    const now = context.clock.now();
    const { job } = first;
    const { rows, next } = await queries.listRegistrations({
      filter: within(job),
      // New registrations come last, so that a pass meets them.
      sort: "created",
      direction: "oldest",
      after: job.cursor,
      limit: largestBatch,
      now,
    });
    let held: Held | null = first;
    const due = rows.filter((registration) => allows(statusOf(registration, now), job.action));
    for (let from = 0; from < due.length; from += largestStep) {
      if (this.#stopped) return this.#giveBack(held);
      held = await this.#keep(held);
      if (held === null) return;
      await changeMany(
        { ...context, jobs },
        job,
        due.slice(from, from + largestStep).map(({ id }) => id),
      );
      await otherWork();
    }
    // Last in a pass, so that whoever was let in by such a link meanwhile is met by the next one.
    const links = next === null ? await linksInReach(queries, job) : { first: [], areMore: false };
    for (const link of links.first) {
      if (this.#stopped) return this.#giveBack(held);
      held = await this.#keep(held);
      if (held === null) return;
      await cutLink({ ...context, jobs }, job, link);
      await otherWork();
    }
    await this.#giveBack(held, links.areMore ? "stay" : next);
    await otherWork();
  }

  /** Extends the lease in time. Null when it was lost. */
  async #keep(held: Held): Promise<Held | null> {
    const now = this.parts.context.clock.now();
    if (held.until - now > renewSeconds) return held;
    const until = now + leaseSeconds;
    const step = { id: held.job.id, leaseUntil: held.until, cursor: "stay", now, nextLeaseUntil: until };
    const job = await this.parts.jobs.advanceJob(step);
    return job === null ? null : { job, until };
  }

  async #giveBack({ job, until }: Held, cursor: string | null = "stay"): Promise<void> {
    const now = this.parts.context.clock.now();
    await this.parts.jobs.advanceJob({ id: job.id, leaseUntil: until, cursor, now, nextLeaseUntil: null });
  }
}

/** Lets requests go first. The database answers synchronously: without a pause nobody would be served meanwhile. */
const otherWork = () => new Promise<void>((resolve) => setImmediate(resolve));

/** What the job is about: its filter, up to the moment it was started unless new registrations are included. */
function within({ filter, createdBefore }: AdminJob): RegistrationFilter {
  if (createdBefore === null) return filter;
  return { ...filter, createdBefore: Math.min(filter.createdBefore ?? createdBefore, createdBefore) };
}
