/**
 * Owns how SQL of this folder becomes statements of the driver: parameters by name, tables in the schema that was asked
 * for, and inserts written from the schema. SQL names tables with `agent_auth.` in front, always: nothing here depends
 * on a `search_path`, which a connection pooler would not keep.
 */
import { createHash } from "node:crypto";
import { getTableColumns, getTableName } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";

/** A value the driver can send. */
export type Value = string | number | boolean | null | undefined | string[] | number[];
/** Values by the names of parameters. Those a statement does not name are left out. */
export type Values = Record<string, Value>;

/** A statement, ready to be sent. `Row` is what it returns. */
export interface Statement<Row> {
  /** Under which the server keeps it prepared; null: planned anew for the values of each call. */
  name: string | null;
  text: string;
  parameters: string[];
  /** Never there; carries the type. */
  row?: Row;
}

/** Columns that only PostgreSQL has, in place of `rowid`. They are no part of a record. */
const ownColumns = ["position"];

/** The columns of a table that its record is made of. */
export function columnNames(table: PgTable): string[] {
  return Object.keys(getTableColumns(table)).filter((column) => !ownColumns.includes(column));
}

/** The same, listed. Never `*`: a newer version may add columns while this one runs. */
export function columnsOf(table: PgTable, prefix = ""): string {
  return columnNames(table)
    .map((column) => prefix + column)
    .join(", ");
}

function typeOf(table: PgTable, column: string): string {
  const found = getTableColumns(table)[column];
  // The collation is the column's affair; a parameter has none.
  return found === undefined ? "text" : found.getSQLType().replace(/ COLLATE .*/, "");
}

/** An INSERT of a whole row whose parameters are named like its columns. `except` leaves columns to the database. */
export function insertInto(table: PgTable, except: string[] = []): string {
  const columns = columnNames(table).filter((column) => !except.includes(column));
  const values = columns.map((column) => `@${column}::${typeOf(table, column)}`);
  return `INSERT INTO agent_auth.${getTableName(table)} (${columns.join(", ")}) SELECT ${values.join(", ")}`;
}

/** An INSERT of many rows from one JSON array `@rows`, numbered in its order. */
export function insertMany(table: PgTable, except: string[] = []): string {
  const columns = columnNames(table).filter((column) => !except.includes(column));
  const typed = columns.map((column) => `${column} ${typeOf(table, column)}`);
  return `INSERT INTO agent_auth.${getTableName(table)} (${columns.join(", ")})
    SELECT ${columns.join(", ")}
    FROM ROWS FROM (json_to_recordset(@rows::json) AS (${typed.join(", ")})) WITH ORDINALITY AS given
    ORDER BY ordinality`;
}

/** Sets the end date of a registration to `parameter`, unless it has an earlier one or the parameter is null. */
export function endingBy(parameter: string): string {
  // `least` looks past nulls.
  return `ends_at = least(ends_at, ${parameter}::bigint)`;
}

/** A schema as SQL spells it. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const compiled = new Map<string, Statement<unknown>>();
/** More than there are, of which those of listings are made of parts: a bound on memory. */
const mostCompiled = 2000;

/** Compiles SQL for tables in `schema`, once. `isPlannedAnew` is for statements whose best plan depends on their values. */
export function compile<Row>(sql: string, schema: string, isPlannedAnew = false): Statement<Row> {
  const key = `${schema} ${isPlannedAnew} ${sql}`;
  const statement = compiled.get(key) ?? compileAnew(sql, schema, isPlannedAnew);
  if (compiled.size >= mostCompiled) compiled.clear();
  compiled.set(key, statement);
  return statement as Statement<Row>;
}

function compileAnew(sql: string, schema: string, isPlannedAnew: boolean): Statement<unknown> {
  const parameters: string[] = [];
  const text = sql
    .replace(/\bagent_auth\./g, `${quoted(schema)}.`)
    .replace(/@([a-z]\w*)/gi, (_, parameter: string) => {
      if (!parameters.includes(parameter)) parameters.push(parameter);
      return `$${parameters.indexOf(parameter) + 1}`;
    })
    .replace(/\s+/g, " ");
  const name = isPlannedAnew ? null : `aa_${createHash("sha256").update(text).digest("hex").slice(0, 16)}`;
  return { name, text, parameters };
}

/**
 * The values of a statement, in order. PostgreSQL stores no NUL character; the one for what cannot be shown takes its
 * place, when it is written and when it is looked for.
 */
export function valuesOf(parameters: string[], values: Values): unknown[] {
  return parameters.map((parameter) => {
    const value = values[parameter];
    if (typeof value === "string") return value.includes("\0") ? value.replaceAll("\0", "\ufffd") : value;
    return value ?? null;
  });
}

/**
 * JSON as PostgreSQL takes it: no escaped NUL, and no half of a surrogate pair, which `JSON.stringify` leaves escaped.
 */
export function storableJson(text: string): string {
  if (!text.includes("\\u")) return text;
  return text.replace(
    /(\\\\)|\\u(?:0000|d[89a-f][0-9a-f]{2})/gi,
    (_, backslash?: string) => backslash ?? "\\ufffd",
  );
}
