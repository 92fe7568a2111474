/** Owns the SQL every verb shares: column lists and inserts written from the schema, and `protocol/state.ts` in SQL. */
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/** The columns of a table, listed. Never `*`: a newer process may add columns to the file while this one runs. */
export function columnsOf(table: SQLiteTable): string {
  return Object.keys(getTableColumns(table)).join(", ");
}

/** An INSERT of a whole row whose parameters are named like its columns. `except` leaves columns to the database. */
export function insertInto(table: SQLiteTable, except: string[] = []): string {
  const columns = Object.keys(getTableColumns(table)).filter((column) => !except.includes(column));
  const values = columns.map((column) => `@${column}`);
  return `INSERT INTO ${getTableName(table)} (${columns.join(", ")}) SELECT ${values.join(", ")}`;
}

/** The same INSERT, which stores nothing unless `condition` holds. `changes` tells. */
export function insertWhere(table: SQLiteTable, condition: string): string {
  return `${insertInto(table)} WHERE ${condition}`;
}

/** Neither revoked, suspended nor ended at `@now`: the first three lines of `statusOf`. */
export const inGoodStanding = `revoked_at IS NULL AND suspended_at IS NULL AND (ends_at IS NULL OR ends_at > @now)`;

/**
 * The claim may still be started or settled at `@now`: what `transitions.start_claim` and `settle_claim` allow.
 * `expired_at` is asked next to the window so that a node whose clock is behind cannot wake a torn down claim.
 */
export const claimIsOpen =
  `${inGoodStanding} AND claimed_at IS NULL AND claim_ended_at IS NULL` +
  ` AND claim_expires_at > @now AND expired_at IS NULL`;

/** `statusOf` at `@now`. */
export const statusAtNow =
  "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN suspended_at IS NOT NULL THEN 'suspended'" +
  " WHEN ends_at <= @now THEN 'ended' WHEN claimed_at IS NOT NULL THEN 'claimed'" +
  " WHEN claim_expires_at <= @now THEN 'expired' WHEN current_attempt_id IS NOT NULL THEN 'pending_claim'" +
  " ELSE 'unclaimed' END";
