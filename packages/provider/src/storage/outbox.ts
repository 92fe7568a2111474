/** Owns stored events: each is delivered by one caller at a time until it is settled. */
import type { Database } from "better-sqlite3";
import type { Store } from "../ports.js";
import { type EventRow, eventOf, eventRow } from "./rows.js";
import { outbox } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

type OutboxVerbs = Pick<
  Store,
  "addEvent" | "findEvent" | "listEvents" | "listWaitingEvents" | "leaseEvent" | "settleEvent"
>;

export function createOutboxVerbs(database: Database): OutboxVerbs {
  const columns = columnsOf(outbox);
  const insert = database.prepare(insertInto(outbox));
  const find = database.prepare<[string], EventRow>(`SELECT ${columns} FROM outbox WHERE jti = ?`);
  const list = database.prepare<[string, number], EventRow>(
    `SELECT ${columns} FROM outbox WHERE user_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?`,
  );
  const listWaiting = database.prepare<[number, number], EventRow>(
    `SELECT ${columns} FROM outbox WHERE status = 'waiting' AND next_try_at <= ? ORDER BY next_try_at LIMIT ?`,
  );
  const lease = database.prepare<object, EventRow>(
    `UPDATE outbox SET leased_until = @leaseUntil, attempts = attempts + 1
     WHERE jti = @jti AND status = 'waiting' AND next_try_at <= @dueBefore AND leased_until <= @now
     RETURNING ${columns}`,
  );
  const settle = database.prepare(
    `UPDATE outbox SET status = @status, problem = @problem, settled_at = @settledAt, leased_until = 0,
       next_try_at = COALESCE(@nextTryAt, next_try_at)
     WHERE jti = @jti AND status = 'waiting'`,
  );
  return {
    addEvent: (event) => {
      insert.run(eventRow(event));
    },
    findEvent: (jti) => {
      const row = find.get(jti);
      return row === undefined ? null : eventOf(row);
    },
    listEvents: (userId, limit) => list.all(userId, limit).map(eventOf),
    listWaitingEvents: (dueBefore, limit) => listWaiting.all(dueBefore, limit).map(eventOf),
    leaseEvent: (jti, now, dueBefore, leaseUntil) => {
      const row = lease.get({ jti, now, dueBefore, leaseUntil });
      return row === undefined ? null : eventOf(row);
    },
    settleEvent: (jti, result) => {
      settle.run({ problem: null, settledAt: null, nextTryAt: null, ...result, jti });
    },
  };
}
