/**
 * Owns what only a dashboard reads: counters, and the expressions its indexes are on. Triggers count registrations
 * (migration `dashboard`) and the one writer of the log counts its events (`event-counts.ts`), so that no verb, and no
 * verb to come, can forget to.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export { mailStateOfRow, phaseOfRow } from "../row-standing.js";

/**
 * How many registrations there are. `name` is `registrations` (key: phase and kind), or, without revoked ones, `scopes`
 * (key: the whole text of the column) or `issuer`. A key stays when its count is back at 0, so `scopes` lists every
 * text there is. The row `folded`, `audit_events` holds the id of the last audit event that `dailyCounts` has in it.
 */
export const counters = sqliteTable(
  "counters",
  {
    name: text("name").notNull(),
    key: text("key").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [primaryKey({ columns: [table.name, table.key] })],
);

/**
 * How often something happened on a day, counted from 1970-01-01 in UTC. `what` is a type of audit event, or `mail`,
 * `event` or `id_jag`. `issuer` and `refusal` are empty for "all" and "none"; they are never null, which a primary key
 * of SQLite would not hold together.
 *
 * Audit events are counted 64 at a time, because counting each would cost as much as writing it. Whoever reads adds
 * those that came since (`countedDays`).
 */
export const dailyCounts = sqliteTable(
  "daily_counts",
  {
    what: text("what").notNull(),
    issuer: text("issuer").notNull(),
    day: integer("day").notNull(),
    refusal: text("refusal").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [primaryKey({ columns: [table.what, table.issuer, table.day, table.refusal] })],
);

/** Rows `what`, `issuer`, `day`, `refusal` and `count` of the days, those of the latest audit events among them. */
export const countedDays = `(SELECT what, issuer, day, refusal, count FROM daily_counts
  UNION ALL SELECT type, '', at / 86400, '', 1 FROM audit_events NOT INDEXED
    WHERE id > (SELECT count FROM counters WHERE name = 'folded' AND key = 'audit_events'))`;
