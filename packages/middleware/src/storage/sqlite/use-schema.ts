/** Owns the table of scopes that were used: when a call last needed one. In the way of `schema.ts`, which exports it. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { registrations } from "./schema.js";

/** A row for each scope that a registration holds and that a call has needed. Goes with its registration. */
export const scopeUses = sqliteTable(
  "scope_uses",
  {
    registration_id: text("registration_id")
      .notNull()
      .references(() => registrations.id, { onDelete: "cascade" }),
    scope: text("scope").notNull(),
    last_used_at: integer("last_used_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.registration_id, table.scope] })],
);
