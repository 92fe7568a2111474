/**
 * Owns bringing a schema of a PostgreSQL database to this version, and telling whether it is there. Applied by the
 * command `agent-auth migrate` only: an instance that starts never changes tables under those that run.
 */
import { fileURLToPath } from "node:url";
import { readMigrationFiles } from "drizzle-orm/migrator";
import type { ClientBase } from "pg";
import { quoted } from "./statements.js";

// Beside this file in `src` and, copied by the build, in `dist`.
const folder = fileURLToPath(new URL("./drizzle", import.meta.url));

/** How long a migration waits for a table that is in use: everybody who comes after it waits along. */
const lockTimeout = "10s";

/** One generated migration, for the schema that was asked for. */
interface Migration {
  /** Names it in the books, as drizzle does: when it was generated. */
  moment: number;
  hash: string;
  statements: string[];
}

/** How a schema stands to this version. */
export type SchemaState =
  | { state: "current" }
  /** `isNew`: there is nothing at all yet. */
  | { state: "behind"; isNew: boolean; missing: Migration[] }
  | { state: "newer" };

/** All migrations of this version, in order. */
export function knownMigrations(schema: string): Migration[] {
  return readMigrationFiles({ migrationsFolder: folder }).map(({ folderMillis, hash, sql }) => ({
    ...{ moment: folderMillis, hash },
    statements: sql
      .map((statement) => statement.trim().replaceAll('"agent_auth".', () => `${quoted(schema)}.`))
      // Made before, so that a role that may not make schemas can be given one.
      .filter((statement) => statement !== "" && statement !== 'CREATE SCHEMA "agent_auth";'),
  }));
}

/** Looks how a schema stands. Reads only. */
export async function schemaState(client: Pick<ClientBase, "query">, schema: string): Promise<SchemaState> {
  const known = knownMigrations(schema);
  const books = `${quoted(schema)}.agent_auth_migrations`;
  const { rows: found } = await client.query("SELECT to_regclass($1) IS NOT NULL AS is_there", [books]);
  if (!found[0].is_there) return { state: "behind", isNew: true, missing: known };
  const { rows } = await client.query(`SELECT created_at::text AS moment FROM ${books}`);
  const applied = rows.map((row) => Number(row.moment));
  if (applied.some((moment) => !known.some((migration) => migration.moment === moment)))
    return { state: "newer" };
  const missing = known.filter(({ moment }) => !applied.includes(moment));
  return missing.length === 0 ? { state: "current" } : { state: "behind", isNew: false, missing };
}

/** The statements that bring a schema from where it is to this version, the books included. */
export function statementsFor(
  schema: string,
  { missing, schemaIsThere }: { missing: Migration[]; schemaIsThere: boolean },
): string[] {
  return [
    ...(schemaIsThere ? [] : [`CREATE SCHEMA ${quoted(schema)};`]),
    `CREATE TABLE IF NOT EXISTS ${quoted(schema)}.agent_auth_migrations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, hash text NOT NULL, created_at bigint NOT NULL
);`,
    ...missing.flatMap(({ statements, hash, moment }) => [
      ...statements,
      `INSERT INTO ${quoted(schema)}.agent_auth_migrations (hash, created_at) VALUES ('${hash}', ${moment});`,
    ]),
  ];
}

/** The schema holds migrations this version does not know. */
export class NewerSchema extends Error {
  override readonly name = "NewerSchema";
}

/**
 * Applies what is missing, in one transaction: all or nothing, exactly once among any number of callers. Returns the
 * statements, none when the schema is current; with `isDryRun` nothing is changed. Throws `NewerSchema`.
 */
export async function migrate(
  client: Pick<ClientBase, "query">,
  schema: string,
  { isDryRun }: { isDryRun: boolean },
): Promise<string[]> {
  await client.query("BEGIN");
  try {
    // Whoever else migrates this schema waits here, and then finds nothing to do. The lock ends with the transaction,
    // so that it works through a connection pooler.
    await client.query("SET LOCAL statement_timeout TO 0");
    await client.query("SELECT pg_advisory_xact_lock(hashtextextended('agent-auth migrate ' || $1, 0))", [
      schema,
    ]);
    await client.query(`SET LOCAL lock_timeout TO '${lockTimeout}'`);
    const found = await schemaState(client, schema);
    if (found.state === "newer")
      throw new NewerSchema("The schema holds migrations this version does not know.");
    let statements: string[] = [];
    if (found.state === "behind") {
      const { rows } = await client.query("SELECT to_regnamespace($1) IS NOT NULL AS is_there", [
        quoted(schema),
      ]);
      statements = statementsFor(schema, { missing: found.missing, schemaIsThere: rows[0].is_there });
      if (!isDryRun) for (const statement of statements) await client.query(statement);
    }
    await client.query(isDryRun ? "ROLLBACK" : "COMMIT");
    return statements;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
