/** A step of a job on PostgreSQL while others are at the same registrations: what it has read may be over when it locks. */
import { expect, test } from "@jest/globals";
import pg from "pg";
import { openPostgres } from "../../src/storage/postgres/open.js";
import { aLink, anAuditEvent, aRegistration, someTime } from "../../src/testing/builders.js";
import { testPlace } from "../support/postgres.js";
import { closeAfterTest } from "../support/stages.js";

const now = someTime + 60;
const actor = { kind: "operator", id: "op_1" } as const;

async function opened() {
  const place = await testPlace();
  const { store, jobs, reach } = openPostgres({ ...place, durability: "balanced" }, Promise.resolve(pg));
  closeAfterTest(async () => {
    await store.close();
    await place.giveBack();
  });
  await reach();
  const revoke = (ids: string[]) =>
    jobs.changeRegistrations({
      ...{ ids, action: "revoke", actor, reason: "A drill", now },
      registrationEvent: anAuditEvent({ type: "registration.revoked", actor }),
      delegationEvent: anAuditEvent({ type: "delegation.deleted", actor }),
    });
  /** Somebody waits for what the test holds. */
  const somebodyWaits = async () => {
    const waiting =
      "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))";
    while ((await place.query(waiting)).length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { place, store, revoke, somebodyWaits };
}

test("a person who is bound to a registration meanwhile is cut from it all the same", async () => {
  const { place, store, revoke, somebodyWaits } = await opened();
  const registrations = [1, 2, 3].map(() => aRegistration({ userId: "user_alice", claimedAt: someTime }));
  for (const registration of registrations)
    await store.createRegistration({ registration, attempt: null, audit: [] });
  const ids = registrations.map(({ id }) => id);
  const { issuer, subject } = aLink();
  await place.query("BEGIN");
  await place.query("UPDATE registrations SET issuer = $1, subject = $2 WHERE id = $3", [
    issuer,
    subject,
    ids[1] as string,
  ]);
  const changing = revoke(ids);
  await somebodyWaits();
  await place.query("COMMIT");
  expect((await changing).sort()).toEqual(ids.toSorted());
  for (const id of ids)
    expect(await store.findRegistration(id)).toMatchObject({ revokedAt: now, generation: 2 });
  expect(await store.findDelegation(issuer, subject)).toMatchObject({ version: 2, revokedAt: now });
  expect(await store.listAudit({ type: "registration.revoked", limit: 10 })).toHaveLength(3);
});

test("one that somebody else revokes meanwhile is theirs", async () => {
  const { place, store, revoke, somebodyWaits } = await opened();
  const registrations = [1, 2].map(() => aRegistration());
  for (const registration of registrations)
    await store.createRegistration({ registration, attempt: null, audit: [] });
  const [first, second] = registrations.map(({ id }) => id) as [string, string];
  await place.query("BEGIN");
  await place.query(
    "UPDATE registrations SET revoked_at = $1, revoked_by = 'user', revoked_reason = 'user_request' WHERE id = $2",
    [someTime, first],
  );
  const changing = revoke([first, second]);
  await somebodyWaits();
  await place.query("COMMIT");
  expect(await changing).toEqual([second]);
  expect(await store.findRegistration(first)).toMatchObject({ revokedBy: "user", revokedAt: someTime });
  expect(await store.listAudit({ type: "registration.revoked", limit: 10 })).toHaveLength(1);
});
