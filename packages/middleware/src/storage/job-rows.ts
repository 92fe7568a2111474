/** Owns the translation between rows and records of operators' jobs. */
import type { AdminJob } from "../admin-jobs-port.js";
import type { adminJobs } from "./sqlite/schema.js";

/** A row of `admin_jobs`. */
export type JobRow = typeof adminJobs.$inferSelect;

/** The row that stores a job. */
export function jobToRow(job: AdminJob): JobRow {
  return {
    id: job.id,
    action: job.action,
    filter: JSON.stringify(job.filter),
    created_before: job.createdBefore,
    actor_kind: job.actor.kind,
    actor_id: job.actor.id,
    ip: job.ip,
    reason: job.reason,
    created_at: job.createdAt,
    advanced_at: job.advancedAt,
    cursor: job.cursor,
    passes: job.passes,
    changed: job.changed,
    unlinked: job.unlinked,
    changed_in_pass: job.changedInPass,
    lease_until: job.leaseUntil,
    finished_at: job.finishedAt,
  };
}

/** The job a row stores. */
export function jobFromRow(row: JobRow): AdminJob {
  return {
    id: row.id,
    action: row.action as AdminJob["action"],
    filter: JSON.parse(row.filter) as AdminJob["filter"],
    createdBefore: row.created_before,
    actor: { kind: row.actor_kind as AdminJob["actor"]["kind"], id: row.actor_id },
    ip: row.ip,
    reason: row.reason,
    createdAt: row.created_at,
    advancedAt: row.advanced_at,
    cursor: row.cursor,
    passes: row.passes,
    changed: row.changed,
    unlinked: row.unlinked,
    changedInPass: row.changed_in_pass,
    leaseUntil: row.lease_until,
    finishedAt: row.finished_at,
  };
}

/** A pass that changed nothing is the last one, and so is the third: what is let in all the time would keep it going. */
export const isLastPass = "(changed_in_pass = 0 OR passes >= 2)";
