/** What only a file shows: two stores on it, somebody else's lock, and what a sweep removes besides tokens. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { type Store, StoreUnavailable } from "../../src/ports.js";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import {
  aHash,
  anAttempt,
  anAuditEvent,
  aRefreshFamily,
  aRegistration,
  aToken,
  someTime,
} from "../../src/testing/builders.js";

const now = someTime + 60;
let folder: string;
let path: string;
let first: Store;
let second: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
  path = join(folder, "agent-auth.db");
  first = openSqlite({ path, durability: "balanced" });
  second = openSqlite({ path, durability: "full" });
});
afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
  rmSync(folder, { recursive: true });
});

/** Twenty callers, every other one on the other store. */
const race = <Answer>(call: (store: Store, caller: number) => Promise<Answer>) =>
  Promise.all(Array.from({ length: 20 }, (_, caller) => call(caller % 2 === 0 ? first : second, caller)));

async function openClaim() {
  const attempt = anAttempt();
  const registration = aRegistration({ currentAttemptId: attempt.id });
  attempt.registrationId = registration.id;
  await first.createRegistration({ registration, attempt, audit: [] });
  return { registration, attempt };
}

/** A claimed registration with a family of refresh tokens. */
async function chain() {
  const registration = aRegistration({ userId: "user_alice", claimedAt: someTime });
  const registrationId = registration.id;
  await first.createRegistration({ registration, attempt: null, audit: [] });
  const refreshFamily = aRefreshFamily({ registrationId });
  const token = aToken({ registrationId });
  await first.collectClaim({ token, refreshFamily, now, audit: [] });
  return { registrationId, familyId: refreshFamily.id };
}

describe("two stores on one file", () => {
  it("confirm a claim once", async () => {
    const { registration, attempt } = await openClaim();
    const settle = { attemptId: attempt.id, registrationId: registration.id, generation: 1, now };
    const answers = await race((store, caller) =>
      store.confirmClaim({ ...settle, userId: `user_${caller}`, scopes: [], audit: [anAuditEvent()] }),
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await second.listAudit({ limit: 100 })).toHaveLength(1);
    const { userId } = (await second.findRegistration(registration.id)) ?? {};
    expect(userId).toBe(`user_${answers.indexOf(true)}`);
  });

  it("spend one budget of guesses", async () => {
    const { attempt } = await openClaim();
    const answers = await race((store) =>
      store.spendGuess({ attemptId: attempt.id, isRight: () => false, maxPerAttempt: 5, maxPerClaim: 15 }),
    );
    expect(answers.filter(({ outcome }) => outcome === "wrong")).toHaveLength(5);
  });

  it("collect a claim once", async () => {
    const registration = aRegistration({ userId: "user_alice", claimedAt: someTime });
    await first.createRegistration({ registration, attempt: null, audit: [] });
    const answers = await race((store) =>
      store.collectClaim({
        token: aToken({ registrationId: registration.id }),
        refreshFamily: aRefreshFamily({ registrationId: registration.id }),
        now,
        audit: [],
      }),
    );
    expect(answers.filter((answer) => answer === "collected")).toHaveLength(1);
  });

  it("rotate a refresh token once, and end its family once", async () => {
    const { registrationId, familyId } = await chain();
    const rotation = { familyId, sequence: 1, expiresAt: now + 60, now, audit: [anAuditEvent()] };
    const rotated = await race((store) => store.rotateRefreshToken(rotation));
    expect(rotated.filter(Boolean)).toHaveLength(1);
    const ended = await race((store) => store.endRefreshFamily({ familyId, now, audit: [anAuditEvent()] }));
    expect(ended.filter(Boolean)).toHaveLength(1);
    expect(await second.findRefreshFamily(familyId)).toMatchObject({ sequence: 2, revokedAt: now });
    expect((await second.findRegistration(registrationId))?.generation).toBe(2);
    expect(await second.listAudit({ limit: 100 })).toHaveLength(2);
  });

  it("count one rate limit", async () => {
    const answers = await race((store) => store.consumeLimit({ key: "both", windowSeconds: 60 }));
    expect(Math.max(...answers.map(({ used }) => used))).toBe(20);
  });

  it("see each other's writes at once", async () => {
    const { registration } = await openClaim();
    const end = { registrationId: registration.id, as: "revoked", reason: "abuse", now } as const;
    await first.endRegistration({ ...end, actor: { kind: "system", id: null }, audit: [] });
    expect((await second.findRegistration(registration.id))?.revokedAt).toBe(now);
  });
});

