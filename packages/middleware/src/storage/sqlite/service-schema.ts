/**
 * Owns the tables of the service itself: its signing keys, its leases and its audit log. In the way of `schema.ts`, which exports
 * them: it is the one file `drizzle-kit` reads.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Keys that sign assertions, the private halves encrypted. */
export const signingKeys = sqliteTable(
  "signing_keys",
  {
    kid: text("kid").primaryKey(),
    algorithm: text("algorithm").notNull(),
    public_jwk: text("public_jwk").notNull(),
    encrypted_private_jwk: text("encrypted_private_jwk").notNull(),
    created_at: integer("created_at").notNull(),
    signs_from: integer("signs_from").notNull(),
    retired_at: integer("retired_at"),
  },
  (table) => [
    index("signing_keys_by_start").on(table.signs_from, table.created_at, table.kid),
    check("signing_keys_algorithm", sql.raw(`"algorithm" IN ('ES256')`)),
  ],
);

/**
 * Who does what one instance at a time should do. `expires_at` is by the database's clock, the one all of them share.
 */
export const leases = sqliteTable("leases", {
  name: text("name").primaryKey(),
  holder: text("holder").notNull(),
  expires_at: integer("expires_at").notNull(),
});

/** The append-only audit log. It has no foreign key: a line outlives what it tells of. */
export const auditEvents = sqliteTable(
  "audit_events",
  {
    // AUTOINCREMENT: an id is never given twice, so a reader that pages by id never misses a line.
    id: integer("id").primaryKey({ autoIncrement: true }),
    type: text("type").notNull(),
    at: integer("at").notNull(),
    actor_kind: text("actor_kind").notNull(),
    actor_id: text("actor_id"),
    ip: text("ip"),
    registration_id: text("registration_id"),
    detail: text("detail").notNull(),
    announced_at: integer("announced_at"),
  },
  (table) => [
    index("audit_events_by_registration").on(table.registration_id, table.id),
    index("audit_events_by_type").on(table.type, table.id),
    // Most events are of agents, and those are found by their registration.
    index("audit_events_by_actor_kind").on(table.actor_kind, table.id).where(sql`actor_kind <> 'agent'`),
    index("audit_events_by_actor").on(table.actor_id, table.id).where(sql`actor_kind <> 'agent'`),
    index("audit_events_unannounced").on(table.type, table.at).where(sql`announced_at IS NULL`),
    check("audit_events_detail", sql.raw(`json_valid("detail")`)),
  ],
);
