/** Changes of many registrations: exact, resumed after a restart, one worker at a time, and the API goes on meanwhile. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { anAgent, finished, multiply, operator } from "../support/admin-stage.js";
import { type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import { callApi, exchange } from "../support/world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld();
});

const admin = () => stage.auth.admin;
const revokedRows = async () => (await stage.rows("registrations")).filter((row) => row.revoked_at !== null);
const auditCount = async (type: string) =>
  (await stage.rows("audit_events")).filter((row) => row.type === type).length;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A second instance on the same database, at the same time of day. */
const another = () =>
  providerWorld({
    idp: stage.idp,
    book: stage.book,
    clock: stage.clock,
    database: stage.database,
  });

const revokeAll = { action: "revoke", filter: { clientName: "bad" }, includeNew: false, operator } as const;

test("1,200 registrations are revoked exactly, others are not, and each says why", async () => {
  const bad = await anAgent(stage, { client_name: "bad one" });
  const good = await anAgent(stage, { client_name: "good one" });
  await multiply(stage, bad.id, 1199);
  const job = await admin().startJob(revokeAll);
  expect(job).toMatchObject({ changed: 0, passes: 0, finishedAt: null, reason: "looks wrong" });
  const done = await finished(stage, job.id);
  expect(done).toMatchObject({ changed: 1200, changedInPass: 0, passes: 2, leaseUntil: null });
  expect(await revokedRows()).toHaveLength(1200);
  expect(await auditCount("registration.revoked")).toBe(1200);
  const row = (await stage.rows("audit_events")).find(({ type }) => type === "registration.revoked");
  expect(row).toMatchObject({ actor_kind: "operator", actor_id: "op_1", ip: "192.0.2.9" });
  expect(JSON.parse(String(row?.detail))).toMatchObject({ reason: "looks wrong", job: job.id });
  expect((await callApi(stage, bad.accessToken)).status).toBe(401);
  expect((await callApi(stage, good.accessToken)).status).toBe(200);
  expect((await admin().listJobs()).map(({ id }) => id)).toEqual([job.id]);
});

test("with a key is started once, however many ask, and another operator or filter is another job", async () => {
  const keyed = { ...revokeAll, idempotencyKey: "form_1" };
  expect(await admin().findStartedJob(keyed)).toBeNull();
  const jobs = await Promise.all(Array.from({ length: 20 }, () => admin().startJob(keyed)));
  expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
  expect(await admin().findStartedJob(keyed)).toEqual(jobs[0]);
  expect(await auditCount("job.started")).toBe(1);
  for (const change of [
    { operator: { ...operator, operatorId: "op_2" } },
    { filter: { clientName: "worse" } },
    { action: "suspend" as const },
    { includeNew: true },
    { idempotencyKey: "form_2" },
    { idempotencyKey: undefined },
  ])
    await admin().startJob({ ...keyed, ...change });
  expect(await admin().listJobs()).toHaveLength(7);
  expect(await admin().findStartedJob(revokeAll)).toBeNull();
});

test("an empty result ends at once", async () => {
  const job = await admin().startJob(revokeAll);
  expect(await finished(stage, job.id)).toMatchObject({ changed: 0, passes: 1 });
  expect(await admin().findJob("job_of_nobody")).toBeNull();
});

test("suspends and resumes by status", async () => {
  const { id, accessToken } = await anAgent(stage);
  await multiply(stage, id, 4);
  const filter = { status: "unclaimed" } as const;
  const stop = await admin().startJob({ action: "suspend", filter, includeNew: false, operator });
  expect(await finished(stage, stop.id)).toMatchObject({ changed: 5 });
  expect((await callApi(stage, accessToken)).status).toBe(401);
  const back = await admin().startJob({
    action: "resume",
    filter: { status: "suspended" },
    includeNew: false,
    operator,
  });
  expect(await finished(stage, back.id)).toMatchObject({ changed: 5 });
  expect((await callApi(stage, accessToken)).status).toBe(200);
});

describe("registrations made meanwhile", () => {
  const startedWithMore = async (includeNew: boolean) => {
    const { id } = await anAgent(stage, { client_name: "bad one" });
    await multiply(stage, id, 1500);
    const job = await admin().startJob({ ...revokeAll, includeNew });
    stage.clock.advance(5);
    const sweeping = stage.auth.sweep();
    const late = await anAgent(stage, { client_name: "bad and late" });
    await sweeping;
    return { done: await finished(stage, job.id), late };
  };

  test("are included with includeNew", async () => {
    const { done, late } = await startedWithMore(true);
    expect(done.changed).toBe(1502);
    expect((await callApi(stage, late.accessToken)).status).toBe(401);
  });

  test("are left out without it", async () => {
    const { done, late } = await startedWithMore(false);
    expect(done.changed).toBe(1501);
    expect((await callApi(stage, late.accessToken)).status).toBe(200);
  });
});

