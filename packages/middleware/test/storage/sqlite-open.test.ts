/** Opening a SQLite file: what is created and set, and the sentence for each way it can fail. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import * as schema from "../../src/storage/sqlite/schema.js";
import { anAttempt, aRegistration } from "../../src/testing/builders.js";

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
  path = join(folder, "agent-auth.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (at = path) => openSqlite({ path: at, durability: "balanced" });

/** Looks into the file with a connection of its own. */
function inspect<Result>(look: (database: Database.Database) => Result, at = path): Result {
  const database = new Database(at);
  try {
    return look(database);
  } finally {
    database.close();
  }
}

const migrationsOf = (database: Database.Database) =>
  database.prepare("SELECT hash, created_at FROM agent_auth_migrations").all();

it("creates missing folders and a file with a write-ahead log", async () => {
  const deep = join(folder, "a", "b", "agent-auth.db");
  const store = open(deep);
  await store.ping();
  expect(inspect((database) => database.pragma("journal_mode", { simple: true }), deep)).toBe("wal");
  await store.close();
  expect(existsSync(`${deep}-wal`)).toBe(false);
});

it("applies each migration once, however often it starts", async () => {
  await open().close();
  const applied = inspect(migrationsOf);
  expect(applied.length).toBeGreaterThan(0);
  await open().close();
  expect(inspect(migrationsOf)).toEqual(applied);
});

it("has nothing left to generate: the migrations say what the schema says", async () => {
  const { generateSQLiteDrizzleJson, generateSQLiteMigration } = await import("drizzle-kit/api");
  const drizzle = new URL("../../src/storage/sqlite/drizzle/meta/", import.meta.url);
  const read = (name: string) => JSON.parse(readFileSync(new URL(name, drizzle), "utf8"));
  const { entries } = read("_journal.json");
  const newest = read(`${String(entries.length - 1).padStart(4, "0")}_snapshot.json`);
  const current = await generateSQLiteDrizzleJson({ ...schema });
  expect(await generateSQLiteMigration(newest, current)).toEqual([]);
}, 30_000);

it("gives every store in memory a database of its own", async () => {
  const [first, second] = [open(":memory:"), open(":memory:")];
  const registration = aRegistration();
  await first.createRegistration({ registration, attempt: null, audit: [] });
  expect(await second.findRegistration(registration.id)).toBeNull();
  await Promise.all([first.close(), second.close()]);
  expect(existsSync(":memory:")).toBe(false);
});

it("enforces foreign keys", async () => {
  const store = open();
  const attempt = anAttempt({ registrationId: "reg_nobody" });
  const creation = store.createRegistration({ registration: aRegistration(), attempt, audit: [] });
  await expect(creation).rejects.toMatchObject({ code: "SQLITE_CONSTRAINT_FOREIGNKEY" });
  await store.close();
});

describe("refuses in one sentence that names the path and says what to do", () => {
  const refusal = (at = path): string => {
    try {
      open(at);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      const { message, cause } = error as Error;
      expect(cause).toBeDefined();
      expect(message).toContain(folder);
      expect(message).toMatch(/^[^\n]+: [^\n]+\.$/);
      return message;
    }
    throw new Error("The database was opened.");
  };

  /** Runs as somebody whom file permissions bind, which root is not. */
  const withoutPrivileges = (work: () => void) => {
    const { seteuid, geteuid } = process;
    if (seteuid === undefined || geteuid === undefined || geteuid() !== 0) return work();
    seteuid(65_534);
    try {
      work();
    } finally {
      seteuid(0);
    }
  };

  it("a folder that cannot be made", () => {
    writeFileSync(join(folder, "file"), "");
    expect(refusal(join(folder, "file", "sub", "agent-auth.db"))).toMatch(
      /folder .* cannot be made \(ENOTDIR\): check that its parent exists and is writable by this process/,
    );
  });

  it("a path that is a folder", () => {
    mkdirSync(path);
    expect(refusal()).toMatch(/cannot be opened: check that its folder exists .* writable by this process/);
  });

  it("a file that is not a database", () => {
    writeFileSync(path, "This is a letter and not a database. ".repeat(200));
    expect(refusal()).toMatch(/is not a SQLite database: name another file/);
    expect(readFileSync(path, "utf8")).toMatch(/^This is a letter/);
  });

  it("a file that may only be read", async () => {
    await open().close();
    chmodSync(path, 0o444);
    chmodSync(folder, 0o755);
    withoutPrivileges(() => {
      expect(refusal()).toMatch(/(is read-only|cannot be opened): check .* writable by this process/);
    });
  });

  it("a folder that may only be read", () => {
    chmodSync(folder, 0o555);
    withoutPrivileges(() => {
      expect(refusal()).toMatch(/cannot be opened: check that its folder exists .* writable by this process/);
    });
    chmodSync(folder, 0o755);
  });

  it("a file that a newer version wrote, and leaves it alone", async () => {
    await open().close();
    inspect((database) => {
      database.exec("INSERT INTO agent_auth_migrations (hash, created_at) VALUES ('next', 99999999999999)");
    });
    const before = inspect(migrationsOf);
    expect(refusal()).toMatch(/was written by a newer version: start that version/);
    expect(inspect(migrationsOf)).toEqual(before);
  });

  it("a file whose tables are somebody else's, and leaves it alone", () => {
    inspect((database) => {
      database.exec("CREATE TABLE signing_keys (mine TEXT)");
    });
    expect(refusal()).toMatch(/cannot be used \(.*already exists.*\): check the file/);
    const tables = inspect((database) => database.prepare("SELECT name FROM sqlite_master").pluck().all());
    expect(tables).toEqual(["signing_keys"]);
  });

  it("a file that another process holds", () => {
    inspect((holder) => {
      holder.pragma("journal_mode = WAL");
      holder.exec("BEGIN IMMEDIATE");
      expect(refusal()).toMatch(/is locked by another process: stop that process, or try again/);
    });
  }, 20_000);
});
