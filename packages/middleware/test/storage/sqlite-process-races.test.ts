/** Everything that may happen once happens once, however many processes on one file try it at the same moment. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../../src/ports.js";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import {
  aMail,
  anAttempt,
  aRefreshFamily,
  aRegistration,
  aToken,
  someTime,
} from "../../src/testing/builders.js";
import { compileStore, runOnStore } from "./store-process.js";

const folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
const compiled = join(folder, "compiled");
const rows = 20;
const now = someTime;

beforeAll(() => compileStore(compiled));
afterAll(() => rmSync(folder, { recursive: true }));

type Seed = (store: Store, id: string) => Promise<unknown>;

const openClaim: Seed = (store, id) =>
  store.createRegistration({
    registration: aRegistration({ id, kind: "service_auth", currentAttemptId: `att_${id}` }),
    attempt: anAttempt({ id: `att_${id}`, registrationId: id }),
    audit: [],
  });
const claimed: Seed = (store, id) =>
  store.createRegistration({
    registration: aRegistration({ id, userId: "user_alice", claimedAt: now }),
    attempt: null,
    audit: [],
  });
const collected: Seed = async (store, id) => {
  await claimed(store, id);
  const refreshFamily = aRefreshFamily({ id: `rtf_${id}`, registrationId: id });
  await store.collectClaim({ token: aToken({ registrationId: id }), refreshFamily, now, audit: [] });
};
const nothing: Seed = async () => {};
const issuer = "https://provider.example";

/** What each process does with `id`, as an expression that is true for the winner. */
const verbs: [name: string, seed: Seed, attempt: string][] = [
  [
    "confirmClaim",
    openClaim,
    `store.confirmClaim({ ...claim, generation: 1, userId: me, scopes: [], audit })`,
  ],
  ["denyClaim", openClaim, `store.denyClaim({ ...claim, audit })`],
  ["lockClaim", openClaim, `store.lockClaim({ registrationId: id, now, audit })`],
  ["markViewed", openClaim, `store.markViewed({ attemptId: "att_" + id, now, audit })`],
  [
    "startAttempt",
    openClaim,
    `store.startAttempt({ attempt: builders.anAttempt({ id: id + me, tokenHash: id + me, registrationId: id }),
       expectedAttemptId: "att_" + id, pollInterval: 5, maxPerHour: 9, now, audit })
       .then(({ outcome }) => outcome === "started")`,
  ],
  [
    "confirm, deny or lock",
    openClaim,
    `[() => store.confirmClaim({ ...claim, generation: 1, userId: me, scopes: [], audit }),
      () => store.denyClaim({ ...claim, audit }),
      () => store.lockClaim({ registrationId: id, now, audit })][place]()`,
  ],
  [
    "collectClaim",
    claimed,
    `store.collectClaim({ token: builders.aToken({ registrationId: id, hash: id + me }),
       refreshFamily: builders.aRefreshFamily({ id: id + me, registrationId: id }), now, audit })
       .then((outcome) => outcome === "collected")`,
  ],
  [
    "endRegistration",
    claimed,
    `store.endRegistration({ registrationId: id, as: "revoked", actor: { kind: "operator", id: me },
       reason: "abuse", now, audit })`,
  ],
  ["setSuspended", claimed, `store.setSuspended({ registrationId: id, suspended: true, now, audit })`],
  ["endRefreshFamily", collected, `store.endRefreshFamily({ familyId: "rtf_" + id, now, audit })`],
  [
    "rotateRefreshToken",
    collected,
    `store.rotateRefreshToken({ familyId: "rtf_" + id, sequence: 1, expiresAt: now + 60, now, audit })`,
  ],
  [
    "revokeAccessToken",
    async (store, id) => {
      await claimed(store, id);
      const token = aToken({ registrationId: id, hash: `hash_${id}` as never });
      await store.issueAccessToken({ token, now, audit: [] });
    },
    `store.revokeAccessToken({ hash: "hash_" + id, now, audit })`,
  ],
  [
    "reserveDelegation",
    nothing,
    `store.reserveDelegation({ issuer: "${issuer}", subject: id, version: 0, issuedAt: now, idempotencyKey: me,
       leaseUntil: now + 60, now }).then(({ outcome }) => outcome === "reserved")`,
  ],
  [
    "applySecurityEvent",
    nothing,
    `store.applySecurityEvent({ issuer: "${issuer}", subject: id, kind: "revoke", jti: id, issuedAt: now,
       rememberUntil: now + 60, actor: { kind: "provider", id: "${issuer}" }, reason: "provider_revoked", now, audit,
       registrationEvent: null, delegationEvent: null }).then(({ first }) => first)`,
  ],
  [
    "saveProvider",
    nothing,
    `store.saveProvider({ provider: builders.aProvider({ issuer: "https://" + id + ".example", name: me }),
       seen: null, now, audit })`,
  ],
];

