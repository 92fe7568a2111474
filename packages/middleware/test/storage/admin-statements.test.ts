/** No statement of a dashboard reads a whole table, and every index made for one is needed. */
import Database from "better-sqlite3";
import type { AdminQueries } from "../../src/admin-queries-port.js";
import { createAdminQueries } from "../../src/storage/sqlite/admin-queries.js";
import { mostRows } from "../../src/storage/sqlite/admin-walk.js";
import { createConnection } from "../../src/storage/sqlite/connection.js";
import { migrate } from "../../src/storage/sqlite/migrations.js";
import { createSqliteStore } from "../../src/storage/sqlite/store.js";
import { aHash, anAuditEvent, aRegistration, someTime } from "../../src/testing/builders.js";
import { dashboardIndexes } from "./dashboard-indexes.js";

const now = someTime;
const page = { after: null, limit: 10 };

/** One that every filter below means. */
const aTypical = (number: number) =>
  aRegistration({
    ...{ createdAt: number, lastUsedAt: number, claimExpiresAt: number, endsAt: number + 1 },
    ...{ clientName: "Example", createdIp: "192.0.2.1", userId: "user_alice", scopes: ["api.read"] },
    ...{ issuer: "https://a.example", subject: `subject_${number}` },
  });

/** Every source alone, next to one that makes the queries ask how long it is, in every order. */
async function listEverything(queries: AdminQueries): Promise<void> {
  const filters = [
    ...[{}, { id: "reg_1" }, { userId: "user_alice" }, { clientName: "Ex" }, { issuer: "https://a.example" }],
    ...([{ ip: "192.0.2.1" }, { scope: "api.read" }, { kind: "anonymous" }, { status: "ended" }] as const),
    ...([{ status: "expired" }, { status: "claimed" }, { createdFrom: 1 }, { lastUsedFrom: 1 }] as const),
  ];
  for (const filter of filters)
    for (const other of [{}, { createdBefore: now }, { lastUsedBefore: now }, { ip: "192.0.2.1" }])
      for (const sort of ["created", "last_used"] as const)
        for (const direction of ["newest", "oldest"] as const) {
          const listing = { filter: { ...filter, ...other }, sort, direction, now, ...page };
          const { next } = await queries.listRegistrations(listing);
          if (next !== null) await queries.listRegistrations({ ...listing, before: next });
        }
}

async function askTheRest(queries: AdminQueries): Promise<void> {
  await queries.overview({ days: 30, now });
  await queries.attention({ days: 7, suspendedBefore: now, stalledBefore: now, now });
  await queries.countByIssuer("https://a.example", 10);
  await queries.providerCounts({ issuer: "https://a.example", days: 30, now });
  await queries.countOutcome({ what: "id_jag", issuer: "https://a.example", refusal: null, now });
  await queries.listAttempts("reg_1");
  await queries.listTokens("reg_1");
  await queries.findToken(aHash("access_token"));
  for (const filter of [
    ...([{}, { registrationId: "reg_1" }, { type: "claim.viewed" }, { actorId: "operator_1" }] as const),
    ...([
      { actorKind: "operator" },
      { actorKind: "agent", actorId: "reg_1" },
      { from: 1, before: now },
    ] as const),
  ])
    for (const other of [{}, { type: "claim.denied" } as const])
      await queries.pageAudit({ ...filter, ...other }, page);
  for (const filter of [{}, { issuer: "https://a.example" }, { userId: "user_alice" }])
    await queries.pageDelegations(filter, page);
  for (const filter of [{}, { state: "sent" }, { template: "claim_link" }] as const)
    await queries.pageMail(filter, page);
}

it("read through an index, and every index is needed", async () => {
  let executed: string[] = [];
  const database = new Database(":memory:", { verbose: (statement) => executed.push(String(statement)) });
  migrate(database);
  const connection = createConnection(database, "balanced");
  const store = createSqliteStore(connection);
  const queries = createAdminQueries(connection);
  await store.createRegistration({ registration: aRegistration(), attempt: null, audit: [anAuditEvent()] });
  executed = [];
  await listEverything(queries);
  await askTheRest(queries);
  // So many of a sort that none is read as a whole, and one index is asked about the entries of another.
  for (let number = 0; number <= mostRows; number += 1)
    await store.createRegistration({ registration: aTypical(number), attempt: null, audit: [] });
  await listEverything(queries);
  const statements = new Set(
    executed.filter((statement) => /^\s*(SELECT|INSERT|UPDATE|DELETE)/.test(statement)),
  );
  expect(statements.size).toBeGreaterThan(100);

  const scans: string[] = [];
  const used = new Set<string>();
  for (const statement of statements) {
    expect(statement).not.toMatch(/OFFSET/i);
    const steps = database.prepare<[], { detail: string }>(`EXPLAIN QUERY PLAN ${statement}`).all();
    for (const { detail } of steps) {
      const index = / INDEX (\w+)/.exec(detail)?.[1];
      if (index !== undefined) used.add(index);
      if (detail.startsWith("SCAN")) scans.push(detail);
    }
    // A page starts where the last one ended: the key must be what SQLite seeks by, in every arm that is in order.
    if (
      /AS k1/.test(statement) &&
      /_by_(phase|user|ip|issuer|scopes|end) /.test(statement) &&
      /created_at AS k0/.test(statement)
    )
      expect(
        steps.filter(({ detail }) => /_by_\w+ \(/.test(detail) && !/\(created_at,id\)/.test(detail)),
      ).toEqual([]);
    if (/FROM delegations INDEXED BY delegations_linked/.test(statement) && /AND issuer = '/.test(statement))
      expect(steps.map(({ detail }) => detail).join()).toMatch(
        /delegations_linked \(issuer=\? AND subject>\?\)/,
      );
    // What another index is asked about is one entry of it.
    for (const { detail } of steps.filter((step) => / other /.test(step.detail)))
      expect(detail).toMatch(/^SEARCH other .*created_at=\? AND id=\?\)/);
    // A walk in the order of creation sorts nothing but what was found to be short, one arm at most.
    if (statement.includes("created_at AS k0"))
      expect(steps.filter(({ detail }) => /TEMP B-TREE/.test(detail)).length).toBeLessThan(2);
  }
  const allowed = [
    /^SCAN CONSTANT ROW/,
    // The result of a bounded SELECT inside.
    /^SCAN (\(subquery-\d+\)|stretch)$/,
    // The log and the outbox from their ends, by id, for as many rows as a page holds.
    /^SCAN (mail_outbox|audit_events)$/,
    // What has an end date, the newest first, for as many as are counted.
    /^SCAN registrations USING INDEX registrations_by_end$/,
  ];
  expect(scans.filter((scan) => !allowed.some((pattern) => pattern.test(scan)))).toEqual([]);
  expect(dashboardIndexes.filter((index) => !used.has(index))).toEqual([]);
  database.close();
});
