// `npm run bench:listings [-- --postgres] [--rows 1000,100000,1000000] [--folder DIR] [--rounds 9] [--openings 3]
// [--only TEXT] [--no-write]`: milliseconds of every listing, filter and sort of the dashboard's queries, at page 1 and deep, where a
// late key is put into a cursor rather than pages turned. Writes bench/RESULTS-listings.md, with `--postgres`
// bench/RESULTS-listings-postgres.md.
//
// Each call is made on a database of which nothing is cached (GNU dd tells the system to forget it; elsewhere the column
// shows a first call), `--openings` times, and `--rounds` times once it is warm. Repeated calls are timed by the CPU they take
// at the database, which is what they cost on an idle core; the first ones by the clock, since they wait for the disk.
// What was slow is tried some more times: other work on the machine is slow now and then, a listing every time.
//
// Databases are made once and kept in the folder (BENCH_LISTINGS_FOLDER, or one below the system's for temporary files).
import { mkdirSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { listingsOf } from "./listings-calls.mjs";
import { goal, report } from "./listings-report.mjs";
import { sqliteSide } from "./listings-sqlite.mjs";
import { median } from "./report.mjs";

const { values } = parseArgs({
  options: {
    postgres: { type: "boolean", default: false },
    rows: { type: "string", default: "1000,100000,1000000" },
    folder: {
      type: "string",
      default: process.env.BENCH_LISTINGS_FOLDER ?? join(tmpdir(), "agent-auth-bench-listings"),
    },
    rounds: { type: "string", default: "9" },
    openings: { type: "string", default: "3" },
    only: { type: "string", default: "" },
    "no-write": { type: "boolean", default: false },
  },
});
const { folder } = values;
const rounds = Number(values.rounds);
const sizes = values.rows.split(",").map(Number);
const openings = Number(values.openings);
/** Openings of what was slow. */
const mostOpenings = 2 * openings;
mkdirSync(folder, { recursive: true });

const millisecondsSince = (start) => Number(process.hrtime.bigint() - start) / 1e6;

/** One call on a database of which nothing is cached. */
async function first(database, call) {
  await database.forget();
  const read = database.bytesRead();
  const start = process.hrtime.bigint();
  const found = await call();
  const time = millisecondsSince(start);
  return {
    // What is read in many pages is judged by the slowest of them.
    ...{ time: found.slowest ?? time, rows: found.rows?.length ?? null, pages: found.pages ?? null },
    megabytes: read === null ? null : (database.bytesRead() - read) / 1e6,
  };
}

async function measure(database, callOf, cut) {
  const call = () => callOf()(cut);
  const firsts = [];
  while (
    firsts.length < openings ||
    (firsts.length < mostOpenings && median(firsts.map(({ time }) => time)) > goal)
  )
    firsts.push(await first(database, call));
  const repeated = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = database.cpu();
    const { pages = 1 } = await call();
    repeated.push((database.cpu() - before) / pages);
  }
  const { rows, pages, megabytes } = firsts[0];
  return {
    ...{ rows, pages, repeated: median(repeated), first: median(firsts.map(({ time }) => time)) },
    megabytes: megabytes === null ? null : median(firsts.map((one) => one.megabytes)),
  };
}

const told = (cell) =>
  cell === null
    ? "no more pages"
    : `${cell.repeated.toFixed(1)} ms, first ${cell.first.toFixed(0)} ms, ${(cell.megabytes ?? 0).toFixed(1)} MB, ${cell.rows} rows`;

const side = values.postgres
  ? await (await import("./listings-postgres.mjs")).postgresSide(folder)
  : await sqliteSide(folder);
const table = new Map();
const loads = [];
try {
  for (const size of sizes) {
    const database = await side.prepare(size);
    const newest = await database.queries().pageAudit({}, { after: null, limit: 1 });
    const busy = newest.rows[0].registrationId;
    const calls = () => listingsOf({ queries: database.queries(), busy });
    for (const [position, [name, , late]] of calls().entries()) {
      if (!name.includes(values.only)) continue;
      const callOf = () => calls()[position][1];
      const cells = table.get(name) ?? [];
      table.set(name, cells);
      cells.push(await measure(database, callOf, {}));
      cells.push(late === null ? null : await measure(database, callOf, late));
      loads.push(loadavg()[0]);
      process.stderr.write(`${size} rows, ${name}: ${cells.slice(-2).map(told).join(", then ")}\n`);
    }
    await database.close();
  }
} finally {
  await side.stop();
}
const text = report({ side, table, sizes, rounds, openings, load: median(loads) });
process.stdout.write(text);
if (!values["no-write"] && values.only === "")
  writeFileSync(new URL(`RESULTS-listings${values.postgres ? "-postgres" : ""}.md`, import.meta.url), text);
