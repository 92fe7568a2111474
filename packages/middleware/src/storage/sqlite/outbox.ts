/** Owns the outbox: mail is queued in the transaction of what it tells of, leased by one sender at a time, settled once. */
import type { MailStore } from "../../ports.js";
import type { AuditEvent, EpochSeconds, NewMail } from "../../protocol/model.js";
import { type MailRow, mailFromRow, newMailToRow } from "../mail-rows.js";
import type { Connection } from "./connection.js";
import { mailOutbox } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

/** Queues a mail inside the running transaction. */
export type QueueMail = (mail: NewMail, registrationId: string | null, now: EpochSeconds) => void;

/** Builds the step that other verbs take through their audit events. */
export function createMailQueue(connection: Connection): QueueMail {
  const insert = connection.prepare(insertInto(mailOutbox, ["id"]));
  return (mail, registrationId, now) => {
    insert.run(newMailToRow(mail, registrationId, now));
  };
}

/** Builds the verbs of mail. */
export function createOutboxVerbs(
  connection: Connection,
  parts: { queueMail: QueueMail; writeAudit: (events: AuditEvent[]) => void },
): MailStore {
  const { queueMail, writeAudit } = parts;
  const columns = columnsOf(mailOutbox);
  const lease = connection.prepare<MailRow>(
    `UPDATE mail_outbox SET tries = tries + 1, next_try_at = @leaseUntil
     WHERE id IN (SELECT id FROM mail_outbox
                  WHERE sent_at IS NULL AND failed_at IS NULL AND next_try_at <= @now
                  ORDER BY next_try_at, id LIMIT @limit)
     RETURNING ${columns}`,
  );
  const isLeased = "id = @id AND tries = @tries AND sent_at IS NULL AND failed_at IS NULL";
  const markSent = connection.prepare(
    `UPDATE mail_outbox SET sent_at = @now, recipient = coalesce(recipient, @to) WHERE ${isLeased}`,
  );
  const markFailed = connection.prepare(
    `UPDATE mail_outbox SET failed_at = @now, failure = @failure WHERE ${isLeased}`,
  );
  const postpone = connection.prepare(`UPDATE mail_outbox SET next_try_at = @at WHERE ${isLeased}`);
  const selectById = connection.prepare<MailRow>(`SELECT ${columns} FROM mail_outbox WHERE id = ?`);
  const spendLink = connection.prepare(
    "UPDATE mail_outbox SET link_used_at = @now WHERE id = @id AND link_used_at IS NULL",
  );
  const deleteOld = connection.prepare(
    `DELETE FROM mail_outbox WHERE id IN
       (SELECT id FROM mail_outbox WHERE created_at < @before AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)
        ORDER BY created_at LIMIT @limit)`,
  );

  return {
    async queueMail({ mail, registrationId, now }) {
      connection.grant(() => queueMail(mail, registrationId, now));
    },

    async leaseMail({ now, leaseUntil, limit }) {
      const rows = connection.grant(() => lease.all({ now, leaseUntil, limit }));
      return rows.map(mailFromRow).sort((one, other) => one.id - other.id);
    },

    async settleMail({ id, tries, outcome, now, audit }) {
      return connection.grant(() => {
        const settled =
          outcome.kind === "sent"
            ? markSent.run({ id, tries, now, to: outcome.to })
            : outcome.kind === "failed"
              ? markFailed.run({ id, tries, now, failure: outcome.failure })
              : postpone.run({ id, tries, at: outcome.at });
        if (settled.changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },

    async findMail(id) {
      const row = connection.read(() => selectById.get(id));
      return row === undefined ? null : mailFromRow(row);
    },

    async spendMailLink({ id, now }) {
      return connection.spend(() => spendLink.run({ id, now }).changes > 0);
    },

    async deleteOldMail(before, limit) {
      return connection.grant(() => deleteOld.run({ before, limit }).changes);
    },
  };
}
