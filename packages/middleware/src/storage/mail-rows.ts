/** Owns the translation between rows and records of mail and of refresh tokens. */
import type { EpochSeconds, NewMail, QueuedMail, RefreshFamily } from "../protocol/model.js";
import type { mailOutbox, refreshTokens } from "./sqlite/schema.js";

/** A row of `mail_outbox`. */
export type MailRow = typeof mailOutbox.$inferSelect;
/** A row of `mail_outbox` before the database numbers it. */
export type NewMailRow = Omit<MailRow, "id">;
/** A row of `refresh_tokens`. */
export type RefreshRow = typeof refreshTokens.$inferSelect;

/** The row that queues a mail, due at once. */
export function newMailToRow(mail: NewMail, registrationId: string | null, now: EpochSeconds): NewMailRow {
  return {
    template: mail.template,
    recipient: mail.recipient,
    user_id: mail.userId,
    registration_id: registrationId,
    attempt_id: mail.attemptId,
    created_at: now,
    next_try_at: now,
    tries: 0,
    sent_at: null,
    failed_at: null,
    failure: null,
    link_used_at: null,
  };
}

/** The mail a row stores. */
export function mailFromRow(row: MailRow): QueuedMail {
  return {
    id: row.id,
    template: row.template as QueuedMail["template"],
    recipient: row.recipient,
    userId: row.user_id,
    registrationId: row.registration_id,
    attemptId: row.attempt_id,
    createdAt: row.created_at,
    nextTryAt: row.next_try_at,
    tries: row.tries,
    sentAt: row.sent_at,
    failedAt: row.failed_at,
    failure: row.failure,
    linkUsedAt: row.link_used_at,
  };
}

/** The row that stores a chain of refresh tokens. */
export function familyToRow(family: RefreshFamily): RefreshRow {
  return {
    id: family.id,
    registration_id: family.registrationId,
    generation: family.generation,
    sequence: family.sequence,
    created_at: family.createdAt,
    rotated_at: family.rotatedAt,
    expires_at: family.expiresAt,
    revoked_at: family.revokedAt,
  };
}

/** The chain of refresh tokens a row stores. */
export function familyFromRow(row: RefreshRow): RefreshFamily {
  return {
    id: row.id,
    registrationId: row.registration_id,
    generation: row.generation,
    sequence: row.sequence,
    createdAt: row.created_at,
    rotatedAt: row.rotated_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}
