/**
 * Owns databases of a test's own, on SQLite or on PostgreSQL as the run says (`jest.config.mjs`): how instances and
 * stores open one, and how a test reads or changes it from the side.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AgentAuthOptions } from "@agent-auth/middleware";
import Database from "better-sqlite3";
import { getTableName, is, Table } from "drizzle-orm";
import pg from "pg";
import { type OpenedStorage, openStorage } from "../../src/storage/open.js";
import * as schema from "../../src/storage/sqlite/schema.js";
import { type TestPlace, testPlace } from "./postgres.js";

/** The database of this run of the test. */
export const databaseKind =
  (globalThis as { TEST_DATABASE?: "sqlite" | "postgres" }).TEST_DATABASE ?? "sqlite";

/** How many cases a property is tried with: on PostgreSQL a part of them, as most of what they try is on both alike. */
export const casesOf = (count: number) => (databaseKind === "sqlite" ? count : Math.ceil(count / 4));

/** Every table, of either database. */
export const allTables = Object.values(schema)
  .filter((table) => is(table, Table))
  .map((table) => getTableName(table));

/** What a test reads of a row. JSON is its text. */
export type Row = Record<string, string | number | null>;

export interface TestDatabase {
  /** As the option `storage` of any number of instances. */
  storage: AgentAuthOptions["storage"];
  /** Opens it as an instance does. Whoever opens closes. */
  open(): OpenedStorage;
  /** Runs one statement, with `?` for each of the values. */
  run(sql: string, values?: (string | number | null)[]): Promise<Row[]>;
  /** Every row of a table, oldest first. */
  rows(table: string): Promise<Row[]>;
  /** Every row of these tables. */
  snapshot<Table extends string>(tables: readonly Table[]): Promise<Record<Table, Row[]>>;
  /** Keeps everybody else from writing, as a backup or a stuck process would, until what it returns is called. */
  lock(): Promise<() => Promise<void>>;
  /** Once nobody uses it any more. */
  destroy(): Promise<void>;
}

/** A new, empty database. */
export function testDatabase(): Promise<TestDatabase> {
  return databaseKind === "sqlite" ? sqliteDatabase() : postgresDatabase();
}

/** A database nobody looks into but the instance that uses it. */
export async function unseenDatabase(): Promise<Pick<TestDatabase, "storage" | "destroy">> {
  return databaseKind === "sqlite" ? { storage: "sqlite::memory:", async destroy() {} } : testDatabase();
}

function withSnapshot(database: Omit<TestDatabase, "snapshot">): TestDatabase {
  return {
    ...database,
    async snapshot<Table extends string>(tables: readonly Table[]) {
      const found = await Promise.all(tables.map((table) => database.rows(table)));
      return Object.fromEntries(tables.map((table, index) => [table, found[index]])) as Record<Table, Row[]>;
    },
  };
}

async function sqliteDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
  const path = join(folder, "agent-auth.db");
  const storage = `sqlite:${path}`;
  let side: Database.Database | null = null;
  const others: Database.Database[] = [];
  const run: TestDatabase["run"] = async (sql, values = []) => {
    side ??= new Database(path);
    const statement = side.prepare<unknown[], Row>(sql);
    if (statement.reader) return statement.all(...values);
    statement.run(...values);
    return [];
  };
  return withSnapshot({
    storage,
    open: () => openStorage(storage, "balanced"),
    run,
    rows: (table) => run(`SELECT * FROM ${table} ORDER BY rowid`),
    async lock() {
      const other = new Database(path);
      others.push(other);
      other.exec("BEGIN IMMEDIATE");
      return async () => {
        other.close();
      };
    },
    async destroy() {
      for (const connection of [side, ...others]) connection?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  });
}

/** Few connections: every test opens its own. A busy machine may take its time to give one. */
const pool = { max: 4, connectTimeoutMilliseconds: 20_000 };

const [bigintType, jsonbType] = [20, 3802];

/** Values as SQLite has them: numbers, and JSON as the text our code would write. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format: "text") => {
    if (oid === bigintType) return Number;
    if (oid === jsonbType) return (text: string) => JSON.stringify(JSON.parse(text));
    return pg.types.getTypeParser(oid, format);
  }) as pg.CustomTypesConfig["getTypeParser"],
};

/** Schemas whose tables count their rows. */
const numbered = new Set<string>();

/** Gives every table what SQLite has as `rowid`: the order in which rows were written. */
async function number({ schema, query }: TestPlace): Promise<void> {
  if (numbered.has(schema)) return;
  numbered.add(schema);
  const column = "ADD COLUMN row_number bigint GENERATED ALWAYS AS IDENTITY";
  await query(allTables.map((name) => `ALTER TABLE ${name} ${column}`).join(";"));
}

async function postgresDatabase(): Promise<TestDatabase> {
  const place = await testPlace(pool);
  await number(place);
  const others: pg.Client[] = [];
  const run: TestDatabase["run"] = (sql, values) => {
    let count = 0;
    const text = sql.replace(/\?/g, () => {
      count += 1;
      return `$${count}`;
    });
    return place.query<Row>(text, values, types);
  };
  return withSnapshot({
    storage: { url: place.url, schema: place.schema, pool } as AgentAuthOptions["storage"],
    open: () => openStorage(place, "balanced"),
    run,
    // `position` is in the place of `rowid` too, where our code needs it.
    async rows(table) {
      const rows = await run(`SELECT * FROM ${table} ORDER BY row_number`);
      return rows.map(({ row_number, position, ...row }) => row);
    },
    async lock() {
      const other = new pg.Client(place.url);
      others.push(other);
      await other.connect();
      const names = allTables.map((name) => `"${place.schema}"."${name}"`);
      await other.query(`BEGIN; LOCK TABLE ${names.join(", ")} IN EXCLUSIVE MODE`);
      return () => other.end();
    },
    async destroy() {
      for (const other of others) await other.end();
      await place.giveBack();
    },
  });
}
