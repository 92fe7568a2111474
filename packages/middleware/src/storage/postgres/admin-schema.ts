/** Owns the table of jobs, changes of many registrations, in the way of `schema.ts`, which exports it. */
import { sql } from "drizzle-orm";
import { check, index } from "drizzle-orm/pg-core";
import { home, integer, json, position, text } from "./columns.js";

/** One change of many registrations, a row per job. */
export const adminJobs = home.table(
  "admin_jobs",
  {
    id: text("id").primaryKey(),
    action: text("action").notNull(),
    filter: json("filter").notNull(),
    created_before: integer("created_before"),
    actor_kind: text("actor_kind").notNull(),
    actor_id: text("actor_id"),
    ip: text("ip"),
    reason: text("reason").notNull(),
    created_at: integer("created_at").notNull(),
    advanced_at: integer("advanced_at").notNull(),
    cursor: text("cursor"),
    passes: integer("passes").notNull(),
    changed: integer("changed").notNull(),
    unlinked: integer("unlinked").notNull(),
    changed_in_pass: integer("changed_in_pass").notNull(),
    lease_until: integer("lease_until"),
    finished_at: integer("finished_at"),
    position: position(),
  },
  (table) => [
    index("admin_jobs_by_creation").on(table.created_at),
    index("admin_jobs_open").on(table.created_at).where(sql`finished_at IS NULL`),
    check("admin_jobs_action", sql.raw(`"action" IN ('revoke', 'suspend', 'resume')`)),
    check(
      "admin_jobs_counters",
      sql.raw(
        `"passes" >= 0 AND "changed" >= 0 AND "unlinked" >= 0 AND "changed_in_pass" >= 0` +
          ` AND "changed" + "unlinked" >= "changed_in_pass"`,
      ),
    ),
    check("admin_jobs_end", sql.raw(`"finished_at" IS NULL OR "lease_until" IS NULL`)),
  ],
);
