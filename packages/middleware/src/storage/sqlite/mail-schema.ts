/** Owns the outbox table of the SQLite database: what mail is to be sent, without a word of it and without a secret. */
import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { mailStateOfRow } from "./counter-schema.js";

/** Mail that is to be sent, was sent, or was given up. No foreign keys: a line outlives what it tells of. */
export const mailOutbox = sqliteTable(
  "mail_outbox",
  {
    // AUTOINCREMENT: the links of a mail are derived from its id, which must never mean another mail.
    id: integer("id").primaryKey({ autoIncrement: true }),
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
    index("mail_outbox_by_state").on(sql`(${sql.raw(mailStateOfRow)})`, table.template),
    check(
      "mail_outbox_template",
      sql.raw(`"template" IN ('claim_link', 'agent_connected', 'agent_revoked', 'manage_link')`),
    ),
    check("mail_outbox_addressee", sql.raw(`"recipient" IS NOT NULL OR "user_id" IS NOT NULL`)),
    check("mail_outbox_outcome", sql.raw(`"sent_at" IS NULL OR "failed_at" IS NULL`)),
    check("mail_outbox_failure", sql.raw(`("failed_at" IS NULL) = ("failure" IS NULL)`)),
  ],
);
