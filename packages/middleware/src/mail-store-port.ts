/**
 * Owns the part of persistence that mail needs. Mail that goes out because of something is queued in the same step, by
 * the `mail` of its audit event.
 */
import type { AuditEvent, EpochSeconds, NewMail, QueuedMail } from "./protocol/model.js";

/** How one try to send a mail ended. */
export type MailOutcome =
  /** To the address `to`, which is kept where the mail was to a user and had none. */
  | { kind: "sent"; to: string }
  /** Tried again at `at`. */
  | { kind: "retry"; at: EpochSeconds }
  /** Given up. `failure` is a word for operators. */
  | { kind: "failed"; failure: string };

/** See `Store` for what holds for every verb. */
export interface MailStore {
  /** Queues a mail that no audit event stands for. */
  queueMail(input: { mail: NewMail; registrationId: string | null; now: EpochSeconds }): Promise<void>;
  /**
   * Takes up to `limit` mails that are due (`nextTryAt <= now`, neither sent nor failed), oldest first: `tries` grows
   * by one and `nextTryAt` becomes `leaseUntil`, so that a mail is with one sender at a time and comes back if that
   * sender dies.
   */
  leaseMail(input: { now: EpochSeconds; leaseUntil: EpochSeconds; limit: number }): Promise<QueuedMail[]>;
  /** Ends a lease. False, and nothing happens, when `tries` is another number by now or the mail is settled. */
  settleMail(input: {
    id: number;
    tries: number;
    outcome: MailOutcome;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;
  findMail(id: number): Promise<QueuedMail | null>;
  /** Uses up the one-time link of a mail. True for the first caller only. */
  spendMailLink(input: { id: number; now: EpochSeconds }): Promise<boolean>;
  /** Deletes mails created before `before` that are sent or failed. Returns how many; at most `limit`. */
  deleteOldMail(before: EpochSeconds, limit: number): Promise<number>;
}
