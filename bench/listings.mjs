// `node bench/listings.mjs [--rows 1000,100000,1000000] [--folder DIR]`: milliseconds of every listing, filter and sort
// of the dashboard's queries, at page 1 and deep, where a late key is put into a cursor rather than pages turned.
//
// Each call is made on a database that was just opened and of which the system has nothing cached (GNU dd tells it so;
// elsewhere the column shows a first call), three times, and `--rounds` (9) times once it is warm. Repeated calls are
// timed by the CPU they take, which is what they cost on an idle core; the first ones by the clock, since they wait for
// the disk. Prints Markdown. Files in `--folder` are kept and used again.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
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
const openings = 3;
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

const turnedBack = ["no filter", "status ended", "an address with many", "issuer and status"];

function listings(queries) {
  const calls = [];
  for (const [name, filter] of Object.entries(filters))
    for (const sort of ["created", "last_used"])
      for (const direction of ["newest", "oldest"]) {
        // As far from the start as nine tenths of the days.
        const late = direction === "newest" ? oldest + 9 * 86_400 : now - 9 * 86_400;
        const ask = (after) => queries.listRegistrations({ filter, sort, direction, now, after, limit: 50 });
        calls.push([
          `registrations: ${name}, ${sort}, ${direction}`,
          ask,
          cursor(sort, "after", late, "reg_"),
        ]);
      }
  // Turned back from as deep.
  for (const [name, filter] of Object.entries(filters).filter(([name]) => turnedBack.includes(name)))
    for (const sort of ["created", "last_used"]) {
      const ask = (before) =>
        queries.listRegistrations({ filter, sort, direction: "newest", now, after: null, before, limit: 50 });
      calls.push([
        `registrations: ${name}, ${sort}, back`,
        ask,
        cursor(sort, "before", oldest + 9 * 86_400, "reg_"),
      ]);
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
  for (const [name, [ask]] of Object.entries(others)) calls.push([name, ask, cursor("audit", "after", 500)]);
  for (const [name, filter] of Object.entries({
    "mail: all": {},
    "mail: failed": { state: "failed" },
    "mail: a template": { template: "claim_link" },
  }))
    calls.push([
      name,
      (after) => queries.pageMail(filter, { after, limit: 50 }),
      cursor("mail", "after", 300),
    ]);
  for (const [name, filter, late] of [
    ["delegations: all", {}, cursor("delegations", "after", "https://issuer.example", "subject-9")],
    [
      "delegations: an issuer",
      { issuer: "https://issuer.example" },
      cursor("delegations_of_issuer", "after", "subject-9"),
    ],
  ])
    calls.push([name, (after) => queries.pageDelegations(filter, { after, limit: 50 }), late]);
  calls.push(["overview, 30 days", () => queries.overview({ days: 30, now }), null]);
  calls.push(["overview, 90 days", () => queries.overview({ days: 90, now }), null]);
  const before = { suspendedBefore: now - 30 * 86_400, stalledBefore: now - 300 };
  calls.push(["attention", () => queries.attention({ days: 7, ...before, now }), null]);
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

/** Lets the system forget what it has cached of the file. */
function forget(path) {
  for (const file of [path, `${path}-wal`])
    if (existsSync(file)) spawnSync("dd", [`if=${file}`, "iflag=nocache", "count=0"], { stdio: "ignore" });
}

/** Bytes this process has had from the disk, or nothing where nobody counts them. */
function bytesRead() {
  if (!existsSync("/proc/self/io")) return null;
  return Number(/^read_bytes: (\d+)/m.exec(readFileSync("/proc/self/io", "utf8"))?.[1]);
}

const open = (path) => openSqliteWithAdmin({ path, durability: "balanced" });

const middle = (numbers) => numbers.sort((one, other) => one - other)[numbers.length >> 1];

async function time(path, nameOfCall, after) {
  const firsts = [];
  const reads = [];
  const times = [];
  let rows = null;
  for (let opening = 0; opening < openings; opening += 1) {
    forget(path);
    const { store, queries } = open(path);
    const [, ask] = listings(queries).find(([name]) => name === nameOfCall);
    const before = bytesRead();
    const start = process.hrtime.bigint();
    rows = (await ask(after)).rows?.length ?? null;
    firsts.push(Number(process.hrtime.bigint() - start) / 1e6);
    if (before !== null) reads.push((bytesRead() - before) / 1e6);
    for (let round = 0; opening === 0 && round < rounds; round += 1) {
      const used = process.cpuUsage();
      await ask(after);
      const { user, system } = process.cpuUsage(used);
      times.push((user + system) / 1000);
    }
    await store.close();
  }
  return { first: middle(firsts), read: middle(reads) ?? null, median: middle(times), rows };
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
  const { store, queries } = open(path);
  const calls = listings(queries);
  await store.close();
  for (const [name, , late] of calls) {
    const cells = table.get(name) ?? [];
    table.set(name, cells);
    cells.push(await time(path, name, null), late === null ? null : await time(path, name, late));
  }
}

const cell = (measured) => {
  if (measured === null) return "";
  const { first, read, median, rows } = measured;
  const more = [first.toFixed(0), read === null ? [] : read.toFixed(1), rows ?? []].flat().join(", ");
  return `${median.toFixed(1)} (${more})`;
};
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
    `Machine: ${cpus().length} cores, load ${loadavg()[1].toFixed(1)} while this was measured. For a page of 50: milliseconds of CPU, median of\n` +
    `${rounds} calls; then in brackets, of the first call on a database just opened and not cached by the system\n` +
    `(median of ${openings}), milliseconds by the clock, megabytes read from the disk, and how many rows the page held.\n` +
    `Made by \`node bench/listings.mjs\`.\n\n`,
);
for (const [key, what] of [
  ["median", "repeated"],
  ["first", "first"],
]) {
  const worst = slowest.reduce((one, other) => (other[key] > one[key] ? other : one));
  process.stdout.write(`Slowest ${what} call: ${worst[key].toFixed(1)} ms, ${worst.name}.\n\n`);
}
line("", ...columns);
line("---", ...columns.map(() => "---:"));
for (const [name, cells] of table) line(name, ...cells.map(cell));
