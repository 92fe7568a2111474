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
  /** Runs SQL on the schema, in which tables need no prefix. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
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

async function empty(client: pg.Client, schema: string): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = $1 AND tablename <> 'agent_auth_migrations'",
    [schema],
  );
  await client.query(`TRUNCATE ${rows.map(({ name }) => `"${schema}"."${name}"`).join(", ")}`);
}

/** A migrated, empty schema. */
export async function testPlace(pool: Partial<PoolSettings> = {}): Promise<TestPlace> {
  const client = await administer();
  let schema = free.pop();
  if (schema === undefined) {
    schema = await bareSchema();
    await migrate(client, schema, { isDryRun: false });
  }
  const own = schema;
  return {
    url: serverUrl(),
    schema,
    pool: { ...poolSettings, ...pool },
    async query(sql, values = []) {
      await client.query(`SET search_path TO "${own}"`);
      return (await client.query(sql, values)).rows;
    },
    async giveBack() {
      await empty(client, own);
      free.push(own);
    },
  };
}
