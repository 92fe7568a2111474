/**
 * Owns what only a dashboard reads: counters, and the expressions its indexes are on. Triggers keep the counters
 * (migration `dashboard`), so that no verb, and no verb to come, can forget to.
 *
 * A count is the sum of its rows, and triggers only ever add rows: a row per counter would be one that every
 * registration of every node waits for, and two verbs that count in different orders would deadlock. The sweeper adds
 * rows up (`counters.ts`).
 */
import { sql } from "drizzle-orm";
import { index } from "drizzle-orm/pg-core";
import { home, integer, text } from "./columns.js";

export { mailStateOfRow, phaseOfRow } from "../row-standing.js";

/** See `../sqlite/counter-schema.ts` for names and keys. */
export const counters = home.table(
  "counters",
  {
    name: text("name").notNull(),
    key: text("key").notNull(),
    count: integer("count").notNull(),
  },
  // By a hash, because a key can be a long list of scopes (`schema.ts`, `registrations_by_scopes`).
  (table) => [index("counters_by_key").on(table.name, sql`hashtextextended(key, 0)`)],
);

/** See `../sqlite/counter-schema.ts` for what is counted. */
export const dailyCounts = home.table(
  "daily_counts",
  {
    what: text("what").notNull(),
    issuer: text("issuer").notNull(),
    day: integer("day").notNull(),
    refusal: text("refusal").notNull(),
    count: integer("count").notNull(),
  },
  (table) => [index("daily_counts_by_day").on(table.what, table.issuer, table.day)],
);
