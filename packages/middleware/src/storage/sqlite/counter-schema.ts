/**
 * Owns what only a dashboard reads: counters, and the expressions its indexes are on. Triggers keep the counters
 * (migration `dashboard`), so that no verb, and no verb to come, can forget to.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/**
 * What was last written about a registration: `statusOf` without the clock. The triggers spell it out once more, and
 * an index serves a query only where the text is the very same.
 */
export const phaseOfRow =
  "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN suspended_at IS NOT NULL THEN 'suspended'" +
  " WHEN claimed_at IS NOT NULL THEN 'claimed' WHEN expired_at IS NOT NULL THEN 'expired'" +
  " WHEN current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END";

/** What became of a mail. */
export const mailStateOfRow =
  "CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN failed_at IS NOT NULL THEN 'failed' ELSE 'waiting' END";

/**
 * How many registrations there are. `name` is `registrations` (key: phase and kind), or, without revoked ones, `scopes`
 * (key: the whole text of the column) or `issuer`. A key stays when its count is back at 0, so `scopes` lists every
 * text there is.
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
