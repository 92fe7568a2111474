/** Owns the SQL every verb shares: column lists and inserts, written from the schema. */
import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

/** The columns of a table, listed. Never `*`: a newer process may add columns while this one runs. */
export function columnsOf(table: SQLiteTable): string {
  return Object.keys(getTableColumns(table)).join(", ");
}

/** An INSERT of a whole row whose parameters are named like its columns. */
export function insertInto(table: SQLiteTable): string {
  const columns = Object.keys(getTableColumns(table));
  const values = columns.map((column) => `@${column}`);
  return `INSERT INTO ${getTableName(table)} (${columns.join(", ")}) VALUES (${values.join(", ")})`;
}
