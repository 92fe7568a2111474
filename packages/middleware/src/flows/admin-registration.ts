/**
 * Operators' changes of single registrations, beyond the three that hosts have too (`end-registration.ts`). Each row of
 * the audit log has who it was, why and from where.
 */
import type { DataExport } from "../admin-handle.js";
import type { AdminJobs } from "../admin-jobs-port.js";
import type { AuditEvent, EpochSeconds, Hashed } from "../protocol/model.js";
import { intersect } from "../protocol/scopes.js";
import type { FlowContext } from "./context.js";

/** Who acts and why. */
export interface Operator {
  operatorId: string;
  reason: string;
  ip: string | null;
}

/** What a change is made with. */
export interface ChangeContext extends FlowContext {
  jobs: AdminJobs;
}

/** Longest reason that is kept. */
const longestReason = 200;

/** The reason as it is kept: one short line. */
export function reasonOf({ reason }: Operator): string {
  return reason
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ")
    .trim()
    .slice(0, longestReason);
}

/** A row of the audit log about something an operator did. */
export function operatorEvent(
  type: AuditEvent["type"],
  operator: Operator,
  at: EpochSeconds,
  { registrationId = null, ...detail }: AuditEvent["detail"] & { registrationId?: string | null } = {},
): AuditEvent {
  const actor = { kind: "operator", id: operator.operatorId } as const;
  const { ip } = operator;
  const reason = reasonOf(operator);
  const why = reason === "" ? {} : { reason };
  return { type, at, actor, ip, registrationId, detail: { ...why, ...detail } };
}

/** Cuts what a registration is granted. False when that changes nothing, or would leave nothing. */
export async function narrowScopes(
  { store, jobs, clock }: ChangeContext,
  input: { registrationId: string; scopes: string[]; operator: Operator },
): Promise<boolean> {
  const now = clock.now();
  const { registrationId, operator } = input;
  const registration = await store.findRegistration(registrationId);
  if (registration === null) return false;
  const scopes = intersect(registration.scopes, input.scopes);
  const audit = [operatorEvent("registration.narrowed", operator, now, { registrationId, scopes })];
  return jobs.narrowScopes({ registrationId, scopes, now, audit });
}

/** Sets or clears the second a registration ends. Throws `RangeError` for what is no whole second. */
export async function setEndDate(
  { jobs, clock }: ChangeContext,
  input: { registrationId: string; endsAt: EpochSeconds | null; operator: Operator },
): Promise<boolean> {
  const now = clock.now();
  const { registrationId, endsAt, operator } = input;
  // The database would take a number that is none for "no end".
  if (endsAt !== null && !Number.isSafeInteger(endsAt)) throw new RangeError("endsAt is no whole second.");
  const audit = [operatorEvent("registration.end_date_set", operator, now, { registrationId, endsAt })];
  return jobs.setEndDate({ registrationId, endsAt, now, audit });
}

/** Kills one access token; its registration can get another one. */
export async function revokeOneToken(
  { store, clock }: FlowContext,
  { hash, operator }: { hash: Hashed<"access_token">; operator: Operator },
): Promise<boolean> {
  const now = clock.now();
  const found = await store.findAccessToken(hash);
  if (found === null) return false;
  const { registrationId } = found.token;
  const audit = [operatorEvent("token.revoked", operator, now, { registrationId })];
  return store.revokeAccessToken({ hash, now, audit });
}

/** Notes that an operator takes data out. The filter is kept as text, as that of a job is. */
export async function recordExport(
  { store, clock }: FlowContext,
  { taken, operator }: { taken: DataExport; operator: Operator },
): Promise<void> {
  const { what, filter } = taken;
  const detail = { what, filter: JSON.stringify(filter) };
  await store.appendAudit([operatorEvent("data.exported", operator, clock.now(), detail)]);
}

/** Unlinks a person at a provider; what they have registered goes on until it needs the link. */
export async function unlinkDelegation(
  { store, jobs, clock, announcer }: ChangeContext,
  input: {
    issuer: string;
    subject: string;
    operator: Operator;
    /** The job this is part of, which counts it. */
    jobId?: string;
  },
): Promise<boolean> {
  const { issuer, subject, operator, jobId } = input;
  const now = clock.now();
  const delegation = await store.findDelegation(issuer, subject);
  const detail = { iss: issuer, sub: subject, userId: delegation?.userId ?? null };
  const event = operatorEvent("delegation.deleted", operator, now, detail);
  const audit = [jobId === undefined ? event : { ...event, detail: { ...event.detail, job: jobId }, jobId }];
  const isUnlinked = await jobs.unlinkDelegation({ issuer, subject, now, audit });
  if (isUnlinked) announcer.committed();
  return isUnlinked;
}
