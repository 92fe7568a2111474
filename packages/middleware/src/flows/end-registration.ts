/** The one teardown, and the stop that can be taken back. Used by people, operators, providers and the sweeper. */
import type { Actor, AuditEvent } from "../protocol/model.js";
import type { FlowContext } from "./context.js";
import { revokedNotice } from "./queue-mail.js";

export interface Intervention {
  registrationId: string;
  actor: Actor;
  reason: string;
  /** Where the person was who did it, if it was one. */
  ip?: string | null;
  /** The job of an operator this is part of. */
  jobId?: string;
}

/** The event of an intervention. */
export function interventionEvent(
  type: AuditEvent["type"],
  { registrationId, actor, reason, ip = null, jobId }: Intervention,
  at: number,
): AuditEvent {
  const row = { type, at, actor, ip, registrationId };
  return jobId === undefined
    ? { ...row, detail: { reason } }
    : { ...row, detail: { reason, job: jobId }, jobId };
}

/** Ends a registration for good: every credential of it is refused from the next request on. True for the first caller. */
export async function endRegistration(
  context: FlowContext,
  input: Intervention & {
    as: "revoked" | "expired" | "uncollected";
    /** Tells the person nothing by mail. */
    isSilent?: boolean;
  },
): Promise<boolean> {
  const now = context.clock.now();
  const { registrationId, actor, reason, as } = input;
  const registration = await context.store.findRegistration(registrationId);
  if (registration === null) return false;
  const ending = interventionEvent(
    as === "expired" ? "registration.expired" : "registration.revoked",
    input,
    now,
  );
  ending.detail.userId = registration.userId;
  const { issuer, subject } = registration;
  const unlinking =
    issuer === null || subject === null ? null : interventionEvent("delegation.deleted", input, now);
  if (unlinking !== null)
    Object.assign(unlinking.detail, { iss: issuer, sub: subject, userId: registration.userId });
  const isTold = as === "revoked" && input.isSilent !== true;
  const notice = isTold ? revokedNotice(context, registration.userId) : {};
  const ended = await context.store.endRegistration({
    registrationId,
    as,
    actor,
    reason,
    now,
    audit: [{ ...ending, ...notice }],
    delegationEvent: unlinking,
  });
  if (ended) {
    context.metrics.ended(as);
    context.announcer.committed();
    context.outbox.committed();
  }
  return ended;
}

/** Stops a registration until it is resumed. False when it is stopped already, revoked or unknown. */
export function suspendRegistration(context: FlowContext, input: Intervention): Promise<boolean> {
  return setSuspended(context, input, true);
}

/** Lets a suspended registration go on. False when it is not suspended. */
export function resumeRegistration(context: FlowContext, input: Intervention): Promise<boolean> {
  return setSuspended(context, input, false);
}

async function setSuspended(context: FlowContext, input: Intervention, suspended: boolean): Promise<boolean> {
  const now = context.clock.now();
  const isChanged = await context.store.setSuspended({
    registrationId: input.registrationId,
    suspended,
    now,
    audit: [interventionEvent(suspended ? "registration.suspended" : "registration.resumed", input, now)],
  });
  if (isChanged) context.announcer.committed();
  return isChanged;
}
