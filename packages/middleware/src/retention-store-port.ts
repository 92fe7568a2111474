/** Owns the part of persistence that forgets: what is old enough, and what a person wants gone. */
import type { AuditEvent, EpochSeconds } from "./protocol/model.js";

/** See `Store` for what holds for every verb. Every verb that deletes touches at most `limit` rows of what it names. */
export interface RetentionStore {
  /**
   * Deletes registrations that are over since before `before` (revoked, expired, or past their end date), with their
   * attempts and tokens. Their audit events stay. What an operator has stopped stays whatever else it is, or it would
   * come back as a new one: suspended, or with an end date that holds for a person at a provider. Returns how many.
   */
  deleteEndedRegistrations(before: EpochSeconds, limit: number): Promise<number>;
  /** Deletes the oldest audit events that happened before `before`. Returns how many. */
  deleteOldAudit(before: EpochSeconds, limit: number): Promise<number>;
  /**
   * Empties `loginHint` of attempts that were over before `before`, once the claim window of their registration was as
   * well. Returns how many.
   */
  forgetLoginHints(before: EpochSeconds, limit: number): Promise<number>;
  /** Deletes counts of days that ended before `before`. */
  deleteOldCounts(before: EpochSeconds): Promise<void>;
  /**
   * Takes a person out of the database: deletes their registrations with attempts and tokens, their links to providers
   * and the mail to them, empties hints at their addresses (lower-cased), and takes their ids, subjects and IP addresses
   * out of the audit events of all that. Deletes up to `limit` registrations a call and does the rest with the last of
   * them: true, with `audit` written, when nothing is left.
   */
  erasePerson(input: {
    userId: string;
    addresses: string[];
    limit: number;
    audit: AuditEvent[];
  }): Promise<boolean>;
}
