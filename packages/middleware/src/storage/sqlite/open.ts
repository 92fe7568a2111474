/** Owns opening a SQLite file: its settings, its schema, and the one sentence that says why it cannot be opened. */
import { mkdirSync } from "node:fs";
import { dirname, resolve } from "node:path";
import Database from "better-sqlite3";
import type { AdminJobs } from "../../admin-jobs-port.js";
import type { AdminQueries } from "../../admin-queries-port.js";
import type { Store } from "../../ports.js";
import { createAdminJobs } from "./admin-jobs.js";
import { createAdminQueries } from "./admin-queries.js";
import { type Connection, codeOf, createConnection, type Durability } from "./connection.js";
import { migrate, NewerSchema } from "./migrations.js";
import { createSqliteStore } from "./store.js";

/** How long a statement waits for another process's lock before the caller gets 503. */
const busyTimeoutMs = 1000;

/** Starts on one new file get in each other's way for some milliseconds: tries, and the pause between two of them. */
const startTries = 5;
const startPauseMs = 100;

/**
 * Pages of the file a process keeps at most, taken as they are read: asking the system for one costs a good part of a
 * read. Enough for what 20,000 agents need of a million registrations.
 */
const cacheKibibytes = 262_144;

/**
 * Pages of the log after which it is written back into the file: 16 MiB. Pages that change often are then written back
 * once for many commits, and the disk is waited for less often.
 */
const pagesBetweenCheckpoints = 4000;

/**
 * Opens the database, creates it and its folder when they are missing, and brings its schema up to date.
 * `path` is a file or ":memory:", which lives as long as the store. Throws an `Error` of one sentence that says what
 * to do when the file cannot be used.
 */
export function openSqlite(place: Place): Store {
  return open(place, createSqliteStore);
}

/** The same, with what a dashboard asks on the same connection, which `store.close` closes. */
export function openSqliteWithAdmin(place: Place): { store: Store; queries: AdminQueries; jobs: AdminJobs } {
  return open(place, (connection) => ({
    store: createSqliteStore(connection),
    queries: createAdminQueries(connection),
    jobs: createAdminJobs(connection),
  }));
}

interface Place {
  path: string;
  durability: Durability;
}

function open<Opened>({ path, durability }: Place, build: (connection: Connection) => Opened): Opened {
  const inMemory = path === ":memory:";
  const location = inMemory ? path : resolve(path);
  if (!inMemory) makeFolder(dirname(location));
  let database: Database.Database | undefined;
  try {
    database = new Database(location, { timeout: busyTimeoutMs });
    database.pragma(`cache_size = -${cacheKibibytes}`);
    prepare(database, inMemory);
    return build(createConnection(database, durability));
  } catch (error) {
    database?.close();
    throw new Error(sentence(location, error), { cause: error });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Error(
      `The folder ${folder} for the database cannot be made (${codeOf(error)}): ` +
        "check that its parent exists and is writable by this process.",
      { cause: error },
    );
  }
}

function prepare(database: Database.Database, inMemory: boolean): void {
  for (let tries = 1; ; tries += 1) {
    try {
      if (!inMemory) useWriteAheadLog(database);
      migrate(database);
      return;
    } catch (error) {
      if (!codeOf(error).startsWith("SQLITE_BUSY") || tries === startTries) throw error;
      // SQLite does not always wait for the lock that changes the journal mode. Blocking is fine: nothing runs yet.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, startPauseMs);
    }
  }
}

function useWriteAheadLog(database: Database.Database): void {
  const mode = database.pragma("journal_mode = WAL", { simple: true });
  if (mode !== "wal") throw new NoWriteAheadLog(`journal_mode is ${mode}`);
  database.pragma(`wal_autocheckpoint = ${pagesBetweenCheckpoints}`);
}

class NoWriteAheadLog extends Error {}

function sentence(location: string, error: unknown): string {
  const code = codeOf(error);
  const database = `The database ${location}`;
  if (error instanceof NewerSchema) {
    return `${database} was written by a newer version: start that version, or restore the copy made before it.`;
  }
  if (error instanceof NoWriteAheadLog) {
    return `${database} cannot keep a write-ahead log: put it on a local disk, not on a network share.`;
  }
  if (code === "SQLITE_NOTADB") {
    return `${database} is not a SQLite database: name another file, or move this one away.`;
  }
  if (code.startsWith("SQLITE_READONLY")) {
    return `${database} is read-only: check that the file and its folder are writable by this process.`;
  }
  if (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED")) {
    return `${database} is locked by another process: stop that process, or try again.`;
  }
  if (code.startsWith("SQLITE_CANTOPEN")) {
    return `${database} cannot be opened: check that its folder exists and that both are writable by this process.`;
  }
  const reason = String(error).replace(/^\w*Error: /, "");
  return `${database} cannot be used (${reason}): check the file, or restore a copy of it.`;
}
