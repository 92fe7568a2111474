/** Owns the audit log: written in the transaction of the verb it tells of, read in the order it was written. */

import type { Store } from "../../ports.js";
import type { AuditEvent } from "../../protocol/model.js";
import { type AuditRow, auditFromRow, auditToRow } from "../service-rows.js";
import type { Connection } from "./connection.js";
import { createEventCounter } from "./event-counts.js";
import type { QueueMail } from "./outbox.js";
import { auditEvents } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

/** Appends events, queues the mail that goes out because of them and counts for their jobs, inside the running transaction. */
export type WriteAudit = (events: AuditEvent[]) => void;

/** Builds the writer the other verbs call once they know that they succeeded. */
export function createAuditWriter(connection: Connection, queueMail: QueueMail): WriteAudit {
  const insert = connection.prepare(insertInto(auditEvents, ["id"]));
  const count = createEventCounter(connection);
  // Here and nowhere else, so that a change and its count are one step. Links are counted apart from registrations.
  const counting = (column: "changed" | "unlinked") =>
    connection.prepare(
      `UPDATE admin_jobs SET ${column} = ${column} + 1, changed_in_pass = changed_in_pass + 1 WHERE id = ?`,
    );
  const [countChange, countLink] = [counting("changed"), counting("unlinked")];
  return (events) => {
    for (const event of events) {
      count(insert.run(auditToRow(event)).lastInsertRowid, event.type);
      if (event.mail !== undefined) queueMail(event.mail, event.registrationId, event.at);
      if (event.jobId !== undefined)
        (event.type === "delegation.deleted" ? countLink : countChange).run(event.jobId);
    }
  };
}

type AuditVerbs = Pick<Store, "appendAudit" | "listAudit" | "listUnannounced" | "markAnnounced">;

/** Builds the verbs of the audit log. */
export function createAuditVerbs(connection: Connection, writeAudit: WriteAudit): AuditVerbs {
  const columns = columnsOf(auditEvents);
  const list = (condition: string) =>
    connection.prepare<AuditRow>(
      `SELECT ${columns} FROM audit_events WHERE ${condition} AND id > @afterId ORDER BY id LIMIT @limit`,
    );
  // One statement per shape of the filter: `@type IS NULL OR type = @type` would keep SQLite from using an index.
  const listAll = list("true");
  const listByRegistration = list("registration_id = @registrationId");
  const listByType = list("type = @type");
  const listByBoth = list("registration_id = @registrationId AND +type = @type");
  const selectUnannounced = connection.prepare<AuditRow>(
    `SELECT ${columns} FROM audit_events
     WHERE announced_at IS NULL AND type IN (SELECT value FROM json_each(@types)) AND at > @after AND at <= @before
     ORDER BY at, id LIMIT @limit`,
  );
  // Verbs are given no time here. The database's own clock is good enough: the moment is for a reader of the table,
  // the code only asks whether there is one.
  const announce = connection.prepare(
    "UPDATE audit_events SET announced_at = unixepoch() WHERE id = ? AND announced_at IS NULL",
  );

  return {
    async appendAudit(events) {
      if (events.length > 0) await connection.grantTogether(() => writeAudit(events));
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
      const rows = connection.read(() => statement.all({ registrationId, type, afterId, limit }));
      return rows.map(auditFromRow);
    },

    async listUnannounced({ types, after, before, limit }) {
      const filter = { types: JSON.stringify(types), after, before, limit };
      return connection.read(() => selectUnannounced.all(filter)).map(auditFromRow);
    },

    async markAnnounced(ids) {
      if (ids.length === 0) return;
      connection.grant(() => {
        for (const id of ids) announce.run(id);
      });
    },
  };
}
