/** Owns the audit log: written in the transaction of the verb it tells of, read in the order of its numbers. */
import type { Store } from "../../ports.js";
import type { AuditEvent } from "../../protocol/model.js";
import { newMailToRow } from "../mail-rows.js";
import { type AuditRow, auditFromRow, auditToRow } from "../service-rows.js";
import type { Connection, Transaction } from "./connection.js";
import { auditEvents, mailOutbox } from "./schema.js";
import { columnsOf, insertMany, storableJson } from "./statements.js";

/** Appends events, queues the mail that goes out because of them and counts for their jobs, as part of a verb. */
export type WriteAudit = (transaction: Transaction, events: AuditEvent[]) => void;

/** Builds the writer the other verbs call last, once they know that they succeeded: jobs are locked after all else. */
export function createAuditWriter(connection: Connection): WriteAudit {
  const insert = connection.prepare(insertMany(auditEvents, ["id"]));
  const queue = connection.prepare(insertMany(mailOutbox, ["id"]));
  // Here and nowhere else, so that a change and its count are one step. Links are counted apart from registrations.
  const count = connection.prepare(
    `UPDATE agent_auth.admin_jobs
     SET changed = changed + @changed, unlinked = unlinked + @unlinked,
       changed_in_pass = changed_in_pass + @changed + @unlinked
     WHERE id = @id`,
  );
  return (transaction, events) => {
    if (events.length === 0) return;
    const rows = events.map((event) => ({ ...auditToRow(event), detail: event.detail }));
    transaction.send(insert, { rows: storableJson(JSON.stringify(rows)) });
    const mails = events.flatMap(({ mail, registrationId, at }) =>
      mail === undefined ? [] : [newMailToRow(mail, registrationId, at)],
    );
    if (mails.length > 0) transaction.send(queue, { rows: storableJson(JSON.stringify(mails)) });
    for (const id of [...new Set(events.map(({ jobId }) => jobId))].sort()) {
      if (id === undefined) continue;
      const counted = events.filter(({ jobId }) => jobId === id);
      const unlinked = counted.filter(({ type }) => type === "delegation.deleted").length;
      transaction.send(count, { id, changed: counted.length - unlinked, unlinked });
    }
  };
}

type AuditVerbs = Pick<Store, "appendAudit" | "listAudit" | "listUnannounced" | "markAnnounced">;

/** Builds the verbs of the audit log. */
export function createAuditVerbs(connection: Connection, writeAudit: WriteAudit): AuditVerbs {
  const columns = columnsOf(auditEvents);
  const list = (condition: string) =>
    connection.prepare<AuditRow>(
      `SELECT ${columns} FROM agent_auth.audit_events WHERE ${condition} AND id > @afterId ORDER BY id LIMIT @limit`,
    );
  // One statement per shape of the filter, each with an index of its own.
  const listAll = list("true");
  const listByRegistration = list("registration_id = @registrationId");
  const listByType = list("type = @type");
  const listByBoth = list("registration_id = @registrationId AND type = @type");
  const selectUnannounced = connection.prepare<AuditRow>(
    `SELECT ${columns} FROM agent_auth.audit_events
     WHERE announced_at IS NULL AND type = ANY(@types::text[]) AND at > @after AND at <= @before
     ORDER BY at, id LIMIT @limit`,
  );
  // Verbs are given no time here. The database's own clock is good enough: the moment is for a reader of the table,
  // the code only asks whether there is one. Locked by number, because several nodes may mark the same events.
  const announce = connection.prepare(
    `WITH told AS MATERIALIZED (
       SELECT id FROM agent_auth.audit_events WHERE id = ANY(@ids::bigint[]) AND announced_at IS NULL
       ORDER BY id FOR UPDATE)
     UPDATE agent_auth.audit_events SET announced_at = extract(epoch FROM now())::bigint
     FROM told WHERE told.id = audit_events.id`,
  );

  return {
    async appendAudit(events) {
      if (events.length > 0) await connection.grant(async (transaction) => writeAudit(transaction, events));
    },

    async listAudit({ registrationId, type, afterId = 0, limit }) {
      const statement =
        registrationId === undefined
          ? type === undefined
            ? listAll
            : listByType
          : type === undefined
            ? listByRegistration
            : listByBoth;
      return (await connection.read(statement, { registrationId, type, afterId, limit })).map(auditFromRow);
    },

    async listUnannounced(filter) {
      return (await connection.read(selectUnannounced, { ...filter })).map(auditFromRow);
    },

    async markAnnounced(ids) {
      if (ids.length === 0) return;
      await connection.grant(async (transaction) => transaction.send(announce, { ids }));
    },
  };
}