describe("a lock that somebody else holds", () => {
  it("makes writes unavailable after a second, lets reads through, and nothing has changed", async () => {
    const { registration, attempt } = await openClaim();
    const before = await first.findRegistration(registration.id);
    const other = new Database(path);
    other.exec("BEGIN IMMEDIATE");
    const writes: [string, () => Promise<unknown>][] = [
      [
        "spendGuess",
        () =>
          first.spendGuess({
            attemptId: attempt.id,
            isRight: () => false,
            maxPerAttempt: 5,
            maxPerClaim: 15,
          }),
      ],
      [
        "createRegistration",
        () =>
          first.createRegistration({ registration: aRegistration(), attempt: null, audit: [anAuditEvent()] }),
      ],
      ["consumeLimit", () => first.consumeLimit({ key: "locked", windowSeconds: 60 })],
    ];
    try {
      for (const [, write] of writes) {
        const started = performance.now();
        const failure = await write().catch((error: unknown) => error);
        expect(failure).toBeInstanceOf(StoreUnavailable);
        expect((failure as Error).cause).toMatchObject({ code: "SQLITE_BUSY" });
        const waited = performance.now() - started;
        expect(waited).toBeGreaterThan(500);
        expect(waited).toBeLessThan(2500);
        expect(await first.findRegistration(registration.id)).toEqual(before);
      }
    } finally {
      other.exec("ROLLBACK");
      other.close();
    }
    expect(await first.findAttempt(attempt.id)).toEqual(attempt);
    expect(await first.listAudit({ limit: 10 })).toHaveLength(0);
    expect((await first.consumeLimit({ key: "locked", windowSeconds: 60 })).used).toBe(1);
  }, 20_000);
});

describe("a registration whose row an operator deletes by hand", () => {
  it("takes its refresh tokens along, and nobody else's", async () => {
    const [gone, kept] = [await chain(), await chain()];
    const database = new Database(path);
    database.pragma("foreign_keys = ON");
    database.prepare("DELETE FROM registrations WHERE id = ?").run(gone.registrationId);
    database.close();
    expect(await first.findRefreshFamily(gone.familyId)).toBeNull();
    expect(await first.findRefreshFamily(kept.familyId)).not.toBeNull();
  });
});

describe("a closed store", () => {
  it("is unavailable to every kind of verb", async () => {
    await first.close();
    const registration = aRegistration();
    const calls = [
      () => first.ping(),
      () => first.findAccessToken(aHash("access_token")),
      () => first.createRegistration({ registration, attempt: null, audit: [] }),
      () => first.lockClaim({ registrationId: registration.id, now, audit: [] }),
      () => first.consumeLimit({ key: "closed", windowSeconds: 60 }),
    ];
    for (const call of calls) await expect(call()).rejects.toBeInstanceOf(StoreUnavailable);
  });
});

describe("limit windows that are over", () => {
  it("start again, and leave in bounded batches", async () => {
    for (const key of ["a", "b", "c", "kept"]) await first.consumeLimit({ key, windowSeconds: 3600 });
    const database = new Database(path);
    database.exec("UPDATE rate_limits SET expire = 1000 WHERE key <> 'kept'");
    const keys = database.prepare("SELECT key FROM rate_limits ORDER BY key").pluck();

    expect((await first.consumeLimit({ key: "a", windowSeconds: 3600 })).used).toBe(1);
    expect(await first.deleteLimitWindows(1)).toBe(1);
    expect(keys.all()).toHaveLength(3);
    expect(await first.deleteLimitWindows(10)).toBe(1);
    expect(keys.all()).toEqual(["a", "kept"]);
    expect((await first.consumeLimit({ key: "kept", windowSeconds: 3600 })).used).toBe(2);
    database.close();
  });
});