const idsOf = (name: string) => Array.from({ length: rows }, (_, row) => `${name.replace(/\W/g, "")}${row}`);
/** What each of three processes has won, by verb. */
let won: Record<string, string[]>[] = [];
let written: string[] = [];

/** Starts three processes that go through all verbs, and through the rows of each, side by side. */
beforeAll(async () => {
  const path = join(folder, "races.db");
  const store = openSqlite({ path, durability: "balanced" });
  for (const [name, seed] of verbs) for (const id of idsOf(name)) await seed(store, id);
  const script = (place: number) => `
    const [place, me, now] = [${place}, "user_${place}", ${now}];
    const won = {};
    // Who waits for a lock of SQLite's looks again now and then: a process that never paused would have it all alone.
    const breath = () => new Promise((resolve) => setTimeout(resolve, 2));
    // Each begins elsewhere, or the first of them would be ahead of the others all the time.
    const inTurn = (ids) => [...ids.slice(place * 7), ...ids.slice(0, place * 7)];
    // A process may wait for the lock longer than a verb waits; then nothing has changed.
    const persist = async (attempt) => {
      for (;;)
        try {
          return await attempt();
        } catch (error) {
          if (error.name !== "StoreUnavailable") throw error;
        }
    };
    // Nobody begins with a verb before all have come to it.
    const meet = async (number) => {
      const arrival = [builders.anAuditEvent({ type: "key.rotated" })];
      await persist(() => store.appendAudit(arrival));
      const all = 3 * (number + 1);
      while ((await store.listAudit({ type: "key.rotated", limit: all })).length < all) await breath();
    };
    ${verbs
      .map(
        ([name, , attempt], number) => `
    await meet(${number});
    won["${name}"] = [];
    for (const id of inTurn(${JSON.stringify(idsOf(name))})) {
      const audit = [builders.anAuditEvent({ detail: { id } })];
      const claim = { attemptId: "att_" + id, registrationId: id, now };
      await breath();
      if (await persist(() => ${attempt})) won["${name}"].push(id);
    }`,
      )
      .join("")}
    print(JSON.stringify(won));`;
  const ends = await Promise.all([0, 1, 2].map((place) => runOnStore(compiled, path, script(place))));
  won = ends.map(({ output }) => JSON.parse(output) as Record<string, string[]>);
  const audit = await store.listAudit({ limit: 10_000 });
  written = audit.flatMap(({ detail }) => (typeof detail.id === "string" ? [detail.id] : []));
  await store.close();
}, 60_000);

test.each(verbs)("%s has one winner among three processes, and only that one writes", (name) => {
  const ids = idsOf(name);
  expect(won.flatMap((of) => of[name] ?? []).sort()).toEqual([...ids].sort());
  // A reservation is no event of the audit log.
  const expected = name === "reserveDelegation" ? [] : [...ids].sort();
  expect(written.filter((id) => ids.includes(id)).sort()).toEqual(expected);
});

test("the processes did race: each of them has won some", () => {
  for (const of of won) expect(Object.values(of).flat().length).toBeGreaterThan(0);
});

test("a mail is leased to one of three processes, and a budget counts all of them", async () => {
  const path = join(folder, "mail.db");
  const store = openSqlite({ path, durability: "balanced" });
  for (let count = 0; count < rows; count += 1)
    await store.queueMail({ mail: aMail(), registrationId: null, now });
  const ends = await Promise.all(
    [0, 1, 2].map(() =>
      runOnStore(
        compiled,
        path,
        `const [taken, used] = [[], []];
         for (let round = 0; round < ${rows}; round += 1) {
           const mail = await store.leaseMail({ now: ${now}, leaseUntil: ${now + 60}, limit: 1 });
           taken.push(...mail.map(({ id }) => id));
           used.push((await store.consumeLimit({ key: "shared", windowSeconds: 3600 })).used);
         }
         print(JSON.stringify({ taken, used }));`,
      ),
    ),
  );
  const all = ends.map(({ output }) => JSON.parse(output) as { taken: number[]; used: number[] });
  const taken = all.flatMap((end) => end.taken);
  expect(taken).toHaveLength(rows);
  expect(new Set(taken).size).toBe(rows);
  const used = all.flatMap((end) => end.used).sort((one, other) => one - other);
  expect(used).toEqual(Array.from({ length: 3 * rows }, (_, count) => count + 1));
  await store.close();
}, 30_000);
