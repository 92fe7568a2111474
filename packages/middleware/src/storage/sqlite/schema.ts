/**
 * Owns the tables, constraints and indexes of the SQLite database; `drizzle-kit generate` turns it into migrations.
 *
 * Keys are the column names themselves, so that `$inferSelect` is exactly the row the driver returns
 * (`rows.ts` maps those rows). Times are integer epoch seconds. Unique indexes carry invariants, the partial
 * ones hold only the rows their sweep still has to look at.
 */
import { sql } from "drizzle-orm";
import { check, index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { overSinceOfRow } from "../row-standing.js";
import { phaseOfRow } from "./counter-schema.js";

export { adminJobs } from "./admin-schema.js";
export { counters, dailyCounts } from "./counter-schema.js";
export { delegations, providers, seenJwtIds } from "./identity-schema.js";
export { rateLimits } from "./limits-schema.js";
export { mailOutbox } from "./mail-schema.js";
export { auditEvents, leases, signingKeys } from "./service-schema.js";
export { scopeUses } from "./use-schema.js";

/** One agent's standing, a row per registration. */
export const registrations = sqliteTable(
  "registrations",
  {
    id: text("id").primaryKey(),
    kind: text("kind").notNull(),
    client_name: text("client_name"),
    created_at: integer("created_at").notNull(),
    created_ip: text("created_ip"),
    user_agent: text("user_agent"),
    generation: integer("generation").notNull(),
    scopes: text("scopes").notNull(),
    scope_limit: text("scope_limit"),
    user_id: text("user_id"),
    claimed_at: integer("claimed_at"),
    claim_token_hash: text("claim_token_hash"),
    claim_expires_at: integer("claim_expires_at").notNull(),
    claim_ended_at: integer("claim_ended_at"),
    claim_end_reason: text("claim_end_reason"),
    wrong_guesses: integer("wrong_guesses").notNull(),
    // No foreign key: it would close a circle with claim_attempts, and no row could be the first.
    current_attempt_id: text("current_attempt_id"),
    collected_at: integer("collected_at"),
    poll_interval: integer("poll_interval").notNull(),
    last_polled_at: integer("last_polled_at"),
    ends_at: integer("ends_at"),
    suspended_at: integer("suspended_at"),
    revoked_at: integer("revoked_at"),
    revoked_by: text("revoked_by"),
    revoked_reason: text("revoked_reason"),
    expired_at: integer("expired_at"),
    last_used_at: integer("last_used_at"),
    issuer: text("issuer"),
    subject: text("subject"),
    id_jag_issued_at: integer("id_jag_issued_at"),
  },
  (table) => [
    uniqueIndex("registrations_claim_token").on(table.claim_token_hash),
    // One per person at a provider; registrations of other kinds may carry the same pair through a claim.
    uniqueIndex("registrations_identity")
      .on(table.issuer, table.subject)
      .where(sql`kind = 'identity_assertion'`),
    index("registrations_by_subject").on(table.issuer, table.subject).where(sql`issuer IS NOT NULL`),
    index("registrations_by_user")
      .on(table.user_id, table.created_at, table.id)
      .where(sql`user_id IS NOT NULL`),
    index("registrations_to_expire")
      .on(table.claim_expires_at, table.id)
      .where(sql`claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL`),
    index("registrations_uncollected")
      .on(table.claimed_at, table.id)
      .where(sql`claimed_at IS NOT NULL AND collected_at IS NULL AND revoked_at IS NULL`),
    index("registrations_over")
      .on(sql`(${sql.raw(overSinceOfRow)})`)
      .where(sql`revoked_at IS NOT NULL OR expired_at IS NOT NULL OR ends_at IS NOT NULL`),
    // What a dashboard lists. Every index costs each registration a page of the log, so one serves status, kind and
    // plain creation: the few values of what is not asked for are merged. Scopes are listed by their whole text.
    index("registrations_by_phase").on(sql`(${sql.raw(phaseOfRow)})`, table.kind, table.created_at, table.id),
    index("registrations_by_scopes").on(table.scopes, table.created_at, table.id),
    index("registrations_by_end").on(table.created_at, table.id).where(sql`ends_at IS NOT NULL`),
    index("registrations_by_suspension")
      .on(table.suspended_at)
      .where(sql`suspended_at IS NOT NULL AND revoked_at IS NULL`),
    // With the time of creation, so that other indexes can be asked about an entry without reading its row.
    index("registrations_by_use")
      .on(table.last_used_at, table.id, table.created_at)
      .where(sql`last_used_at IS NOT NULL`),
    index("registrations_by_issuer")
      .on(table.issuer, table.created_at, table.id)
      .where(sql`issuer IS NOT NULL`),
    index("registrations_by_ip")
      .on(table.created_ip, table.created_at, table.id)
      .where(sql`created_ip IS NOT NULL`),
    // In no order of a listing, but with what its rows are sorted by.
    index("registrations_by_name")
      .on(sql`client_name COLLATE NOCASE`, table.created_at, table.id)
      .where(sql`client_name IS NOT NULL`),
    check("registrations_kind", sql.raw(`"kind" IN ('anonymous', 'service_auth', 'identity_assertion')`)),
    check(
      "registrations_claim_end",
      sql.raw(
        `("claim_ended_at" IS NULL) = ("claim_end_reason" IS NULL)` +
          ` AND ("claim_end_reason" IS NULL OR "claim_end_reason" IN ('denied', 'locked'))`,
      ),
    ),
    // A claim that was refused or locked can never be finished, nor a finished one refused.
    check("registrations_claim_outcome", sql.raw(`"claim_ended_at" IS NULL OR "claimed_at" IS NULL`)),
    check("registrations_counters", sql.raw(`"wrong_guesses" >= 0 AND "poll_interval" >= 0`)),
    check(
      "registrations_identity_pair",
      sql.raw(
        `("issuer" IS NULL) = ("subject" IS NULL)` +
          ` AND ("id_jag_issued_at" IS NULL OR "issuer" IS NOT NULL)`,
      ),
    ),
  ],
);

/** One try at a claim. */
export const claimAttempts = sqliteTable(
  "claim_attempts",
  {
    id: text("id").primaryKey(),
    registration_id: text("registration_id")
      .notNull()
      .references(() => registrations.id, { onDelete: "cascade" }),
    token_hash: text("token_hash").notNull(),
    login_hint: text("login_hint").notNull(),
    user_code_hash: text("user_code_hash"),
    created_at: integer("created_at").notNull(),
    expires_at: integer("expires_at").notNull(),
    created_ip: text("created_ip"),
    user_agent: text("user_agent"),
    wrong_guesses: integer("wrong_guesses").notNull(),
    viewed_at: integer("viewed_at"),
    confirmed_at: integer("confirmed_at"),
    denied_at: integer("denied_at"),
    replaced_at: integer("replaced_at"),
    confirmed_user_id: text("confirmed_user_id"),
    confirmed_scopes: text("confirmed_scopes"),
    read_back_code_hash: text("read_back_code_hash"),
    link_issuer: text("link_issuer"),
    link_subject: text("link_subject"),
    link_user_id: text("link_user_id"),
    link_version: integer("link_version"),
    link_issued_at: integer("link_issued_at"),
    link_scopes: text("link_scopes"),
  },
  (table) => [
    uniqueIndex("claim_attempts_token").on(table.token_hash),
    index("claim_attempts_by_registration").on(table.registration_id, table.created_at),
    index("claim_attempts_by_link")
      .on(table.link_issuer, table.link_subject)
      .where(sql`link_issuer IS NOT NULL`),
    index("claim_attempts_by_hint").on(table.login_hint).where(sql`login_hint <> ''`),
    index("claim_attempts_to_forget").on(table.expires_at).where(sql`login_hint <> ''`),
    index("claim_attempts_by_linked_person").on(table.link_user_id).where(sql`link_user_id IS NOT NULL`),
    index("claim_attempts_by_confirmer")
      .on(table.confirmed_user_id)
      .where(sql`confirmed_user_id IS NOT NULL`),
    check("claim_attempts_counters", sql.raw(`"wrong_guesses" >= 0`)),
    check(
      "claim_attempts_outcome",
      sql.raw(
        `("confirmed_user_id" IS NULL OR "confirmed_at" IS NOT NULL)` +
          ` AND ("read_back_code_hash" IS NULL OR "confirmed_at" IS NOT NULL)` +
          ` AND ("read_back_code_hash" IS NULL) = ("confirmed_scopes" IS NULL)`,
      ),
    ),
    // A link is whole or not there: half of one would bind without a condition.
    check(
      "claim_attempts_link",
      sql.raw(
        `("link_issuer" IS NULL) = ("link_subject" IS NULL) AND ("link_issuer" IS NULL) = ("link_user_id" IS NULL)` +
          ` AND ("link_issuer" IS NULL) = ("link_version" IS NULL)` +
          ` AND ("link_issuer" IS NULL) = ("link_issued_at" IS NULL)`,
      ),
    ),
  ],
);

/** Bearer tokens by their hash. */
export const accessTokens = sqliteTable(
  "access_tokens",
  {
    hash: text("hash").primaryKey(),
    registration_id: text("registration_id")
      .notNull()
      .references(() => registrations.id, { onDelete: "cascade" }),
    generation: integer("generation").notNull(),
    scopes: text("scopes").notNull(),
    resource: text("resource").notNull(),
    created_at: integer("created_at").notNull(),
    expires_at: integer("expires_at").notNull(),
    revoked_at: integer("revoked_at"),
  },
  (table) => [
    index("access_tokens_by_registration").on(table.registration_id, table.created_at),
    // With `revoked_at`, so that good ones can be counted without reading them.
    index("access_tokens_by_expiry").on(table.expires_at, table.revoked_at),
  ],
);

/** Chains of refresh tokens, a row per chain. */
export const refreshTokens = sqliteTable(
  "refresh_tokens",
  {
    id: text("id").primaryKey(),
    registration_id: text("registration_id")
      .notNull()
      .references(() => registrations.id, { onDelete: "cascade" }),
    generation: integer("generation").notNull(),
    sequence: integer("sequence").notNull(),
    created_at: integer("created_at").notNull(),
    rotated_at: integer("rotated_at"),
    expires_at: integer("expires_at").notNull(),
    revoked_at: integer("revoked_at"),
  },
  (table) => [
    index("refresh_tokens_by_registration").on(table.registration_id),
    index("refresh_tokens_by_expiry").on(table.expires_at),
    check("refresh_tokens_sequence", sql.raw(`"sequence" >= 1`)),
  ],
);
