/** Owns the outbox table of the PostgreSQL database, in the way of `schema.ts`, which exports it. */
import { sql } from "drizzle-orm";
import { bigint, check, index } from "drizzle-orm/pg-core";
import { home, integer, text } from "./columns.js";
import { mailStateOfRow } from "./counter-schema.js";

/** Mail that is to be sent, was sent, or was given up. No foreign keys: a line outlives what it tells of. */
export const mailOutbox = home.table(
  "mail_outbox",
  {
    // A sequence never gives a number twice: the links of a mail are derived from it.
    id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
    template: text("template").notNull(),
    recipient: text("recipient"),
    user_id: text("user_id"),
    registration_id: text("registration_id"),
    attempt_id: text("attempt_id"),
    created_at: integer("created_at").notNull(),
    next_try_at: integer("next_try_at").notNull(),
    tries: integer("tries").notNull(),
    sent_at: integer("sent_at"),
    failed_at: integer("failed_at"),
    failure: text("failure"),
    link_used_at: integer("link_used_at"),
  },
  (table) => [
    index("mail_outbox_due")
      .on(table.next_try_at, table.id)
      .where(sql`sent_at IS NULL AND failed_at IS NULL`),
    index("mail_outbox_by_registration").on(table.registration_id, table.id),
    index("mail_outbox_by_recipient").on(table.recipient).where(sql`recipient IS NOT NULL`),
    index("mail_outbox_by_user").on(table.user_id).where(sql`user_id IS NOT NULL`),
    index("mail_outbox_by_creation").on(table.created_at),
    // With the id, which an index of SQLite ends with by itself: pages are walked along it.
    index("mail_outbox_by_state").on(sql`(${sql.raw(mailStateOfRow)})`, table.template, table.id),
    check(
      "mail_outbox_template",
      sql.raw(`"template" IN ('claim_link', 'agent_connected', 'agent_revoked', 'manage_link')`),
    ),
    check("mail_outbox_addressee", sql.raw(`"recipient" IS NOT NULL OR "user_id" IS NOT NULL`)),
    check("mail_outbox_outcome", sql.raw(`"sent_at" IS NULL OR "failed_at" IS NULL`)),
    check("mail_outbox_failure", sql.raw(`("failed_at" IS NULL) = ("failure" IS NULL)`)),
  ],
);
