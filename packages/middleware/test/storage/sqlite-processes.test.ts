/** Several processes on one SQLite file: starting together, racing, and dying. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import { anAttempt, aRefreshFamily, aRegistration, aToken, someTime } from "../../src/testing/builders.js";
import { compileStore, runOnStore } from "./store-process.js";

const folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
const compiled = join(folder, "compiled");
const balanced = "balanced" as const;

beforeAll(() => compileStore(compiled));
afterAll(() => rmSync(folder, { recursive: true }));

const together = (path: string, script: string) =>
  Promise.all([1, 2, 3].map(() => runOnStore(compiled, path, script)));

it("lets three processes start on one new file at once", async () => {
  const path = join(folder, "new", "started.db");
  const ends = await together(
    path,
    `const registration = builders.aRegistration({ id: "reg_" + process.pid, claimTokenHash: null });
     await store.createRegistration({ registration, attempt: null, audit: [builders.anAuditEvent()] });
     await store.close();
     print("served");`,
  );
  for (const end of ends) expect(end).toEqual({ code: 0, signal: null, output: "served" });
  const store = openSqlite({ path, durability: balanced });
  expect(await store.listAudit({ limit: 10 })).toHaveLength(3);
  await store.close();
}, 30_000);

it("lets three processes spend one budget of guesses between them", async () => {
  const path = join(folder, "guesses.db");
  const store = openSqlite({ path, durability: balanced });
  const registration = aRegistration({ currentAttemptId: "att_1" });
  const attempt = anAttempt({ id: "att_1", registrationId: registration.id });
  await store.createRegistration({ registration, attempt, audit: [] });
  const ends = await together(
    path,
    `let spent = 0;
     for (let turn = 0; turn < 60; turn += 1) {
       const guess = await store.spendGuess({ attemptId: "att_1", isRight: () => false, maxPerAttempt: 50, maxPerClaim: 100 });
       if (guess.outcome === "wrong") spent += 1;
     }
     print(spent);`,
  );
  const spent = ends.map((end) => Number(end.output));
  expect(spent.reduce((sum, count) => sum + count, 0)).toBe(50);
  expect((await store.findAttempt("att_1"))?.wrongGuesses).toBe(50);
  expect((await store.findRegistration(registration.id))?.wrongGuesses).toBe(50);
  await store.close();
}, 30_000);

it("lets each of many tokens be used once among three processes", async () => {
  const path = join(folder, "jwt-ids.db");
  const store = openSqlite({ path, durability: balanced });
  const ends = await together(
    path,
    `let won = 0;
     for (let turn = 0; turn < 50; turn += 1) {
       const id = { purpose: "id-jag", issuer: "https://provider.example", jti: "jti_" + turn };
       if (await store.rememberJwtId({ ...id, expiresAt: ${someTime} })) won += 1;
     }
     print(won);`,
  );
  expect(ends.map((end) => Number(end.output)).reduce((sum, count) => sum + count, 0)).toBe(50);
  expect(await store.deleteRememberedJwtIds(someTime + 1, 100)).toBe(50);
  await store.close();
}, 30_000);

it("lets each refresh token be used once among three processes", async () => {
  const path = join(folder, "refresh.db");
  const store = openSqlite({ path, durability: balanced });
  const registration = aRegistration({ userId: "user_alice", claimedAt: someTime });
  const refreshFamily = aRefreshFamily({ id: "rtf_1", registrationId: registration.id });
  const token = aToken({ registrationId: registration.id });
  await store.createRegistration({ registration, attempt: null, audit: [] });
  await store.collectClaim({ token, refreshFamily, now: someTime, audit: [] });
  const ends = await together(
    path,
    `let won = 0;
     // On a slow disk a process may wait for the lock longer than a verb waits; then nothing has changed.
     const unlessLocked = (error) => {
       if (error.name !== "StoreUnavailable") throw error;
       return false;
     };
     for (let turn = 0; turn < 60; turn += 1) {
       const { sequence } = await store.findRefreshFamily("rtf_1");
       const rotation = { familyId: "rtf_1", sequence, expiresAt: ${someTime + 60}, now: ${someTime} };
       const audit = [builders.anAuditEvent()];
       if (await store.rotateRefreshToken({ ...rotation, audit }).catch(unlessLocked)) won += 1;
     }
     print(won);`,
  );
  const won = ends.map((end) => Number(end.output)).reduce((sum, count) => sum + count, 0);
  expect(won).toBeGreaterThan(0);
  expect((await store.findRefreshFamily("rtf_1"))?.sequence).toBe(1 + won);
  expect(await store.listAudit({ limit: 1000 })).toHaveLength(won);
  await store.close();
}, 30_000);

it("loses no acknowledged write when the process is killed", async () => {
  const path = join(folder, "killed.db");
  const end = await runOnStore(
    compiled,
    path,
    `const registration = builders.aRegistration({ id: "reg_1" });
     await store.createRegistration({ registration, attempt: null, audit: [] });
     const actor = { kind: "operator", id: "op_1" };
     const event = builders.anAuditEvent({ type: "registration.revoked" });
     const ending = { registrationId: "reg_1", as: "revoked", actor, reason: "abuse", now: ${someTime} };
     print(await store.endRegistration({ ...ending, audit: [event] }));
     process.kill(process.pid, "SIGKILL");
     await new Promise(() => setInterval(() => {}, 1000));`,
  );
  expect(end.signal).toBe("SIGKILL");
  const store = openSqlite({ path, durability: balanced });
  expect(await store.findRegistration("reg_1")).toMatchObject({ revokedAt: someTime, generation: 2 });
  expect(await store.listAudit({ type: "registration.revoked", limit: 10 })).toHaveLength(1);
  await store.close();
}, 30_000);
