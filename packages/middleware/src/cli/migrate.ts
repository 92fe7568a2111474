/** Owns the command `migrate`: brings a PostgreSQL schema to this version, or prints the SQL that would. */
import { parseArgs } from "node:util";
import { migrateDatabase } from "../storage/postgres/migrate-database.js";

export const usage = `Usage: agent-auth migrate [URL] [--schema NAME] [--dry-run]

Brings the tables of a PostgreSQL database to this version of the package, in one transaction. Any number of these may
run at once. SQLite files migrate themselves when they are opened.

  URL             postgres://user:password@host/database; default: the environment variable DATABASE_URL
  --schema NAME   the schema the tables are in; default: agent_auth
  --dry-run       print the SQL and change nothing`;

interface Surroundings {
  print(text: string): void;
  complain(text: string): void;
  databaseUrl: string | undefined;
}

/** Runs the command and returns the exit code: 0 done, 1 it failed, 2 it was called wrongly. */
export async function runMigrate(given: string[], around: Surroundings): Promise<number> {
  const call = parse(given, around);
  if (call === null) {
    around.complain(`agent-auth migrate: that is no way to call it.\n\n${usage}`);
    return 2;
  }
  try {
    const statements = await migrateDatabase(call);
    if (call.isDryRun) {
      around.print(
        statements.length === 0 ? "-- Nothing to do." : `BEGIN;\n${statements.join("\n")}\nCOMMIT;`,
      );
    } else {
      around.print(
        statements.length === 0
          ? `The schema ${call.schema} is up to date.`
          : `The schema ${call.schema} was migrated: ${statements.length} statements.`,
      );
    }
    return 0;
  } catch (error) {
    around.complain(`agent-auth migrate: ${(error as Error).message}`);
    return 1;
  }
}

function parse(given: string[], { databaseUrl }: Surroundings) {
  try {
    const { values, positionals } = parseArgs({
      args: given,
      allowPositionals: true,
      options: { schema: { type: "string" }, "dry-run": { type: "boolean" } },
    });
    const [url = databaseUrl, ...more] = positionals;
    const schema = values.schema ?? "agent_auth";
    if (url === undefined || more.length > 0 || !/^postgres(ql)?:\/\//.test(url)) return null;
    if (!/^[a-z_][a-z0-9_]{0,62}$/.test(schema)) return null;
    return { url, schema, isDryRun: values["dry-run"] ?? false };
  } catch {
    return null;
  }
}
