/** Owns the SQL every verb shares: column lists and inserts written from the schema, and `protocol/state.ts` in SQL. */
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

export { claimIsOpen, inGoodStanding, statusAtNow } from "../row-standing.js";

/** The columns of a table, listed. Never `*`: a newer process may add columns to the file while this one runs. */
export function columnsOf(table: SQLiteTable): string {
  return Object.keys(getTableColumns(table)).join(", ");
}

/**
 * An INSERT of a whole row whose parameters are named like its columns. `except` leaves columns to the database.
 *
 * With VALUES, because SQLite prepares every INSERT from a SELECT for being undone half-way: it copies each page before
 * it changes it, which costs as much as the writing.
 */
export function insertInto(table: SQLiteTable, except: string[] = []): string {
  return insertOf("INSERT", table, except);
}

/**
 * The same into a table that triggers watch. They too would have it copy pages; FAIL does not, and leaves what a failed
 * statement has done to the transaction, which a failure undoes as a whole anyway.
 */
export function insertWatched(table: SQLiteTable): string {
  return insertOf("INSERT OR FAIL", table, []);
}

function insertOf(verb: string, table: SQLiteTable, except: string[]): string {
  const columns = Object.keys(getTableColumns(table)).filter((column) => !except.includes(column));
  const values = columns.map((column) => `@${column}`);
  return `${verb} INTO ${getTableName(table)} (${columns.join(", ")}) VALUES (${values.join(", ")})`;
}

/** Sets the end date of a registration to `parameter`, unless it has an earlier one or the parameter is null. */
export function endingBy(parameter: string): string {
  // `min` of a null is null.
  return `ends_at = min(coalesce(ends_at, ${parameter}), coalesce(${parameter}, ends_at))`;
}
