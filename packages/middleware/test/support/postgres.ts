/**
 * Owns databases for tests on PostgreSQL: the one server of the run, and schemas of a test's own on it. A schema is
 * migrated once per test file and emptied between tests.
 */
import { randomUUID } from "node:crypto";
import { afterAll } from "@jest/globals";
import pg from "pg";
import type { Place, PoolSettings } from "../../src/storage/postgres/driver.js";
import { migrate } from "../../src/storage/postgres/migrations.js";

/** As the options have them by default. */
export const poolSettings: PoolSettings = {
  max: 10,
  connectTimeoutMilliseconds: 2000,
  statementTimeoutMilliseconds: 5000,
  lockTimeoutMilliseconds: 1000,
  idleSeconds: 10,
  maxLifetimeSeconds: 0,
};

/** The server that `test-support/global-setup.mjs` has started. */
export function serverUrl(): string {
  const url = process.env.TEST_POSTGRES_URL;
  if (url === undefined) throw new Error("No PostgreSQL server was started for the tests.");
  return url;
}

let administration: pg.Client | null = null;
const free: string[] = [];
const made: string[] = [];

async function administer(): Promise<pg.Client> {
  if (administration === null) {
    administration = new pg.Client(serverUrl());
    await administration.connect();
  }
  return administration;
}

afterAll(async () => {
  if (administration === null) return;
  for (const schema of made) await administration.query(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  await administration.end();
  administration = null;
});

/** An empty place of a test's own. */
export interface TestPlace extends Place {
  /** Runs SQL on the schema, in which tables need no prefix. `types` says what becomes of values, unless pg does. */
  query<Row extends pg.QueryResultRow>(
    sql: string,
    values?: unknown[],
    types?: pg.CustomTypesConfig,
  ): Promise<Row[]>;
  /** Empties it for the next test. */
  giveBack(): Promise<void>;
}

/** A schema nobody has migrated. */
export async function bareSchema(): Promise<string> {
  const schema = `test_${randomUUID().slice(0, 8)}`;
  made.push(schema);
  await administer();
  return schema;
}

/** The last thing that was asked of `administration`, which does one at a time. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
  const answer = last.then(work);
  last = answer.catch(() => {});
  return answer;
}

/** What empties a schema, by its name. */
const emptyings = new Map<string, string>();

/** Rows are deleted, not tables truncated: that would make new files for all of them, which takes fifty times as long. */
async function emptyingOf(client: pg.Client, schema: string): Promise<string> {
  const tables = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename <> 'agent_auth_migrations'",
    [schema],
  );
  const numbers = await client.query<{ sequence: string }>(
    `SELECT pg_get_serial_sequence(format('%I.%I', table_schema, table_name), column_name) AS sequence
     FROM information_schema.columns
     WHERE table_schema = $1 AND is_identity = 'YES' AND table_name <> 'agent_auth_migrations'`,
    [schema],
  );
  return [
    // The order of the tables would matter otherwise.
    "SET session_replication_role TO replica",
    ...tables.rows.map(({ name }) => `DELETE FROM "${schema}"."${name}"`),
    ...numbers.rows.map(({ sequence }) => `SELECT setval('${sequence}', 1, false)`),
    "RESET session_replication_role",
  ].join(";");
}

async function empty(client: pg.Client, schema: string): Promise<void> {
  const emptying = emptyings.get(schema) ?? (await emptyingOf(client, schema));
  emptyings.set(schema, emptying);
  await client.query(emptying);
}

/** A migrated, empty schema. */
export async function testPlace(pool: Partial<PoolSettings> = {}): Promise<TestPlace> {
  const client = await administer();
  let schema = free.pop();
  if (schema === undefined) {
    schema = await bareSchema();
    const made = schema;
    await inTurn(() => migrate(client, made, { isDryRun: false }));
  }
  const own = schema;
  return {
    url: serverUrl(),
    schema,
    pool: { ...poolSettings, ...pool },
    query: (sql, values = [], types = pg.types) =>
      inTurn(async () => {
        await client.query(`SET search_path TO "${own}"`);
        return (await client.query({ text: sql, values, types })).rows;
      }),
    async giveBack() {
      // What is given back after all tests is gone with its schema.
      if (administration === null) return;
      await inTurn(() => empty(client, own));
      free.push(own);
    },
  };
}
