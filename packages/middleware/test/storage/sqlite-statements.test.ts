/** What reaches SQLite: which commits are flushed to the disk, and that no statement reads a whole table. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Store } from "../../src/ports.js";
import { createConnection, type Durability } from "../../src/storage/sqlite/connection.js";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import { createSqliteStore } from "../../src/storage/sqlite/store.js";
import { aHash, anAttempt, aRegistration } from "../../src/testing/builders.js";
import { dashboardIndexes } from "./dashboard-indexes.js";
import { audit, granting, id, reading, spending, terms } from "./store-calls.js";

const folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
const path = join(folder, "agent-auth.db");
let database: Database.Database;
let executed: string[] = [];

function storeOn(durability: Durability): Store {
  database = new Database(path, { verbose: (statement) => executed.push(String(statement)) });
  const store = createSqliteStore(createConnection(database, durability));
  executed = [];
  return store;
}

beforeEach(async () => {
  const store = openSqlite({ path, durability: "balanced" });
  await store.createRegistration({ registration: aRegistration({ id }), attempt: null, audit: [] });
  await store.createRegistration({ registration: aRegistration({ id: "reg_3" }), attempt: null, audit: [] });
  const attempt = anAttempt({ id: "att_4", registrationId: "reg_4", link: terms });
  const registration = aRegistration({ id: "reg_4", currentAttemptId: "att_4" });
  await store.createRegistration({ registration, attempt, audit: [] });
  await store.close();
});
afterEach(() => {
  database.close();
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

it("covers every verb", async () => {
  const store = storeOn("balanced");
  const covered = [...spending, ...granting, ...reading].map(([verb]) => verb);
  expect([...new Set([...covered, "close"])].sort()).toEqual(Object.keys(store).sort());
});

describe("a commit", () => {
  const [normal, full] = [1, 2];
  const levelAfter = async (store: Store, call: (store: Store) => Promise<unknown>) => {
    await call(store);
    return database.pragma("synchronous", { simple: true });
  };

  it("is flushed for verbs that take away or spend, in either order, and not for those that grant", async () => {
    const store = storeOn("balanced");
    for (const [verb, call] of granting)
      expect([verb, await levelAfter(store, call)]).toEqual([verb, normal]);
    for (const [verb, call] of spending) {
      expect([verb, await levelAfter(store, call)]).toEqual([verb, full]);
      const append = (on: Store) => on.appendAudit(audit);
      expect([verb, await levelAfter(store, append)]).toEqual([verb, normal]);
    }
  });

  it("is always flushed with full durability", async () => {
    const store = storeOn("full");
    for (const [verb, call] of [...granting, ...spending]) {
      expect([verb, await levelAfter(store, call)]).toEqual([verb, full]);
    }
  });

  it("switches only when the level changes", async () => {
    const store = storeOn("balanced");
    await store.appendAudit(audit);
    await store.appendAudit(audit);
    expect(executed.filter((statement) => /synchronous/i.test(statement)).length).toBeLessThan(2);
  });
});

describe("statements", () => {
  it("findAccessToken runs exactly one, and the calls of one turn share the snapshot it runs in", async () => {
    const store = storeOn("balanced");
    const hashes = [aHash("access_token"), aHash("access_token"), aHash("access_token")];
    await Promise.all(hashes.map((hash) => store.findAccessToken(hash)));
    // The pragma asks whether anything was committed since; it reads no table.
    const read = executed.filter((statement) => statement !== "PRAGMA data_version");
    expect(read.map((statement) => statement.trim().split(/\s/)[0])).toEqual([
      "BEGIN",
      ...hashes.map(() => "SELECT"),
      "COMMIT",
    ]);
  });

  it("read through an index, and every index is needed", async () => {
    const store = storeOn("balanced");
    for (const [, call] of [...granting, ...spending, ...reading]) await call(store);
    const statements = executed.filter((statement) => /^\s*(SELECT|INSERT|UPDATE|DELETE)/.test(statement));
    database.close();
    database = new Database(path);

    const scans: string[] = [];
    const plans: string[] = [];
    for (const statement of statements) {
      const steps = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement}`).all();
      for (const { detail } of steps) {
        plans.push(detail);
        if (detail.startsWith("SCAN")) scans.push(`${detail}: ${statement}`);
      }
    }
    const allowed = [
      /^SCAN CONSTANT ROW/,
      /^SCAN json_each VIRTUAL TABLE/,
      // A handful of keys and of providers, read as a whole on purpose.
      /^SCAN signing_keys/,
      /^SCAN providers USING INDEX/,
      // Some hundred days of a few dozen kinds, once a sweep; and the batch that was just read in order of its ids.
      /^SCAN daily_counts: DELETE/,
      /^SCAN \(subquery-\d+\): DELETE FROM audit_events/,
      // The probe of `ping` stops at the first row.
      /: SELECT id FROM registrations LIMIT 1$/,
    ];
    expect(scans.filter((scan) => !allowed.some((pattern) => pattern.test(scan)))).toEqual([]);

    const indexes = database
      .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
      .pluck()
      .all()
      // `admin-statements.test.ts` shows what these are for.
      .filter((name) => !dashboardIndexes.includes(name) && !name.startsWith("admin_"))
      // They serve the cascades of their foreign keys, which no plan shows, and what the dashboard lists.
      .filter((name) => !/^((access|refresh)_tokens|mail_outbox)_by_registration$/.test(name));
    const unused = indexes.filter((name) => !plans.some((plan) => plan.includes(name)));
    expect(unused).toEqual([]);
  });
});
