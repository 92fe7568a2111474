/** Starts a change of many registrations. Read next: `run-jobs.ts`, which does the work. */
import type { AdminJob, JobRequest } from "../admin-jobs-port.js";
import type { RegistrationFilter } from "../admin-queries-port.js";
import { formatDerivedId } from "../protocol/ids.js";
import type { AuditEvent } from "../protocol/model.js";
import { setProviderDisabled } from "./admin-providers.js";
import { type ChangeContext, reasonOf } from "./admin-registration.js";
import { newRowId } from "./draw.js";
import type { IdentityContext } from "./identity-context.js";

const givenParts = (filter: RegistrationFilter) =>
  Object.entries(filter).filter(([, value]) => value !== undefined);

/** The id of a job that has a key: the same one for the same request. */
function derivedId({ action, filter, includeNew, idempotencyKey, operator }: JobRequest): string | null {
  if (idempotencyKey === undefined) return null;
  const parts = JSON.stringify(givenParts(filter).sort());
  return formatDerivedId("job", [idempotencyKey, operator.operatorId, action, parts, String(includeNew)]);
}

/** The job that the very same request has started; null when it has started none, or has no key. */
export async function findStartedJob(context: ChangeContext, request: JobRequest): Promise<AdminJob | null> {
  const id = derivedId(request);
  return id === null ? null : context.jobs.findJob(id);
}

/**
 * Stores the job. To revoke all of one issuer, new ones included, disables the issuer first, or the job would race it:
 * whatever is under way is refused by the step that binds it.
 */
export async function startJob(
  context: ChangeContext & IdentityContext,
  input: JobRequest,
): Promise<AdminJob> {
  const started = await findStartedJob(context, input);
  if (started !== null) return started;
  const { action, filter, includeNew, operator } = input;
  const now = context.clock.now();
  const given = givenParts(filter);
  const { issuer } = filter;
  if (action === "revoke" && includeNew && issuer !== undefined && given.length === 1)
    await setProviderDisabled(context, { issuer, disabled: true, operator });
  const job: AdminJob = {
    id: derivedId(input) ?? newRowId(context, "job", now),
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
  const told: AuditEvent[] = [
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
  ];
  try {
    await context.jobs.startJob(job, told);
    return job;
  } catch (error) {
    // Two presses at once: the other one has stored it.
    const other = await findStartedJob(context, input);
    if (other === null) throw error;
    return other;
  }
}
