/**
 * An incident leaves no link behind: also not that of a person whose registration the system has ended, because nobody
 * came for it, and who would be let in by the next ID-JAG with nobody asked.
 */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { byOperator, finished, operator } from "../support/admin-stage.js";
import { type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import { submitPage } from "../support/world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld();
});

const admin = () => stage.auth.admin;
const alice = { claims: { email: "alice@example.com", sub: "alice-at-idp" } };
const linked = async () => (await stage.rows("delegations")).filter(({ user_id }) => user_id !== null);
const auditOf = async (type: string) => (await stage.rows("audit_events")).filter((row) => row.type === type);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const incident = (filter: { userId?: string; issuer?: string }) =>
  admin().startJob({ action: "revoke", filter, includeNew: true, operator });

/** Alice approves, and her agent never comes: the registration is torn down, the link stays. */
async function uncollected() {
  const { body } = await registerBy(stage, stage.idp.mint(alice));
  const { verification_uri: uri, user_code: userCode } = body.claim;
  expect((await submitPage(stage, uri, "alice", { userCode })).status).toBe(303);
  stage.clock.advance(2 * 86_400);
  await stage.auth.sweep();
  expect(await stage.rows("registrations")).toMatchObject([
    { id: body.id, revoked_by: "system", revoked_reason: "never_collected" },
  ]);
  expect(await linked()).toMatchObject([{ user_id: "usr_alice" }]);
}

/** Links of other people, as many as that, next to one that is there. */
async function multiplyLinks(times: number): Promise<void> {
  const [first] = await linked();
  const names = Array.from({ length: times }, (_, number) => [`copy ${number}`, `usr_copy_${number}`]);
  await stage.database.run(
    `WITH copy (subject, user_id) AS (VALUES ${names.map(() => "(?, ?)").join(", ")})
     INSERT INTO delegations (issuer, subject, user_id, version, created_at, linked_at, linked_issued_at)
     SELECT issuer, copy.subject, copy.user_id, version, created_at, linked_at, linked_issued_at
     FROM delegations CROSS JOIN copy WHERE delegations.subject = ?`,
    [...names.flat(), first?.subject ?? null],
  );
}

describe("revoking everything, new ones included", () => {
  test.each([
    ["of a person", () => ({ userId: "usr_alice" })],
    ["of a provider", () => ({ issuer: stage.idp.issuer })],
    ["of a person at a provider", () => ({ issuer: stage.idp.issuer, userId: "usr_alice" })],
    ["there is", () => ({})],
  ])("%s cuts a link that nothing carries any more, and says who and why", async (_reach, filter) => {
    await uncollected();
    const job = await incident(filter());
    expect(await finished(stage, job.id)).toMatchObject({ changed: 0, unlinked: 1, passes: 2 });
    expect(await linked()).toEqual([]);
    const [row, ...more] = await auditOf("delegation.deleted");
    expect(more).toEqual([]);
    expect(row).toMatchObject({ ...byOperator, registration_id: null });
    expect(JSON.parse(String(row?.detail))).toEqual({
      reason: "looks wrong",
      iss: stage.idp.issuer,
      sub: "alice-at-idp",
      userId: "usr_alice",
      job: job.id,
    });
    // What was minted before is worthless, and the next one asks the person.
    await admin().setProviderDisabled(stage.idp.issuer, false, operator);
    expect((await registerBy(stage, stage.idp.mint(alice))).body.error).toBe("assertion_revoked");
    stage.clock.advance(1);
    expect((await registerBy(stage, stage.idp.mint(alice))).body.error).toBe("interaction_required");
  });

  test("counts a link that goes with its registration, and those that do not, apart from registrations", async () => {
    await uncollected();
    const { body } = await registerBy(stage, stage.idp.mint());
    const job = await incident({ issuer: stage.idp.issuer });
    expect(await finished(stage, job.id)).toMatchObject({ changed: 1, unlinked: 2 });
    expect(
      (await auditOf("registration.revoked")).filter(({ registration_id: id }) => id === body.id),
    ).toHaveLength(1);
    expect(await auditOf("delegation.deleted")).toHaveLength(2);
    expect(await linked()).toEqual([]);
  });

  test("ends whom such a link has let in while it ran", async () => {
    await uncollected();
    const job = await incident({ userId: "usr_alice" });
    const sweeping = stage.auth.sweep();
    const meanwhile = registerBy(stage, stage.idp.mint(alice));
    await Promise.all([sweeping, meanwhile]);
    await finished(stage, job.id);
    expect(await linked()).toEqual([]);
    expect((await stage.rows("registrations")).filter(({ revoked_at }) => revoked_at === null)).toEqual([]);
  });
});

describe("more links than a batch holds", () => {
  test("are all cut, counted exactly, and the API goes on meanwhile", async () => {
    await uncollected();
    await multiplyLinks(1100);
    const job = await incident({});
    const sweeping = stage.auth.sweep();
    while ((await linked()).length > 1000) await turn();
    expect((await stage.agent.get("/auth.md")).status).toBe(200);
    expect((await admin().findJob(job.id))?.finishedAt).toBeNull();
    await sweeping;
    expect(await finished(stage, job.id)).toMatchObject({ changed: 0, unlinked: 1101, passes: 2 });
    expect(await auditOf("delegation.deleted")).toHaveLength(1101);
    expect(await linked()).toEqual([]);
  });

  test("are cut by another instance where one has stopped", async () => {
    await uncollected();
    await multiplyLinks(600);
    const job = await incident({});
    const sweeping = stage.auth.sweep();
    while ((await linked()).length > 590) await turn();
    await stage.auth.close();
    await sweeping.catch(() => {});
    const left = (await linked()).length;
    expect(left).toBeGreaterThan(0);
    const { idp, book, clock, database } = stage;
    const second = await providerWorld({ idp, book, clock, database });
    expect(await second.auth.admin.findJob(job.id)).toMatchObject({ unlinked: 601 - left, finishedAt: null });
    expect(await finished(second, job.id)).toMatchObject({ unlinked: 601 });
    expect(await auditOf("delegation.deleted")).toHaveLength(601);
  });
});

describe("links stay", () => {
  const everything = { filter: {}, includeNew: true } as const;
  test.each([
    ["of another person", { ...everything, action: "revoke", filter: { userId: "usr_bob" } }],
    ["of another provider", { ...everything, action: "revoke", filter: { issuer: "https://other.example" } }],
    ["where a part is revoked", { ...everything, action: "revoke", filter: { clientName: "x" } }],
    ["where what is there is revoked", { ...everything, action: "revoke", includeNew: false }],
    ["where all is suspended", { ...everything, action: "suspend" }],
  ] as const)("%s", async (_what, input) => {
    await uncollected();
    const before = await stage.rows("delegations");
    const job = await admin().startJob({ ...input, operator });
    expect(await finished(stage, job.id)).toMatchObject({ changed: 0, unlinked: 0 });
    expect(await stage.rows("delegations")).toEqual(before);
    expect(await auditOf("delegation.deleted")).toEqual([]);
  });
});
