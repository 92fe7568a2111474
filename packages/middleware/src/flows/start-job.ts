/** Starts a change of many registrations. Read next: `run-jobs.ts`, which does the work. */
import type { AdminJob, JobAction } from "../admin-jobs-port.js";
import type { RegistrationFilter } from "../admin-queries-port.js";
import type { EpochSeconds } from "../protocol/model.js";
import { setProviderDisabled } from "./admin-providers.js";
import { type ChangeContext, type Operator, reasonOf } from "./admin-registration.js";
import { newRowId } from "./draw.js";
import type { IdentityContext } from "./identity-context.js";

/**
 * Stores the job. To revoke all of one issuer, new ones included, disables the issuer first, or the job would race it:
 * whatever is under way is refused by the step that binds it.
 */
export async function startJob(
  context: ChangeContext & IdentityContext,
  input: {
    action: JobAction;
    filter: RegistrationFilter;
    includeNew: boolean;
    /** Until when registrations count, unless new ones are included: when the operator looked. */
    seenAt?: EpochSeconds | undefined;
    operator: Operator;
  },
): Promise<AdminJob> {
  const { action, filter, includeNew, operator } = input;
  const now = context.clock.now();
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  const { issuer } = filter;
  if (action === "revoke" && includeNew && issuer !== undefined && given.length === 1)
    await setProviderDisabled(context, { issuer, disabled: true, operator });
  const job: AdminJob = {
    id: newRowId(context, "job", now),
    action,
    filter: Object.fromEntries(given),
    // What the operator saw includes that very second.
    createdBefore: includeNew ? null : Math.min(input.seenAt ?? now, now) + 1,
    actor: { kind: "operator", id: operator.operatorId },
    reason: reasonOf(operator),
    ip: operator.ip,
    createdAt: now,
    advancedAt: now,
    cursor: null,
    passes: 0,
    changed: 0,
    unlinked: 0,
    changedInPass: 0,
    leaseUntil: null,
    finishedAt: null,
  };
  await context.jobs.startJob(job, [
    {
      type: "job.started",
      at: now,
      actor: job.actor,
      ip: operator.ip,
      registrationId: null,
      detail: {
        job: job.id,
        action,
        reason: job.reason,
        filter: JSON.stringify(job.filter),
        incident: includeNew,
      },
    },
  ]);
  return job;
}
