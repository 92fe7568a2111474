/** Owns the demo's own tables. They live in the library's database file and never touch its tables. */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";

export type DemoDatabase = Database.Database;

const tables = `
  CREATE TABLE IF NOT EXISTS demo_users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    verified_at TEXT,
    verification_hash TEXT UNIQUE,
    verification_expires_at TEXT
  ) STRICT;
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

/** Opens the file, creating folder and tables where they are missing. Null opens a database in memory. */
export function openDatabase(path: string | null): DemoDatabase {
  if (path !== null) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new Database(path ?? ":memory:", { timeout: 1000 });
  database.pragma("journal_mode = WAL");
  database.pragma("foreign_keys = ON");
  database.exec(tables);
  return database;
}
