/** Owns the SQL every verb shares: column lists and inserts written from the schema, and `protocol/state.ts` in SQL. */
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

export { claimIsOpen, inGoodStanding, statusAtNow } from "../row-standing.js";

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

/** Sets the end date of a registration to `parameter`, unless it has an earlier one or the parameter is null. */
export function endingBy(parameter: string): string {
  // `min` of a null is null.
  return `ends_at = min(coalesce(ends_at, ${parameter}), coalesce(${parameter}, ends_at))`;
}
