/** The tables of SQLite and PostgreSQL are the same, column by column, but for what is listed here with its reason. */
import { getTableColumns, getTableName, is, Table } from "drizzle-orm";
import { PgTable, getTableConfig as postgresConfig } from "drizzle-orm/pg-core";
import { SQLiteTable, getTableConfig as sqliteConfig } from "drizzle-orm/sqlite-core";
import * as postgres from "../../src/storage/postgres/schema.js";
import * as sqlite from "../../src/storage/sqlite/schema.js";

const tablesOf = (schema: object) =>
  Object.values(schema)
    .filter((table): table is Table => is(table, Table))
    .sort((one, other) => (getTableName(one) < getTableName(other) ? -1 : 1));
const [ofSqlite, ofPostgres] = [tablesOf(sqlite), tablesOf(postgres)];
const named = (tables: Table[]) => tables.map((table) => [getTableName(table), table] as const);

/** In the place of `rowid`, which every table of SQLite has. */
const position = ["access_tokens.position", "admin_jobs.position", "claim_attempts.position"];

function columnsOf(table: Table) {
  return Object.values(getTableColumns(table))
    .filter(({ name }) => !position.includes(`${getTableName(table)}.${name}`))
    .map(({ name, notNull, primary, dataType }) => {
      // What SQLite keeps as JSON text is jsonb there, and both hand it over as text.
      const kind = dataType === "number" || dataType === "bigint" ? "number" : "text";
      return { name, kind, notNull, primary };
    });
}

it("have the same tables", () => {
  expect(ofPostgres.map(getTableName)).toEqual(ofSqlite.map(getTableName));
  expect(ofSqlite.length).toBeGreaterThan(10);
});

it.each(named(ofSqlite))("%s has the same columns, in the same order", (name, table) => {
  const twin = ofPostgres.find((other) => getTableName(other) === name);
  expect(twin === undefined ? null : columnsOf(twin)).toEqual(columnsOf(table));
});

it("has no column of its own but those in the place of rowid", () => {
  const own = ofPostgres.flatMap((table) => {
    const twin = ofSqlite.find((other) => getTableName(other) === getTableName(table));
    const known = twin === undefined ? [] : Object.keys(getTableColumns(twin));
    return Object.keys(getTableColumns(table))
      .filter((column) => !known.includes(column))
      .map((column) => `${getTableName(table)}.${column}`);
  });
  expect(own.sort()).toEqual(position);
});

const configs = {
  sqlite: ofSqlite.filter((table) => is(table, SQLiteTable)).map(sqliteConfig),
  postgres: ofPostgres.filter((table) => is(table, PgTable)).map(postgresConfig),
};

it("have the same indexes, by name and uniqueness", () => {
  const indexesOf = (tables: { indexes: { config: { name?: string | undefined; unique: boolean } }[] }[]) =>
    tables
      .flatMap(({ indexes }) => indexes)
      .map(({ config }) => `${config.name}${config.unique ? " unique" : ""}`)
      .sort();
  const own = [
    // Counters are sums there, so their keys are no primary keys.
    "counters_by_key",
    "daily_counts_by_day",
    // SQLite merges this order out of `registrations_by_phase`.
    "registrations_by_creation",
  ];
  expect(indexesOf(configs.postgres)).toEqual([...indexesOf(configs.sqlite), ...own].sort());
});

it("have the same checks, but for those a type makes needless", () => {
  const checksOf = (tables: { checks: { name: string }[] }[]) =>
    tables.flatMap(({ checks }) => checks.map(({ name }) => name)).sort();
  const needless = ["admin_jobs_filter", "audit_events_detail", "providers_lists"];
  expect([...checksOf(configs.postgres), ...needless].sort()).toEqual(checksOf(configs.sqlite));
});

it("have the same keys and foreign keys, but for those of sums", () => {
  const keysOf = (
    tables: {
      name: string;
      primaryKeys: { columns: { name: string }[] }[];
      foreignKeys: { reference(): { columns: { name: string }[]; foreignTable: Table } }[];
    }[],
  ) =>
    tables
      .flatMap(({ name, primaryKeys, foreignKeys }) => [
        ...primaryKeys.map(({ columns }) => `${name}: ${columns.map((column) => column.name)}`),
        ...foreignKeys.map((key) => {
          const { columns, foreignTable } = key.reference();
          return `${name}.${columns.map((column) => column.name)} -> ${getTableName(foreignTable)}`;
        }),
      ])
      .sort();
  const sums = ["counters: name,key", "daily_counts: what,issuer,day,refusal"];
  expect([...keysOf(configs.postgres), ...sums].sort()).toEqual(keysOf(configs.sqlite));
});
