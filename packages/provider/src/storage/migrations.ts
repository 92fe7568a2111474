/** Owns bringing a database file to this version's schema, once, whoever else starts at the same moment. */
import { fileURLToPath } from "node:url";
import type { Database } from "better-sqlite3";
import { readMigrationFiles } from "drizzle-orm/migrator";

// Beside this file in `src` and, copied by the build, in `dist`.
const folder = fileURLToPath(new URL("./drizzle", import.meta.url));

/** The file holds migrations this version does not know. */
export class NewerSchema extends Error {
  override readonly name = "NewerSchema";
}

/**
 * Applies the generated migrations the file does not have yet. All or nothing, exactly once among any number of
 * processes.
 *
 * Drizzle's own migrator reads what was applied before it takes a lock, so two processes on a new file would both
 * create the tables. Here the lock comes first. The bookkeeping has drizzle's columns, under a name of our own: the
 * host may use drizzle on the same file.
 */
export function migrate(database: Database): void {
  const known = readMigrationFiles({ migrationsFolder: folder });
  // Generated migrations may rebuild a table; with foreign keys on, dropping the old one would cascade.
  database.pragma("foreign_keys = OFF");
  database
    .transaction(() => {
      database.exec(
        `CREATE TABLE IF NOT EXISTS agent_provider_migrations
           (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, created_at NUMERIC NOT NULL)`,
      );
      const applied = database
        .prepare<[], number>("SELECT created_at FROM agent_provider_migrations ORDER BY created_at")
        .pluck()
        .all();
      if (applied.some((moment) => !known.some((migration) => migration.folderMillis === moment))) {
        throw new NewerSchema("The file holds migrations this version does not know.");
      }
      const note = database.prepare("INSERT INTO agent_provider_migrations (hash, created_at) VALUES (?, ?)");
      for (const migration of known) {
        if (applied.includes(migration.folderMillis)) continue;
        for (const statement of migration.sql) database.exec(statement);
        note.run(migration.hash, migration.folderMillis);
      }
    })
    .immediate();
  database.pragma("foreign_keys = ON");
}
