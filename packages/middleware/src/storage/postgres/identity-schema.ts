/** Owns the tables of what providers vouch for and take back, in the way of `schema.ts`, which exports them. */
import { sql } from "drizzle-orm";
import { check, index, primaryKey } from "drizzle-orm/pg-core";
import { home, integer, json, text } from "./columns.js";

/** The one row of a person at a provider. It outlives unlinking, so that a revocation is remembered. */
export const delegations = home.table(
  "delegations",
  {
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    user_id: text("user_id"),
    version: integer("version").notNull(),
    revoked_at: integer("revoked_at"),
    scope_ceiling: text("scope_ceiling"),
    created_at: integer("created_at").notNull(),
    linked_at: integer("linked_at"),
    // `iat` of the newest ID-JAG that made or used the link: an event that is older must not cut it.
    linked_issued_at: integer("linked_issued_at"),
    reserved_until: integer("reserved_until"),
    idempotency_key: text("idempotency_key"),
  },
  (table) => [
    primaryKey({ columns: [table.issuer, table.subject] }),
    index("delegations_by_user")
      .on(table.user_id, table.issuer, table.subject)
      .where(sql`user_id IS NOT NULL`),
    index("delegations_linked").on(table.issuer, table.subject).where(sql`user_id IS NOT NULL`),
    check(
      "delegations_link",
      sql.raw(
        `("user_id" IS NULL) = ("linked_at" IS NULL) AND ("user_id" IS NULL) = ("linked_issued_at" IS NULL)` +
          ` AND ("user_id" IS NOT NULL OR "scope_ceiling" IS NULL)`,
      ),
    ),
    // Version 1 is what "there was no row" may turn into, so a row that knows a revocation can never have it.
    check("delegations_version", sql.raw(`"version" > 1 OR ("version" = 1 AND "revoked_at" IS NULL)`)),
    check(
      "delegations_reservation",
      sql.raw(
        `("reserved_until" IS NULL OR "idempotency_key" IS NOT NULL)` +
          ` AND ("user_id" IS NULL OR "idempotency_key" IS NULL)`,
      ),
    ),
  ],
);

/** Ids of tokens that may be used once, kept until the token could no longer be accepted anyway. */
export const seenJwtIds = home.table(
  "seen_jwt_ids",
  {
    purpose: text("purpose").notNull(),
    issuer: text("issuer").notNull(),
    jti: text("jti").notNull(),
    expires_at: integer("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.purpose, table.issuer, table.jti] }),
    index("seen_jwt_ids_by_expiry").on(table.expires_at),
    check("seen_jwt_ids_purpose", sql.raw(`"purpose" IN ('id-jag', 'security-event')`)),
  ],
);

/** The operators' part of the trust list. */
export const providers = home.table(
  "providers",
  {
    issuer: text("issuer").primaryKey(),
    name: text("name").notNull(),
    jwks_uri: text("jwks_uri"),
    client_ids: json("client_ids").notNull(),
    algorithms: json("algorithms").notNull(),
    allowed_email_domains: json("allowed_email_domains"),
    required_amr: json("required_amr").notNull(),
    jit: integer("jit").notNull(),
    scopes: text("scopes"),
    max_auth_age_seconds: integer("max_auth_age_seconds").notNull(),
    disabled_at: integer("disabled_at"),
    created_at: integer("created_at").notNull(),
    changed_at: integer("changed_at").notNull(),
  },
  () => [check("providers_jit", sql.raw(`"jit" IN (0, 1)`))],
);
