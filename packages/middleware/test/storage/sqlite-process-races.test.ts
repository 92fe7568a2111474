/** Everything that may happen once happens once, however many processes on one file try it at the same moment. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AdminJobs } from "../../src/admin-jobs-port.js";
import type { Store } from "../../src/ports.js";
import { openSqlite, openSqliteWithAdmin } from "../../src/storage/sqlite/open.js";
import {
  aMail,
  anAdminJob,
  anAttempt,
  aProvider,
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

type Seed = (store: Store, id: string, jobs: AdminJobs) => Promise<unknown>;

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
const collected: Seed = async (store, id, jobs) => {
  await claimed(store, id, jobs);
  const refreshFamily = aRefreshFamily({ id: `rtf_${id}`, registrationId: id });
  await store.collectClaim({ token: aToken({ registrationId: id }), refreshFamily, now, audit: [] });
};
const anonymous: Seed = (store, id) =>
  store.createRegistration({ registration: aRegistration({ id }), attempt: null, audit: [] });
const trusted: Seed = (store, id) =>
  store.saveProvider({
    provider: aProvider({ issuer: `https://${id}.example` }),
    seen: null,
    now,
    audit: [],
  });
const leased: Seed = (_store, id, jobs) => jobs.startJob(anAdminJob({ id, leaseUntil: now + 60 }), []);
const nothing: Seed = async () => {};
const issuer = "https://provider.example";
/** Terms of an ID-JAG about a person of this id. */
const terms = `builders.aLink({ issuer: "${issuer}", subject: id, userId: me })`;
/** A registration that carries them. */
const carrier = `builders.aRegistration({ id: id + me, kind: "identity_assertion", issuer: "${issuer}", subject: id,
  claimTokenHash: null, idJagIssuedAt: terms.issuedAt, ...overrides })`;

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
    async (store, id, jobs) => {
      await claimed(store, id, jobs);
      const token = aToken({ registrationId: id, hash: `hash_${id}` as never });
      await store.issueAccessToken({ token, now, audit: [] });
    },
    `store.revokeAccessToken({ hash: "hash_" + id, now, audit })`,
  ],
  [
    "reserveDelegation",
    nothing,
    `store.reserveDelegation({ issuer: "${issuer}", subject: id, version: 0, issuedAt: now, idempotencyKey: me, gone: null,
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
  [
    "setProviderDisabled",
    trusted,
    `store.setProviderDisabled({ issuer: "https://" + id + ".example", disabled: true, now, audit })`,
  ],
  [
    "revealReadBackCode",
    openClaim,
    `store.revealReadBackCode({ ...claim, userId: me, scopes: [], codeHash: "code_" + me,
       expiresAt: now + 60, audit })`,
  ],
  [
    "admitByIdJag",
    nothing,
    `store.admitByIdJag({ terms, link: true, now, audit,
       registration: carrier({ userId: me, claimedAt: now, collectedAt: now }) })
       .then(({ outcome }) => outcome === "admitted")`,
  ],
  [
    "bindByIdJag",
    anonymous,
    `store.bindByIdJag({ terms, link: true, registrationId: id, generation: 1, expectedAttemptId: null, scopes: ["api.read"], now,
       audit }).then((outcome) => outcome === "bound")`,
  ],
  [
    "openStepUp",
    nothing,
    `store.openStepUp({ terms, registration: carrier({}), maxPerHour: 1, now, audit,
       attempt: builders.anAttempt({ id: id + me, tokenHash: id + me, registrationId: id + me, link: terms }) })
       .then(({ outcome }) => outcome === "started")`,
  ],
  [
    "recordPoll",
    openClaim,
    `store.recordPoll({ registrationId: id, step: 5, ceiling: 60, now }).then(({ early }) => !early)`,
  ],
  [
    "startJob",
    nothing,
    `jobs.startJob(builders.anAdminJob({ id, reason: me }), audit).then(() => true, (error) => {
       if (error.name === "StoreUnavailable") throw error;
       return false;
     })`,
  ],
  [
    "advanceJob",
    leased,
    `jobs.advanceJob({ id, leaseUntil: now + 60, cursor: null, now, nextLeaseUntil: null }).then((job) => job !== null)`,
  ],
  ["takeLease", nothing, `store.takeLease({ name: id, holder: me, seconds: 3600 })`],
];
/** They tell nothing in the audit log. */
const silent = ["reserveDelegation", "recordPoll", "takeLease", "advanceJob"];

const idsOf = (name: string) => Array.from({ length: rows }, (_, row) => `${name.replace(/\W/g, "")}${row}`);
/** What scripts begin with. */
const helpers = `
  // Who waits for a lock of SQLite's looks again now and then: a process that never paused would have it all alone.
  const breath = () => new Promise((resolve) => setTimeout(resolve, 2));
  // A process may wait for the lock longer than a verb waits; then nothing has changed.
  const persist = async (attempt) => {
    for (;;)
      try {
        return await attempt();
      } catch (error) {
        if (error.name !== "StoreUnavailable") throw error;
      }
  };`;
const together = (path: string, script: string) =>
  Promise.all([0, 1, 2].map(() => runOnStore(compiled, path, helpers + script)));

/** What each of three processes has won, by verb. */
let won: Record<string, string[]>[] = [];
let written: string[] = [];

/** Starts three processes that go through all verbs, and through the rows of each, side by side. */
beforeAll(async () => {
  const path = join(folder, "races.db");
  const { store, jobs } = openSqliteWithAdmin({ path, durability: "balanced" });
  for (const [name, seed] of verbs) for (const id of idsOf(name)) await seed(store, id, jobs);
  const script = (place: number) => `
    const [place, me, now] = [${place}, "user_${place}", ${now}];
    const won = {};
    ${helpers}
    // Each begins elsewhere, or the first of them would be ahead of the others all the time.
    const inTurn = (ids) => [...ids.slice(place * 7), ...ids.slice(0, place * 7)];
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
      const terms = ${terms};
      const carrier = (overrides) => ${carrier};
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
  const expected = silent.includes(name) ? [] : [...ids].sort();
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

test("the link of a mail is used by one of three processes, and a job is worked on by one", async () => {
  const path = join(folder, "links.db");
  const { store, jobs } = openSqliteWithAdmin({ path, durability: "balanced" });
  for (let count = 0; count < rows; count += 1) {
    await store.queueMail({ mail: aMail(), registrationId: null, now });
    await jobs.startJob(anAdminJob({ id: `job_${count}` }), []);
  }
  const ids = (await store.leaseMail({ now, leaseUntil: now + 60, limit: rows })).map(({ id }) => id);
  const ends = await together(
    path,
    `const [links, worked] = [[], []];
     for (const id of ${JSON.stringify(ids)}) {
       if (await persist(() => store.spendMailLink({ id, now: ${now} }))) links.push(id);
       const job = await persist(() => jobs.leaseJob({ now: ${now}, leaseUntil: ${now + 60} }));
       if (job !== null) worked.push(job.id);
       await breath();
     }
     print(JSON.stringify({ links, worked }));`,
  );
  const all = ends.map(({ output }) => JSON.parse(output) as { links: number[]; worked: string[] });
  expect(all.flatMap(({ links }) => links).sort((one, other) => one - other)).toEqual(ids);
  const jobIds = Array.from({ length: rows }, (_, count) => `job_${count}`);
  expect(all.flatMap(({ worked }) => worked).sort()).toEqual([...jobIds].sort());
  await store.close();
}, 30_000);

test("of three processes that want the next signing key one adds it", async () => {
  const path = join(folder, "keys.db");
  const store = openSqlite({ path, durability: "balanced" });
  const ends = await together(
    path,
    `let added = 0;
     for (let turn = 0; turn < ${rows}; turn += 1) {
       const keys = await store.listSigningKeys();
       const kid = process.pid + "_" + turn;
       const key = builders.aSigningKey({ kid, createdAt: ${now}, signsFrom: ${now} + keys.length });
       const audit = [builders.anAuditEvent({ type: "key.rotated" })];
       await breath();
       if (await persist(() => store.addSigningKey({ key, newestKid: keys[0]?.kid ?? null, audit }))) added += 1;
     }
     print(added);`,
  );
  const added = ends.reduce((sum, { output }) => sum + Number(output), 0);
  const keys = await store.listSigningKeys();
  expect(keys).toHaveLength(added);
  // Each was the next of another one: no two of them sign from the same moment.
  expect(keys.map(({ signsFrom }) => signsFrom)).toEqual(keys.map((_, place) => now + added - 1 - place));
  expect(await store.listAudit({ type: "key.rotated", limit: 1000 })).toHaveLength(added);
  expect(added).toBeGreaterThanOrEqual(rows);
  expect(added).toBeLessThan(3 * rows);
  await store.close();
}, 30_000);
