/**
 * Owns the demo's own tables. They live in a SQLite file, which is the library's too unless that keeps its data in
 * PostgreSQL, and never touch its tables.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";

export type DemoDatabase = Database.Database;

// Without a password hash an account was made for somebody a provider vouches for. Its address is not its own: whoever
// signs up with the same one gets another account. An empty hash is one that no password has: the account was made for
// somebody who proved the mailbox by a link in a claim mail. They may choose a
// password on the page behind the link that signing up mails to them.
const users = `
  CREATE TABLE IF NOT EXISTS demo_users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT,
    verified_at TEXT,
    verification_hash TEXT UNIQUE,
    verification_expires_at TEXT,
    idempotency_key TEXT UNIQUE,
    CHECK ((password_hash IS NULL) <> (idempotency_key IS NULL))
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS demo_users_sign_in ON demo_users (email) WHERE password_hash IS NOT NULL;
`;

const tables = `
  ${users}
  CREATE TABLE IF NOT EXISTS demo_sessions (
    id_hash TEXT PRIMARY KEY,
    data TEXT NOT NULL,
    expires_at TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS demo_sessions_expiry ON demo_sessions (expires_at);
  CREATE TABLE IF NOT EXISTS demo_notes (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    text TEXT NOT NULL,
    created_at TEXT NOT NULL,
    user_id TEXT,
    registration_id TEXT,
    CHECK ((user_id IS NULL) <> (registration_id IS NULL))
  ) STRICT;
  CREATE INDEX IF NOT EXISTS demo_notes_user ON demo_notes (user_id);
  CREATE INDEX IF NOT EXISTS demo_notes_registration ON demo_notes (registration_id);
  CREATE TABLE IF NOT EXISTS demo_outbox (
    sequence INTEGER PRIMARY KEY,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    sent_at TEXT NOT NULL
  ) STRICT;
`;

/** Brings the table of an older data folder up to date. */
function upgradeUsers(database: DemoDatabase): void {
  const columns = (database.pragma("table_info(demo_users)") as { name: string }[]).map(({ name }) => name);
  if (columns.length === 0 || columns.includes("idempotency_key")) return;
  // From before there were accounts without a password.
  const kept = "id, email, name, password_hash, verified_at, verification_hash, verification_expires_at";
  database.exec(`
    ALTER TABLE demo_users RENAME TO demo_users_before;
    ${users}
    INSERT INTO demo_users (${kept}) SELECT ${kept} FROM demo_users_before;
    DROP TABLE demo_users_before;`);
}

/** Opens the file, creating folder and tables where they are missing. Null opens a database in memory. */
export function openDatabase(path: string | null): DemoDatabase {
  if (path !== null) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Database(path ?? ":memory:", { timeout: 1000 });
  database.pragma("journal_mode = WAL");
  database.pragma("foreign_keys = ON");
  const prepare = database.transaction(() => {
    upgradeUsers(database);
    database.exec(tables);
  });
  // Two processes that start together take turns.
  prepare.immediate();
  return database;
}
