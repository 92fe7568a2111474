/**
 * The listing of registrations on PostgreSQL where every condition finds more than is read at once: what few rows meet
 * together is on the first page, wherever in the order it lies. The contract's few rows never get there.
 */
import type { RegistrationFilter, RegistrationListing } from "../../src/admin-queries-port.js";
import { openPostgres } from "../../src/storage/postgres/open.js";
import { walkThereAndBack } from "../../src/testing/admin-contract/suite.js";
import { someTime } from "../../src/testing/builders.js";
import { testPlace } from "../support/postgres.js";

const rows = 30_000;
const now = someTime + 2 * rows;
let opened: ReturnType<typeof openPostgres>;

/** Registrations by the second they were made in, and used in. Each condition is met by the rows of a range. */
beforeAll(async () => {
  const place = await testPlace();
  await place.query(
    `INSERT INTO registrations (id, kind, created_at, last_used_at, generation, scopes, user_id, claimed_at, created_ip,
       issuer, subject, claim_token_hash, claim_expires_at, wrong_guesses, poll_interval)
     SELECT 'reg_' || lpad(number::text, 5, '0'), 'service_auth', $1 + number, $1 + number, 1,
       CASE WHEN number BETWEEN 7996 AND 15000 THEN 'api.read api.rare' ELSE 'api.read' END,
       CASE WHEN number >= 11996 THEN 'user_many' END, CASE WHEN number >= 11996 THEN $1 + number END,
       CASE WHEN number <= 12000 THEN '192.0.2.1' ELSE '192.0.2.2' END,
       CASE WHEN number <= 8000 THEN 'https://a.example' END, CASE WHEN number <= 8000 THEN 'subject-' || number END,
       'hash-' || number, $1 + number + 86400, 0, 5
     FROM generate_series(1, ${rows}::bigint) AS number`,
    [someTime],
  );
  await place.query("ANALYZE registrations");
  opened = openPostgres({ ...place, durability: "balanced" });
}, 60_000);
afterAll(() => opened.store.close());

const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `reg_${String(from + index).padStart(5, "0")}`);
const combinations: [string, RegistrationFilter, string[]][] = [
  ["some thousands each", { issuer: "https://a.example", scope: "api.rare" }, range(7996, 8000)],
  [
    "some thousands and many",
    { scope: "api.rare", ip: "192.0.2.1", userId: "user_many" },
    range(11996, 12000),
  ],
  ["many each", { ip: "192.0.2.1", userId: "user_many" }, range(11996, 12000)],
  ["many each, by what they have become", { ip: "192.0.2.1", status: "claimed" }, range(11996, 12000)],
  ["nobody", { issuer: "https://a.example", userId: "user_many" }, []],
];
const orders = (["created", "last_used"] as const).flatMap((sort) =>
  (["newest", "oldest"] as const).map(
    (direction): Pick<RegistrationListing, "sort" | "direction"> => ({
      sort,
      direction,
    }),
  ),
);

describe.each(combinations)("conditions that %s meet", (_, filter, expected) => {
  it.each(orders)("are on the first page by $sort, $direction", async (order) => {
    const list = (page: Pick<RegistrationListing, "after" | "before" | "limit">) =>
      opened.queries.listRegistrations({ filter, ...order, now, ...page });
    const ids = order.direction === "oldest" ? expected : [...expected].reverse();
    const { rows: found } = await list({ after: null, limit: 50 });
    expect(found.map(({ id }) => id)).toEqual(ids);

    const { there, back } = await walkThereAndBack(list, ({ id }) => id, 2);
    expect(there.flat()).toEqual(ids);
    const last = new Set(there.at(-1));
    expect(back.reverse().flat()).toEqual(ids.filter((id) => !last.has(id)));
  });
});
