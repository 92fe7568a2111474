/**
 * Owns one open database: what a commit promises, and which failures mean "not now".
 * Every verb goes through `read`, `grant` or `spend`. Better-sqlite3 is synchronous, so a verb is never interleaved
 * with another one of this process; BEGIN IMMEDIATE keeps other processes out.
 */
import type { Database } from "better-sqlite3";
import { StoreUnavailable } from "../../ports.js";
import { CommonCommit } from "./common-commit.js";
import { CommonRead } from "./common-read.js";
import { Statement } from "./statement.js";

/** What survives a power cut: "balanced" what takes power away or spends, "full" every acknowledged write. */
export type Durability = "balanced" | "full";

/** One open database and the three ways to use it. */
export interface Connection {
  /** A statement, compiled once and when it is first run. */
  prepare<Row = unknown>(sql: string, shape?: { asArrays: boolean }): Statement<Row>;
  /** Runs a single SELECT. */
  read<Result>(work: () => Result): Result;
  /** Runs SELECTs at the end of this turn of the event loop, in one snapshot with whoever else asks in it. */
  readTogether<Result>(work: () => Result): Promise<Result>;
  /** Runs one transaction that only gives something: a power cut may undo it, a crash of the process may not. */
  grant<Result>(work: () => Result): Result;
  /**
   * The same promise, kept in one commit with whoever else asks in this turn of the event loop: most of what a small
   * write costs is its commit. Each work stands or falls alone; the promise settles when all are committed.
   */
  grantTogether<Result>(work: () => Result): Promise<Result>;
  /** Runs one transaction that takes power away or spends something: it is on the disk when this returns. */
  spend<Result>(work: () => Result): Result;
  /** The promise of `spend`, kept in one commit with whoever else asks so; see `grantTogether`. */
  spendTogether<Result>(work: () => Result): Promise<Result>;
  /** How many writes this connection has begun. */
  ownWrites(): number;
  /**
   * Changes with every commit of another connection. As long as both numbers stay, nothing was committed by anybody.
   * Asking costs a fraction of a lookup. Goes inside `read`.
   */
  foreignVersion(): number;
  /** Lends the database to a library that writes on its own, under the promise of `grant`. */
  lend<Result>(work: (database: Database) => Promise<Result>): Promise<Result>;
  /** Writes the log back into the file and closes it. Closing twice is fine. */
  close(): void;
}

/** Codes of SQLite that a retry can cure. Corruption, for one, is not among them: it must be loud. */
const unavailable = /^SQLITE_(BUSY|LOCKED|IOERR|FULL|READONLY|CANTOPEN|PROTOCOL)/;

/** Whether SQLite failed for a reason that lies outside the statement: a lock, the disk, the file. */
export function isUnavailable(error: unknown): boolean {
  return unavailable.test(codeOf(error));
}

/** The `SQLITE_…` code of an error, or the empty string. `instanceof` would fail across module realms. */
export function codeOf(error: unknown): string {
  const hasCode = typeof error === "object" && error !== null && "code" in error;
  return hasCode && typeof error.code === "string" ? error.code : "";
}

/** Wraps an open database. `durability` is fixed for its life. */
export function createConnection(database: Database, durability: Durability): Connection {
  type Level = "NORMAL" | "FULL";
  const gentle: Level = durability === "full" ? "FULL" : "NORMAL";
  const transaction = database.transaction((work: () => unknown) => work());
  let level: Level | null = null;
  // `data_version` tells of commits by others only (SQLite documentation of the pragma); our own are counted.
  const dataVersion = database.prepare<[], number>("PRAGMA data_version").pluck();
  let ownWrites = 0;

  // In WAL mode NORMAL leaves a commit in the operating system's cache. A later FULL commit takes it along to the
  // disk, because both are in the same log. The pragma has no effect inside a transaction, so it comes before.
  function commitAt(wanted: Level): void {
    if (level === wanted) return;
    database.pragma(`synchronous = ${wanted}`);
    level = wanted;
  }

  function translated(error: unknown): unknown {
    if (!database.open) return new StoreUnavailable("The database is closed.", { cause: error });
    if (isUnavailable(error)) {
      return new StoreUnavailable(`The database did not answer (${codeOf(error)}).`, { cause: error });
    }
    return error;
  }

  function write<Result>(wanted: Level, work: () => Result): Result {
    ownWrites += 1;
    try {
      commitAt(wanted);
      return transaction.immediate(work) as Result;
    } catch (error) {
      throw translated(error);
    }
  }

  function read<Result>(work: () => Result): Result {
    try {
      return work();
    } catch (error) {
      throw translated(error);
    }
  }

  const readers = new CommonRead((work) => read(() => transaction.deferred(work)));
  const commonly = (level: Level) =>
    new CommonCommit(
      (work) => write(level, work),
      (error) => error instanceof StoreUnavailable,
    );
  const [grants, spends] = [commonly(gentle), commonly("FULL")];

  return {
    prepare: <Row>(sql: string, { asArrays } = { asArrays: false }) =>
      new Statement<Row>(database, sql, asArrays),
    read,
    readTogether: (work) => readers.add(() => read(work)),
    grant: (work) => write(gentle, work),
    grantTogether: (work) => grants.add(work),
    spend: (work) => write("FULL", work),
    spendTogether: (work) => spends.add(work),
    ownWrites: () => ownWrites,
    foreignVersion: () => dataVersion.get() ?? 0,
    async lend(work) {
      try {
        ownWrites += 1;
        commitAt(gentle);
        return await work(database);
      } catch (error) {
        throw translated(error);
      }
    },
    close() {
      if (!database.open) return;
      try {
        grants.commit();
        spends.commit();
        // PASSIVE never waits for other processes; whoever closes last empties the log anyway.
        if (!database.memory) database.pragma("wal_checkpoint(PASSIVE)");
      } catch (error) {
        // Nothing is lost: the log stays next to the file and is read at the next start.
        if (!isUnavailable(error)) throw error;
      } finally {
        database.close();
      }
    },
  };
}
