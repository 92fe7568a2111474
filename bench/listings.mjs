// `node bench/listings.mjs [--rows 1000,100000,1000000] [--folder DIR]`: milliseconds of every listing, filter and sort
// of the dashboard's queries, at page 1 and deep, where a late key is put into a cursor rather than pages turned.
// Median of `--rounds` (9) after one warm-up; prints Markdown. Files in `--folder` are kept and used again.
import { existsSync, mkdirSync, mkdtempSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openSqliteWithAdmin } from "../packages/middleware/dist/storage/sqlite/open.js";
import { seed } from "../scripts/seed.mjs";

const { values } = parseArgs({
  options: {
    rows: { type: "string", default: "1000,100000,1000000" },
    folder: { type: "string" },
    rounds: { type: "string", default: "9" },
  },
});
const rounds = Number(values.rounds);
const folder = values.folder ?? mkdtempSync(join(tmpdir(), "agent-auth-listings-"));
mkdirSync(folder, { recursive: true });
// Fixed, so that a file that is kept stays as it was.
const now = 1_795_000_000;
const oldest = now - 90 * 86_400;

const cursor = (...content) => Buffer.from(JSON.stringify(content)).toString("base64url");
const common = { clientName: "Claude 1", ip: "10.0.0.1", userId: "user_1" };
const filters = {
  "no filter": {},
  "a user with many": { userId: common.userId },
  "an address with many": { ip: common.ip },
  "an address with few": { ip: "10.0.1.7" },
  "client name, short": { clientName: "c" },
  "client name, long": { clientName: "claude 12" },
  "an issuer": { issuer: "https://issuer.example" },
  "a common scope": { scope: "api.write" },
  "a rare scope": { scope: "api.admin" },
  ...Object.fromEntries(
    ["revoked", "suspended", "ended", "claimed", "expired", "pending_claim", "unclaimed"].map((status) => [
      `status ${status}`,
      { status },
    ]),
  ),
  "kind anonymous": { kind: "anonymous" },
  "kind and status": { kind: "service_auth", status: "claimed" },
  "issuer and status": { issuer: "https://idp.example.org", status: "suspended" },
  "name, scope and kind": { clientName: "cron", scope: "api.admin", kind: "anonymous" },
  "a day": { createdFrom: now - 40 * 86_400, createdBefore: now - 39 * 86_400 },
  "used in a day": { lastUsedFrom: now - 40 * 86_400, lastUsedBefore: now - 39 * 86_400 },
};

function listings(queries) {
  const calls = [];
  for (const [name, filter] of Object.entries(filters))
    for (const sort of ["created", "last_used"])
      for (const direction of ["newest", "oldest"]) {
        // As far from the start as nine tenths of the days.
        const late = direction === "newest" ? oldest + 9 * 86_400 : now - 9 * 86_400;
        const ask = (after) => queries.listRegistrations({ filter, sort, direction, now, after, limit: 50 });
        calls.push([`registrations: ${name}, ${sort}, ${direction}`, ask, cursor(sort, late, "reg_")]);
      }
  const others = {
    "audit: all": [(after) => queries.pageAudit({}, { after, limit: 50 })],
    "audit: a type": [(after) => queries.pageAudit({ type: "registration.revoked" }, { after, limit: 50 })],
    "audit: agents": [(after) => queries.pageAudit({ actorKind: "agent" }, { after, limit: 50 })],
    "audit: operators": [(after) => queries.pageAudit({ actorKind: "operator" }, { after, limit: 50 })],
    "audit: an operator": [(after) => queries.pageAudit({ actorId: "operator_1" }, { after, limit: 50 })],
    "audit: a day": [
      (after) =>
        queries.pageAudit({ from: now - 40 * 86_400, before: now - 39 * 86_400 }, { after, limit: 50 }),
    ],
    "audit: a type on a day": [
      (after) =>
        queries.pageAudit(
          { type: "registration.revoked", from: now - 40 * 86_400, before: now - 39 * 86_400 },
          { after, limit: 50 },
        ),
    ],
  };
  for (const [name, [ask]] of Object.entries(others)) calls.push([name, ask, cursor("audit", 500)]);
  for (const [name, filter] of Object.entries({
    "mail: all": {},
    "mail: failed": { state: "failed" },
    "mail: a template": { template: "claim_link" },
  }))
    calls.push([name, (after) => queries.pageMail(filter, { after, limit: 50 }), cursor("mail", 300)]);
  for (const [name, filter] of Object.entries({
    "delegations: all": {},
    "delegations: an issuer": { issuer: "https://issuer.example" },
  }))
    calls.push([
      name,
      (after) => queries.pageDelegations(filter, { after, limit: 50 }),
      cursor("delegations", "https://issuer.example", "subject-9"),
    ]);
  calls.push(["overview, 30 days", () => queries.overview({ days: 30, now }), null]);
  calls.push(["overview, 90 days", () => queries.overview({ days: 90, now }), null]);
  calls.push([
    "provider counts",
    () => queries.providerCounts({ issuer: "https://issuer.example", days: 90, now }),
    null,
  ]);
  calls.push([
    "registrations of an issuer",
    () => queries.countByIssuer("https://issuer.example", 1e9),
    null,
  ]);
  return calls;
}

async function time(ask, after) {
  const times = [];
  let rows = 0;
  for (let round = 0; round <= rounds; round += 1) {
    const start = process.hrtime.bigint();
    const page = await ask(after);
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
    rows = page.rows?.length ?? 0;
  }
  const [first, ...others] = times;
  others.sort((one, other) => one - other);
  return { first, median: others[others.length >> 1], rows };
}

const table = new Map();
const sizes = values.rows.split(",").map(Number);
for (const size of sizes) {
  const path = join(folder, `listings-${size}.db`);
  if (!existsSync(path)) {
    const start = process.hrtime.bigint();
    await seed(path, size, now);
    process.stderr.write(`${size} rows in ${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(1)} s\n`);
  }
  const { store, queries } = openSqliteWithAdmin({ path, durability: "balanced" });
  for (const [name, ask, late] of listings(queries)) {
    const cells = table.get(name) ?? [];
    table.set(name, cells);
    const page = await time(ask, null);
    cells.push(page, late === null ? null : await time(ask, late));
  }
  await store.close();
}

const cell = (measured) =>
  measured === null ? "" : `${measured.median.toFixed(1)} (${measured.first.toFixed(1)}, ${measured.rows})`;
const line = (...cells) => process.stdout.write(`| ${cells.join(" | ")} |\n`);
const columns = sizes.flatMap((size) => [
  `${size.toLocaleString("en")}: page 1`,
  `${size.toLocaleString("en")}: deep`,
]);
const slowest = [...table.entries()].flatMap(([name, cells]) =>
  cells.filter(Boolean).map((measured) => ({ name, ...measured })),
);
process.stdout.write(
  `# Listings of the dashboard\n\n` +
    `Machine: ${cpus().length} cores. Milliseconds for a page of 50: median of ${rounds}, then in brackets the first\n` +
    `call and how many rows the page held. Made by \`node bench/listings.mjs\`.\n\n`,
);
for (const key of ["median", "first"]) {
  const worst = slowest.reduce((one, other) => (other[key] > one[key] ? other : one));
  process.stdout.write(`Slowest ${key}: ${worst[key].toFixed(1)} ms, ${worst.name}.\n\n`);
}
line("", ...columns);
line("---", ...columns.map(() => "---:"));
for (const [name, cells] of table) line(name, ...cells.map(cell));
