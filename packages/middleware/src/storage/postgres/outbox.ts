/** Owns the outbox: mail is queued in the transaction of what it tells of, leased by one sender at a time, settled once. */
import type { MailStore } from "../../ports.js";
import { type MailRow, mailFromRow, newMailToRow } from "../mail-rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { mailOutbox } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

/** Builds the verbs of mail. */
export function createOutboxVerbs(connection: Connection, writeAudit: WriteAudit): MailStore {
  const columns = columnsOf(mailOutbox);
  const insert = connection.prepare(insertInto(mailOutbox, ["id"]));
  // Rows another sender is about to take are passed over, so that senders on many nodes do not stand in a line.
  const lease = connection.prepare<MailRow>(
    `WITH due AS MATERIALIZED (
       SELECT id AS due_id FROM agent_auth.mail_outbox
       WHERE sent_at IS NULL AND failed_at IS NULL AND next_try_at <= @now
       ORDER BY next_try_at, id LIMIT @limit FOR UPDATE SKIP LOCKED)
     UPDATE agent_auth.mail_outbox SET tries = tries + 1, next_try_at = @leaseUntil
     FROM due WHERE id = due_id RETURNING ${columns}`,
  );
  const isLeased = "id = @id AND tries = @tries AND sent_at IS NULL AND failed_at IS NULL";
  const settle = (change: string) =>
    connection.prepare(`UPDATE agent_auth.mail_outbox SET ${change} WHERE ${isLeased} RETURNING 1`);
  const markSent = settle("sent_at = @now, recipient = coalesce(recipient, @to)");
  const markFailed = settle("failed_at = @now, failure = @failure");
  const postpone = settle("next_try_at = @at");
  const selectById = connection.prepare<MailRow>(
    `SELECT ${columns} FROM agent_auth.mail_outbox WHERE id = @id`,
  );
  const spendLink = connection.prepare(
    `UPDATE agent_auth.mail_outbox SET link_used_at = @now WHERE id = @id AND link_used_at IS NULL RETURNING 1`,
  );
  const deleteOld = connection.prepare(
    `WITH old AS MATERIALIZED (
       SELECT id FROM agent_auth.mail_outbox
       WHERE created_at < @before AND (sent_at IS NOT NULL OR failed_at IS NOT NULL)
       ORDER BY created_at LIMIT @limit FOR UPDATE SKIP LOCKED)
     DELETE FROM agent_auth.mail_outbox USING old WHERE mail_outbox.id = old.id RETURNING 1`,
  );

  return {
    async queueMail({ mail, registrationId, now }) {
      await connection.grant(async (transaction) =>
        transaction.send(insert, newMailToRow(mail, registrationId, now)),
      );
    },

    async leaseMail({ now, leaseUntil, limit }) {
      const rows = await connection.grant((transaction) =>
        transaction.run(lease, { now, leaseUntil, limit }),
      );
      return rows.map(mailFromRow).sort((one, other) => one.id - other.id);
    },

    async settleMail({ id, tries, outcome, now, audit }) {
      return connection.grant(async (transaction) => {
        const settled =
          outcome.kind === "sent"
            ? transaction.run(markSent, { id, tries, now, to: outcome.to })
            : outcome.kind === "failed"
              ? transaction.run(markFailed, { id, tries, now, failure: outcome.failure })
              : transaction.run(postpone, { id, tries, at: outcome.at });
        if ((await settled).length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async findMail(id) {
      const [row] = await connection.read(selectById, { id });
      return row === undefined ? null : mailFromRow(row);
    },

    async spendMailLink({ id, now }) {
      return connection.spend(async (transaction) => {
        if ((await transaction.run(spendLink, { id, now })).length === 0) return transaction.refuse(false);
        return true;
      });
    },

    async deleteOldMail(before, limit) {
      return connection.grant(
        async (transaction) => (await transaction.run(deleteOld, { before, limit })).length,
      );
    },
  };
}
