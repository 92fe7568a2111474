/** What reaches PostgreSQL: the guard's read is one round trip, and no statement reads a whole table. */
import pg from "pg";
import type { AdminJobs } from "../../src/admin-jobs-port.js";
import type { AdminQueries } from "../../src/admin-queries-port.js";
import type { Store } from "../../src/ports.js";
import { openPostgres } from "../../src/storage/postgres/open.js";
import {
  aHash,
  anAdminJob,
  anAttempt,
  anAuditEvent,
  aRegistration,
  someTime,
} from "../../src/testing/builders.js";
import { type TestPlace, testPlace } from "../support/postgres.js";
import { audit, granting, id, reading, spending, terms } from "./store-calls.js";

const now = someTime;
let place: TestPlace;
let opened: { store: Store; queries: AdminQueries; jobs: AdminJobs };
let sent: string[] = [];

/** The driver, listening to what it is asked to send. */
class ListeningClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: the driver's own signature has a dozen shapes
  override query(...given: any[]): any {
    const [query] = given;
    sent.push(typeof query === "string" ? query : query.text);
    // biome-ignore lint/suspicious/noExplicitAny: see above
    return (super.query as any)(...given);
  }
}
class ListeningPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: ListeningClient } as pg.PoolConfig);
  }
}

beforeEach(async () => {
  place = await testPlace();
  const driver = { ...pg, Pool: ListeningPool } as unknown as typeof pg;
  const { reach, ...parts } = openPostgres({ ...place, durability: "balanced" }, Promise.resolve(driver));
  await reach();
  opened = parts;
  const { store } = parts;
  await store.createRegistration({ registration: aRegistration({ id }), attempt: null, audit: [] });
  await store.createRegistration({ registration: aRegistration({ id: "reg_3" }), attempt: null, audit: [] });
  const attempt = anAttempt({ id: "att_4", registrationId: "reg_4", link: terms });
  const registration = aRegistration({ id: "reg_4", currentAttemptId: "att_4" });
  await store.createRegistration({ registration, attempt, audit: [] });
  sent = [];
});
afterEach(async () => {
  await opened.store.close();
  await place.giveBack();
});

it("covers every verb", () => {
  const covered = [...spending, ...granting, ...reading].map(([verb]) => verb);
  expect([...new Set([...covered, "close"])].sort()).toEqual(Object.keys(opened.store).sort());
});

it("findAccessToken is one statement, and nothing around it", async () => {
  await opened.store.findAccessToken(aHash("access_token"));
  expect(sent).toHaveLength(1);
});

it("a commit that only grants is not waited for, and one that takes away or spends is", async () => {
  const isGentle = () => sent.some((statement) => statement.includes("synchronous_commit TO off"));
  for (const [verb, call] of [...granting, ...spending]) {
    sent = [];
    await call(opened.store);
    if (sent.some((statement) => statement.startsWith("BEGIN")))
      expect([verb, isGentle()]).toEqual([verb, granting.some(([other]) => other === verb)]);
  }
});

async function askTheDashboard({ queries, jobs }: typeof opened): Promise<void> {
  const page = { after: null, limit: 10 };
  const filters = [
    ...[{}, { id: "reg_1" }, { userId: "user_alice" }, { clientName: "Ex" }, { issuer: "https://a.example" }],
    ...([{ ip: "192.0.2.1" }, { scope: "api.read" }, { kind: "anonymous" }, { status: "ended" }] as const),
    ...([{ status: "expired" }, { status: "claimed" }, { createdFrom: 1 }, { lastUsedFrom: 1 }] as const),
  ];
  for (const filter of filters)
    for (const other of [{}, { createdBefore: now }, { lastUsedBefore: now }])
      for (const sort of ["created", "last_used"] as const)
        for (const direction of ["newest", "oldest"] as const)
          await queries.listRegistrations({ filter: { ...filter, ...other }, sort, direction, now, ...page });
  await queries.overview({ days: 30, now });
  await queries.attention({ days: 30, suspendedBefore: now, stalledBefore: now, now });
  await queries.countByIssuer("https://a.example", 10);
  await queries.providerCounts({ issuer: "https://a.example", days: 30, now });
  await queries.countOutcome({ what: "id_jag", issuer: "https://a.example", refusal: null, now });
  await queries.listAttempts(id);
  await queries.listTokens(id);
  await queries.listScopeUses(id);
  await queries.findToken(aHash("access_token"));
  for (const filter of [
    ...([{}, { registrationId: id }, { type: "claim.viewed" }, { actorId: "operator_1" }] as const),
    ...([{ actorKind: "operator" }, { actorKind: "agent", actorId: id }, { from: 1, before: now }] as const),
  ])
    for (const other of [{}, { type: "claim.denied" } as const])
      await queries.pageAudit({ ...filter, ...other }, page);
  for (const filter of [{}, { issuer: "https://a.example" }, { userId: "user_alice" }])
    await queries.pageDelegations(filter, page);
  for (const filter of [{}, { state: "sent" }, { template: "claim_link" }] as const)
    await queries.pageMail(filter, page);
  await jobs.startJob(anAdminJob(), []);
  await jobs.listJobs();
  await jobs.leaseJob({ now, leaseUntil: now + 60 });
  await jobs.narrowScopes({ registrationId: id, scopes: ["api.read"], now, audit });
  await jobs.setEndDate({ registrationId: id, endsAt: now, now, audit });
  await jobs.unlinkDelegation({ ...terms, now, audit });
  await jobs.retryMail({ id: 1, now, audit });
  await jobs.isJwtIdRemembered({ purpose: "id-jag", issuer: "https://a.example", jti: "1" });
}

it("every statement is read through an index", async () => {
  for (const [, call] of [...granting, ...spending, ...reading]) await call(opened.store);
  await askTheDashboard(opened);
  await opened.store.appendAudit([anAuditEvent()]);
  const statements = [...new Set(sent)].filter((text) =>
    /^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|\()/i.test(text),
  );
  expect(statements.length).toBeGreaterThan(150);

  const client = new pg.Client(place.url);
  await client.connect();
  // What can be read through an index is: whatever is read otherwise has none.
  await client.query("SET enable_seqscan TO off");
  const scans: string[] = [];
  for (const statement of statements) {
    const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN, COSTS OFF) ${statement}`);
    for (const { "QUERY PLAN": step } of rows as { "QUERY PLAN": string }[]) {
      const table = /Seq Scan on (\w+)/.exec(step)?.[1];
      if (table !== undefined) scans.push(`${table}: ${statement.slice(0, 90)}`);
    }
  }
  await client.end();
  // The sweep of counters takes any of their rows, so one scan at least must have been noticed.
  expect(scans.filter((scan) => scan.startsWith("counters: "))).not.toEqual([]);
  const allowed = [
    // Sums of counters: folded by the sweep, and read as a whole.
    /^(counters|daily_counts): /,
    // A handful of keys and of providers.
    /^(signing_keys|providers): /,
    // Erasing a person looks through the jobs operators have started; nothing else may.
    /^admin_jobs: UPDATE \S+admin_jobs SET filter = jsonb_set\(filter, '\{userId\}'/,
  ];
  expect(scans.filter((scan) => !allowed.some((pattern) => pattern.test(scan)))).toEqual([]);
}, 60_000);
