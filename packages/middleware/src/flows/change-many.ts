/** What a job does to a few registrations in one step of the store, and who hears of it. */
import type { AdminJob } from "../admin-jobs-port.js";
import type { ChangeContext } from "./admin-registration.js";
import { type Intervention, interventionEvent } from "./end-registration.js";
import { revokedNoticeToEach } from "./queue-mail.js";

const types = {
  revoke: "registration.revoked",
  suspend: "registration.suspended",
  resume: "registration.resumed",
} as const;

/** Changes those of the registrations that can be; at most `largestStep`. */
export async function changeMany(
  context: ChangeContext,
  { id: jobId, action, actor, reason, ip }: AdminJob,
  ids: string[],
): Promise<void> {
  const now = context.clock.now();
  // The store fills in which registration it is.
  const intervention: Intervention = { registrationId: "", actor, reason, ip, jobId };
  const changed = await context.jobs.changeRegistrations({
    ...{ ids, action, actor, reason, now },
    registrationEvent: {
      ...interventionEvent(types[action], intervention, now),
      ...(action === "revoke" ? revokedNoticeToEach(context) : {}),
    },
    delegationEvent: interventionEvent("delegation.deleted", intervention, now),
  });
  if (changed.length === 0) return;
  for (const _one of changed) context.metrics.jobChange(action);
  context.announcer.committed();
  if (action !== "revoke") return;
  context.metrics.ended("revoked", changed.length);
  context.outbox.committed();
}
