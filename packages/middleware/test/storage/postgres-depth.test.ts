/** What a page of registrations reads on PostgreSQL: as much deep in a listing as at its start, and no table for a few rows. */
import pg from "pg";
import type { RegistrationListing } from "../../src/admin-queries-port.js";
import { openPostgres } from "../../src/storage/postgres/open.js";
import { someTime } from "../../src/testing/builders.js";
import { type TestPlace, testPlace } from "../support/postgres.js";

const rows = 30_000;
const now = someTime + 2 * rows;
let place: TestPlace;
let opened: ReturnType<typeof openPostgres>;
let sent: { text: string; values: unknown[] }[] = [];

/** The driver, noting what it is asked. */
class ListeningClient extends pg.Client {
  // biome-ignore lint/suspicious/noExplicitAny: the driver's own signature has a dozen shapes
  override query(...given: any[]): any {
    const [query] = given;
    if (typeof query?.text === "string") sent.push(query);
    // biome-ignore lint/suspicious/noExplicitAny: see above
    return (super.query as any)(...given);
  }
}
class ListeningPool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, Client: ListeningClient } as pg.PoolConfig);
  }
}

/** Claims that expired are all in the older half, and noted: the server expects unnoticed ones, and some in the newer. */
beforeAll(async () => {
  place = await testPlace();
  await place.query(
    `INSERT INTO registrations (id, kind, created_at, last_used_at, generation, scopes, user_id, claimed_at, expired_at,
       client_name, claim_token_hash, claim_expires_at, wrong_guesses, poll_interval)
     SELECT 'reg_' || lpad(number::text, 5, '0'), CASE WHEN number % 2 = 0 THEN 'anonymous' ELSE 'service_auth' END,
       $1 + number, $1 + number, 1, 'api.read', CASE WHEN NOT is_expired THEN 'user_alice' END,
       CASE WHEN NOT is_expired THEN $1 + number END, CASE WHEN is_expired THEN $1 + number + 10 END,
       'Agent ' || number, 'hash-' || number, $1 + number + 10, 0, 5
     FROM (SELECT number, number <= ${rows / 2} AND number % 2 = 0 AS is_expired
           FROM generate_series(1, ${rows}::bigint) AS number) AS numbered`,
    [someTime],
  );
  await place.query("ANALYZE registrations");
  const driver = { ...pg, Pool: ListeningPool } as unknown as typeof pg;
  opened = openPostgres({ ...place, durability: "balanced" }, Promise.resolve(driver));
  await opened.reach();
}, 60_000);
afterAll(async () => {
  await opened.store.close();
  await place.giveBack();
});

interface Plan {
  "Shared Hit Blocks": number;
  "Shared Read Blocks": number;
}

/** Pages of the database that all statements of one page of the listing look at. */
async function blocksOf(listing: Omit<RegistrationListing, "now" | "limit">): Promise<number> {
  sent = [];
  const { rows: found } = await opened.queries.listRegistrations({ ...listing, now, limit: 50 });
  expect(found).toHaveLength(50);
  const client = new pg.Client(place.url);
  await client.connect();
  let blocks = 0;
  for (const { text, values } of sent) {
    const { rows: plans } = await client.query(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
    const { Plan: plan } = plans[0]["QUERY PLAN"][0] as { Plan: Plan };
    blocks += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
  }
  await client.end();
  expect(sent.length).toBeGreaterThan(1);
  return blocks;
}

const cut = (sort: string, number: number) =>
  Buffer.from(JSON.stringify([sort, "after", someTime + number, ""])).toString("base64url");

describe.each(["created", "last_used"] as const)("by %s", (sort) => {
  it.each([
    ["newest", 1000],
    ["oldest", rows - 1000],
  ] as const)("a deep page reads hardly more than the first one, %s first", async (direction, number) => {
    const first = await blocksOf({ filter: {}, sort, direction, after: null });
    const deep = await blocksOf({ filter: {}, sort, direction, after: cut(sort, number) });
    // The glance at what precedes it is some more.
    expect(deep).toBeLessThan(first + 60);
  });
});

it("a filter that nothing newer meets is not looked for in all that is newer", async () => {
  const listing = { filter: { status: "expired" }, sort: "created", direction: "newest" } as const;
  const first = await blocksOf({ ...listing, after: null });
  const deep = await blocksOf({ ...listing, after: cut("created", rows / 2) });
  expect(first).toBeLessThan(300);
  expect(deep).toBeLessThan(300);
});
