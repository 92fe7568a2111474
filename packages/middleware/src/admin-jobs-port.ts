/**
 * Owns what an operators' dashboard changes in persistence: single registrations beyond what `Store` can do, and jobs
 * that change many, in batches that never hold the database for long and go on after a restart.
 */
import type { RegistrationFilter } from "./admin-queries-port.js";
import type { Actor, AuditEvent, EpochSeconds } from "./protocol/model.js";

/** Registrations one step of a job changes, at most. */
export const largestBatch = 500;

/** Registrations changed in one commit, at most: a commit that is waited for costs more than what is in it. */
export const largestStep = 25;

/** What a job does to every registration its filter finds. */
export type JobAction = "revoke" | "suspend" | "resume";

/** A change of every registration a filter finds. */
export interface JobRequest {
  action: JobAction;
  filter: RegistrationFilter;
  /** Whether registrations made while it runs are included: for incidents. */
  includeNew: boolean;
  /** Where they are not: the moment until which registrations count. Left out, it is now. */
  seenAt?: EpochSeconds | undefined;
  /** Of a form, say: asked again with the same one by the same operator for the same thing, it is the same job. */
  idempotencyKey?: string | undefined;
  operator: { operatorId: string; reason: string; ip: string | null };
}

/** A change of many registrations, under way or finished. */
export interface AdminJob {
  id: string;
  action: JobAction;
  filter: RegistrationFilter;
  /** Only registrations created before this moment, so that a job ends. Null: none is left out (incidents). */
  createdBefore: EpochSeconds | null;
  actor: Actor;
  reason: string;
  /** Where the operator was who started it. */
  ip: string | null;
  createdAt: EpochSeconds;
  /** When it last got further: `advanceJob` was called, or it was started. */
  advancedAt: EpochSeconds;
  /** Where the next batch starts; null at the start of a pass. */
  cursor: string | null;
  /** Passes over the filter that are done. A job is finished by a pass that changed nothing, or by the third. */
  passes: number;
  /** Registrations changed so far. */
  changed: number;
  /** Links of people at providers cut so far, with a registration or without one. */
  unlinked: number;
  /** Registrations changed and links cut in the pass under way; of a finished job, in its last one. */
  changedInPass: number;
  leaseUntil: EpochSeconds | null;
  finishedAt: EpochSeconds | null;
}

/**
 * See `Store` for what holds for every verb. What a job changed is not noted here: the audit event of each change names
 * the job, and the verb that writes the event counts it in the same step. So counts are exact, whoever crashes when.
 */
export interface AdminJobs {
  /** Stores a job that nobody has worked on, with what is told of it. */
  startJob(job: AdminJob, audit: AuditEvent[]): Promise<void>;
  findJob(id: string): Promise<AdminJob | null>;
  /** Newest first, at most 50. */
  listJobs(): Promise<AdminJob[]>;
  /**
   * Takes a job that is not finished and that nobody works on at `now`; one worker holds it at a time. Incidents
   * (`createdBefore` null) come first, then the one that has waited longest since it got further, then the oldest.
   */
  leaseJob(input: { now: EpochSeconds; leaseUntil: EpochSeconds }): Promise<AdminJob | null>;
  /**
   * Notes where a leased job stands. `cursor` null ends the pass; one that changed nothing ends the job, and so does the third. Null when the
   * lease, recognised by `leaseUntil`, was lost to somebody else; otherwise the job as it is now. `advancedAt` becomes
   * `now`.
   */
  advanceJob(input: {
    id: string;
    leaseUntil: EpochSeconds;
    /** "stay": only the lease changes. */
    cursor: string | null | "stay";
    now: EpochSeconds;
    /** Null gives the lease back. */
    nextLeaseUntil: EpochSeconds | null;
  }): Promise<AdminJob | null>;

  /**
   * Does what `endRegistration` as "revoked" or `setSuspended` would do to each of these registrations, at most
   * `largestStep`, in one step. Returns the ids of those it has changed. `registrationEvent` is told of each of those,
   * revoked ones with their `userId`, and its mail goes to that user if there is one; `delegationEvent` of each link that
   * was cut, with its `iss`, `sub` and `userId`.
   */
  changeRegistrations(input: {
    ids: string[];
    action: JobAction;
    actor: Actor;
    reason: string;
    now: EpochSeconds;
    registrationEvent: AuditEvent;
    delegationEvent: AuditEvent;
  }): Promise<string[]>;
  /**
   * Cuts what a registration is granted to `scopes`, from the next call on. What is left becomes its `scopeLimit`, and
   * nobody but a person at a page grants it more. If it carries a pair which is linked, the ceiling of the delegation is
   * cut too. So are `confirmedScopes` that were confirmed before and are not bound yet: of the registration's own current
   * attempt, and of current attempts whose link is of the pair. False when nothing would change, nothing would be left,
   * or the registration is revoked or unknown.
   */
  narrowScopes(input: {
    registrationId: string;
    scopes: string[];
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;
  /**
   * Sets or clears the end date. False when it was so already, the registration is unknown, or a date is set on a revoked
   * one; one that was revoked can have it cleared, or its person could never be let in again.
   */
  setEndDate(input: {
    registrationId: string;
    endsAt: EpochSeconds | null;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;
  /**
   * Unlinks a delegation without ending what carries it: user and ceiling cleared, `revokedAt` raised to `now`,
   * version + 1. False when it is not linked.
   */
  unlinkDelegation(input: {
    issuer: string;
    subject: string;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;
  /** Makes a failed mail due again. One of more than a day gets one more try. False when it is not a failed one. */
  retryMail(input: { id: number; now: EpochSeconds; audit: AuditEvent[] }): Promise<boolean>;
  /** Whether `rememberJwtId` would answer false, without remembering anything. */
  isJwtIdRemembered(input: { purpose: "id-jag"; issuer: string; jti: string }): Promise<boolean>;
}