test("the API answers while a job runs", async () => {
  const bad = await anAgent(stage, { client_name: "bad one" });
  const good = await anAgent(stage);
  await multiply(stage, bad.id, 2000);
  const job = await admin().startJob(revokeAll);
  const sweeping = stage.auth.sweep();
  expect((await callApi(stage, good.accessToken)).status).toBe(200);
  expect((await admin().findJob(job.id))?.finishedAt).toBeNull();
  expect((await revokedRows()).length).toBeLessThan(2001);
  await sweeping;
  expect((await finished(stage, job.id)).changed).toBe(2001);
});

describe("several instances", () => {
  test("go on after a restart in the middle", async () => {
    const { id } = await anAgent(stage, { client_name: "bad one" });
    await multiply(stage, id, 1199);
    const job = await admin().startJob(revokeAll);
    const sweeping = stage.auth.sweep();
    while ((await revokedRows()).length < 20) await turn();
    await stage.auth.close();
    await sweeping.catch(() => {});
    const left = (await revokedRows()).length;
    expect(left).toBeLessThan(1200);
    const second = await another();
    expect((await second.auth.admin.findJob(job.id))?.changed).toBe(left);
    // Given back at the stop: nobody waits for the lease to run out.
    await second.auth.sweep();
    expect(await second.auth.admin.findJob(job.id)).toMatchObject({ changed: 1200 });
    expect(await auditCount("registration.revoked")).toBe(1200);
  });

  test("replace a worker that died, once its lease is over", async () => {
    await anAgent(stage, { client_name: "bad one" });
    const job = await admin().startJob(revokeAll);
    const now = stage.clock.now();
    const dead = stage.database.open();
    expect((await dead.jobs?.leaseJob({ now, leaseUntil: now + 60 }))?.id).toBe(job.id);
    await dead.store.close();
    stage.clock.advance(59);
    await stage.auth.sweep();
    expect((await admin().findJob(job.id))?.changed).toBe(0);
    stage.clock.advance(1);
    await stage.auth.sweep();
    expect(await admin().findJob(job.id)).toMatchObject({ changed: 1, passes: 2 });
  });

  test("start at once where there is background work", async () => {
    const lively = await providerWorld({ options: { backgroundWork: true } });
    const { accessToken } = await anAgent(lively, { client_name: "bad one" });
    const job = await lively.auth.admin.startJob(revokeAll);
    while ((await lively.auth.admin.findJob(job.id))?.finishedAt === null) await turn();
    expect((await callApi(lively, accessToken)).status).toBe(401);
  });

  test("never count twice, however many work", async () => {
    const { id } = await anAgent(stage, { client_name: "bad one" });
    await multiply(stage, id, 299);
    const second = await another();
    const jobs = [await admin().startJob(revokeAll), await admin().startJob(revokeAll)];
    await Promise.all([stage.auth.sweep(), second.auth.sweep(), stage.auth.sweep(), second.auth.sweep()]);
    const done = await Promise.all(jobs.map((job) => finished(stage, job.id)));
    expect(done.reduce((sum, { changed }) => sum + changed, 0)).toBe(300);
    expect(await auditCount("registration.revoked")).toBe(300);
  });
});

describe("revoking all of a provider, new ones included", () => {
  test("disables it first, ends everything and lets nobody back in", async () => {
    const { body } = await registerBy(stage, stage.idp.mint());
    const { body: tokens } = await exchange(stage, body.identity_assertion);
    const { issuer } = stage.idp;
    const job = await admin().startJob({ action: "revoke", filter: { issuer }, includeNew: true, operator });
    expect((await registerBy(stage, stage.idp.mint())).body.error).toBe("issuer_not_enabled");
    expect(await finished(stage, job.id)).toMatchObject({ changed: 1 });
    expect((await callApi(stage, tokens.access_token)).status).toBe(401);
    const types = (await stage.rows("audit_events")).map(({ type }) => type);
    expect(types.indexOf("provider.disabled")).toBeLessThan(types.indexOf("registration.revoked"));
  });

  test.each([
    ["not to suspend", { action: "suspend", includeNew: true }, {}],
    ["not without new ones", { action: "revoke", includeNew: false }, {}],
    ["not for a part of it", { action: "revoke", includeNew: true }, { clientName: "x" }],
  ] as const)("%s", async (_what, input, filter) => {
    const { issuer } = stage.idp;
    await admin().startJob({ ...input, filter: { issuer, ...filter }, operator });
    expect((await admin().findProvider(issuer))?.provider.disabledAt).toBeNull();
  });
});

test("a store of one's own has no jobs, and says so", async () => {
  const plain = await providerWorld({ store: () => ({}) });
  expect(plain.auth.admin.queries).toBeNull();
  await expect(plain.auth.admin.listJobs()).rejects.toThrow("a store of your own has no jobs");
  await plain.auth.sweep();
  const { id, accessToken } = await anAgent(plain);
  expect(await plain.auth.admin.revoke(id, operator)).toBe(true);
  expect((await callApi(plain, accessToken)).status).toBe(401);
});
