/** What reaches SQLite: which commits are flushed to the disk, and that no statement reads a whole table. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { Store } from "../../src/ports.js";
import { createConnection, type Durability } from "../../src/storage/sqlite/connection.js";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import { createSqliteStore } from "../../src/storage/sqlite/store.js";
import {
  aHash,
  anAttempt,
  anAuditEvent,
  aRegistration,
  aSigningKey,
  aToken,
  someTime,
} from "../../src/testing/builders.js";

const folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
const path = join(folder, "agent-auth.db");
const now = someTime;
const id = "reg_1";
const audit = [anAuditEvent({ type: "claim.confirmed", registrationId: id })];
const claim = {
  attemptId: "att_1",
  registrationId: id,
  generation: 1,
  userId: "user_alice",
  scopes: [],
  now,
};
const end = { registrationId: id, actor: { kind: "system", id: null }, reason: "abuse", now } as const;

/** Calls that take power away or spend something. */
const spending: [keyof Store, (store: Store) => Promise<unknown>][] = [
  [
    "startAttempt",
    (store) =>
      store.startAttempt({
        attempt: anAttempt({ id: "att_1", registrationId: id }),
        pollInterval: 5,
        maxPerHour: 5,
        now,
        audit,
      }),
  ],
  ["spendGuess", (store) => store.spendGuess({ attemptId: "att_1", maxPerAttempt: 5, maxPerClaim: 15 })],
  ["confirmClaim", (store) => store.confirmClaim({ ...claim, audit })],
  ["denyClaim", (store) => store.denyClaim({ ...claim, audit })],
  ["lockClaim", (store) => store.lockClaim({ registrationId: id, now, audit })],
  [
    "collectClaim",
    (store) => store.collectClaim({ token: aToken({ registrationId: id, generation: 2 }), now, audit }),
  ],
  ["revokeAccessToken", (store) => store.revokeAccessToken({ hash: aHash("access_token"), now, audit })],
  ["setSuspended", (store) => store.setSuspended({ registrationId: id, suspended: true, now, audit })],
  ["setSuspended", (store) => store.setSuspended({ registrationId: id, suspended: false, now, audit })],
  ["endRegistration", (store) => store.endRegistration({ ...end, as: "expired", audit })],
  ["endRegistration", (store) => store.endRegistration({ ...end, as: "revoked", audit })],
  ["addSigningKey", (store) => store.addSigningKey({ key: aSigningKey(), newestKid: null, audit })],
  [
    "addSigningKey",
    async (store) => {
      const newestKid = (await store.listSigningKeys())[0]?.kid ?? null;
      return store.addSigningKey({ key: aSigningKey({ signsFrom: now + 1 }), newestKid, audit });
    },
  ],
];

/** Calls that only give something, or tidy up. */
const granting: [keyof Store, (store: Store) => Promise<unknown>][] = [
  [
    "createRegistration",
    (store) =>
      store.createRegistration({
        registration: aRegistration({ id: aHash("claim_token") }),
        attempt: null,
        audit,
      }),
  ],
  ["markViewed", (store) => store.markViewed({ attemptId: "att_1", now, audit })],
  ["recordPoll", (store) => store.recordPoll({ registrationId: id, step: 5, ceiling: 60, now })],
  [
    "issueAccessToken",
    (store) => store.issueAccessToken({ token: aToken({ registrationId: id }), now, audit }),
  ],
  ["recordUse", (store) => store.recordUse([{ registrationId: id, at: now }])],
  ["deleteExpiredTokens", (store) => store.deleteExpiredTokens(now, 10)],
  ["deleteRetiredKeys", (store) => store.deleteRetiredKeys(now)],
  ["appendAudit", (store) => store.appendAudit(audit)],
  ["markAnnounced", (store) => store.markAnnounced([1])],
  ["consumeLimit", (store) => store.consumeLimit({ key: "any", windowSeconds: 60 })],
];

const reading: [keyof Store, (store: Store) => Promise<unknown>][] = [
  ["findRegistration", (store) => store.findRegistration(id)],
  ["findRegistrationByClaimToken", (store) => store.findRegistrationByClaimToken(aHash("claim_token"))],
  ["findRegistrationsByUser", (store) => store.findRegistrationsByUser("user_alice", 10)],
  ["countClaimedByUser", (store) => store.countClaimedByUser("user_alice")],
  ["findAttempt", (store) => store.findAttempt("att_1")],
  ["findAttemptByToken", (store) => store.findAttemptByToken(aHash("claim_attempt_token"))],
  ["findAccessToken", (store) => store.findAccessToken(aHash("access_token"))],
  ["findExpired", (store) => store.findExpired(now, 10)],
  ["findUncollected", (store) => store.findUncollected(now, 600, 10)],
  ["listSigningKeys", (store) => store.listSigningKeys()],
  ["listAudit", (store) => store.listAudit({ limit: 10 })],
  ["listAudit", (store) => store.listAudit({ registrationId: id, limit: 10 })],
  ["listAudit", (store) => store.listAudit({ type: "claim.denied", limit: 10 })],
  ["listAudit", (store) => store.listAudit({ registrationId: id, type: "claim.denied", limit: 10 })],
  [
    "listUnannounced",
    (store) =>
      store.listUnannounced({ types: ["claim.denied", "claim.confirmed"], after: 0, before: now, limit: 10 }),
  ],
  ["ping", (store) => store.ping()],
];

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
  it("findAccessToken runs exactly one", async () => {
    const store = storeOn("balanced");
    await store.findAccessToken(aHash("access_token"));
    expect(executed).toHaveLength(1);
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
      // A handful of keys, read as a whole on purpose.
      /^SCAN signing_keys/,
      // The probe of `ping` stops at the first row.
      /: SELECT id FROM registrations LIMIT 1$/,
    ];
    expect(scans.filter((scan) => !allowed.some((pattern) => pattern.test(scan)))).toEqual([]);

    const indexes = database
      .prepare<[], string>("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
      .pluck()
      .all()
      // Serves the cascade of its foreign key, which no plan shows.
      .filter((name) => name !== "access_tokens_by_registration");
    const unused = indexes.filter((name) => !plans.some((plan) => plan.includes(name)));
    expect(unused).toEqual([]);
  });
});
