/** Owns opening the SQLite file: its settings, its schema, and the one sentence that says why it cannot be opened. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Database from "better-sqlite3";
import type { Store } from "../ports.js";
import { createDelegationVerbs } from "./delegations.js";
import { createDeviceVerbs } from "./device-grants.js";
import { createKeyVerbs } from "./keys.js";
import { migrate, NewerSchema } from "./migrations.js";
import { createOutboxVerbs } from "./outbox.js";
import { createSessionVerbs } from "./sessions.js";
import { createSweepingVerbs } from "./sweeping.js";

/** How long a statement waits for another process's lock. */
const busyTimeoutMs = 1000;

/**
 * Opens the database, creates it and its folder when they are missing, and brings its schema up to date.
 * `path` is a file or ":memory:". Every acknowledged write is on the disk.
 */
export function openSqlite(path: string): Store {
  const inMemory = path === ":memory:";
  const location = inMemory ? path : resolve(path);
  let database: Database.Database | undefined;
  try {
    if (!inMemory) mkdirSync(dirname(location), { recursive: true });
    database = new Database(location, { timeout: busyTimeoutMs });
    if (!inMemory) database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    migrate(database);
  } catch (error) {
    database?.close();
    throw new Error(sentence(location, error), { cause: error });
  }
  const opened = database;
  return {
    ...createSessionVerbs(opened),
    ...createDeviceVerbs(opened),
    ...createDelegationVerbs(opened),
    ...createOutboxVerbs(opened),
    ...createKeyVerbs(opened),
    ...createSweepingVerbs(opened),
    close: () => {
      opened.close();
    },
  };
}

function sentence(location: string, error: unknown): string {
  if (error instanceof NewerSchema)
    return `The database ${location} was written by a newer version: start that version, or delete the file.`;
  const reason = String(error).replace(/^\w*Error: /, "");
  return `The database ${location} cannot be used (${reason}): check that the file and its folder are writable, or delete the file to start over.`;
}
