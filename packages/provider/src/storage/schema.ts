/**
 * Owns the tables, constraints and indexes; `drizzle-kit generate` turns it into migrations. Keys are the column
 * names themselves, so that a row is what the driver returns. Times are integer epoch seconds.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

/** Who is signed in. The cookie holds the secret, this its hash. */
export const sessions = sqliteTable(
  "sessions",
  {
    token_hash: text("token_hash").primaryKey(),
    user_id: text("user_id").notNull(),
    auth_time: integer("auth_time").notNull(),
    last_seen_at: integer("last_seen_at").notNull(),
    expires_at: integer("expires_at").notNull(),
  },
  (table) => [index("sessions_by_expiry").on(table.expires_at)],
);

/** Agents that wait for a person to sign in (RFC 8628). */
export const deviceGrants = sqliteTable(
  "device_grants",
  {
    device_code_hash: text("device_code_hash").primaryKey(),
    user_code: text("user_code").notNull(),
    client_id: text("client_id").notNull(),
    max_age: integer("max_age"),
    created_at: integer("created_at").notNull(),
    expires_at: integer("expires_at").notNull(),
    poll_interval: integer("poll_interval").notNull(),
    last_polled_at: integer("last_polled_at"),
    status: text("status").notNull(),
    user_id: text("user_id"),
    auth_time: integer("auth_time"),
  },
  (table) => [
    uniqueIndex("device_grants_user_code").on(table.user_code),
    index("device_grants_by_expiry").on(table.expires_at),
    check("device_grants_status", sql.raw(`"status" IN ('pending', 'approved', 'denied', 'delivered')`)),
  ],
);

/** What a person decided about a service, and what was minted for it. */
export const delegations = sqliteTable(
  "delegations",
  {
    user_id: text("user_id").notNull(),
    audience: text("audience").notNull(),
    consent: text("consent").notNull(),
    decided_at: integer("decided_at").notNull(),
    since: integer("since").notNull(),
    last_minted_at: integer("last_minted_at"),
    mint_count: integer("mint_count").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.user_id, table.audience] }),
    check("delegations_consent", sql.raw(`"consent" IN ('once', 'always', 'denied', 'minted')`)),
  ],
);

/** Security Event Tokens on their way. */
export const outbox = sqliteTable(
  "outbox",
  {
    jti: text("jti").primaryKey(),
    user_id: text("user_id").notNull(),
    audience: text("audience").notNull(),
    type: text("type").notNull(),
    claims: text("claims").notNull(),
    created_at: integer("created_at").notNull(),
    status: text("status").notNull(),
    attempts: integer("attempts").notNull(),
    next_try_at: integer("next_try_at").notNull(),
    leased_until: integer("leased_until").notNull(),
    problem: text("problem"),
    settled_at: integer("settled_at"),
  },
  (table) => [
    index("outbox_waiting").on(table.next_try_at).where(sql`status = 'waiting'`),
    index("outbox_by_user").on(table.user_id, table.created_at),
    check("outbox_status", sql.raw(`"status" IN ('waiting', 'sent', 'refused', 'failed')`)),
  ],
);

/** Keys this provider signs with; the private half is encrypted. */
export const signingKeys = sqliteTable("signing_keys", {
  kid: text("kid").primaryKey(),
  algorithm: text("algorithm").notNull(),
  public_jwk: text("public_jwk").notNull(),
  sealed_private_jwk: text("sealed_private_jwk").notNull(),
  created_at: integer("created_at").notNull(),
  signs_from: integer("signs_from").notNull(),
});

/** Wrong passwords and wrong codes, counted. */
export const tries = sqliteTable("tries", {
  subject: text("subject").primaryKey(),
  count: integer("count").notNull(),
  window_ends_at: integer("window_ends_at").notNull(),
});
