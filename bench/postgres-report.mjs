// The report of postgres.mjs as Markdown.
import { cpus, loadavg, totalmem } from "node:os";
import { settings } from "./postgres-server.mjs";
import { isPinned } from "./processes.mjs";
import { median } from "./report.mjs";

const operations = {
  guard: "guarded call, 20,000 agents",
  registration: "anonymous registration",
  exchange: "token exchange",
};
const sideNames = {
  sqlite: "SQLite, one node",
  postgres: "PostgreSQL, one node",
  two: "PostgreSQL, two nodes on one core",
};

const row = (...cells) => `| ${cells.join(" | ")} |`;
const table = (head, rows) => [
  row(...head),
  row(...head.map(() => "---")),
  ...rows.map((cells) => row(...cells)),
  "",
];
const whole = (number) => Math.round(number).toLocaleString("en");
const tenth = (number) => number.toFixed(1);
const medianOf = (results, part) => median(results.map((result) => result[part]));

function measured(targets) {
  return targets.map(({ operation, side, results }) => [
    `${operations[operation]}: ${sideNames[side]}`,
    whole(medianOf(results, "perSecond")),
    whole(medianOf(results, "p50")),
    whole(medianOf(results, "p99")),
    whole(medianOf(results, "node")),
    side === "sqlite" ? "" : whole(medianOf(results, "server")),
    side === "sqlite" ? "" : whole(medianOf(results, "wal")),
    results.reduce((sum, { failed }) => sum + failed, 0),
  ]);
}

/** Each round is compared with itself first: what slows one round slows both of its sides. */
function compared(targets) {
  const of = (operation, side) =>
    targets.find((one) => one.operation === operation && one.side === side).results;
  const pairs = [
    ["postgres", "sqlite"],
    ["two", "postgres"],
  ];
  return Object.keys(operations).flatMap((operation) =>
    pairs.map(([one, other]) => {
      const ratio = (part) =>
        median(of(operation, one).map((result, round) => part(result) / part(of(operation, other)[round])));
      return [
        `${operations[operation]}: ${sideNames[one]} / ${sideNames[other]}`,
        ratio(({ perSecond }) => perSecond).toFixed(2),
        ratio(({ node }) => node).toFixed(2),
        ratio((result) => result.node + result.server).toFixed(2),
      ];
    }),
  );
}

/** Everything that was measured, as the text of RESULTS-postgres.md. */
export function report(found) {
  const { targets, afterCheckpoint, reads, uses, weights, tables, indexes } = found;
  const total = weights.reduce((sum, { heap, indexes: size }) => sum + heap + size, 0);
  return [
    "# Results of `npm run bench:postgres`",
    "",
    "Written by the last run. Compare the ratios; the absolute numbers are those of one machine.",
    "",
    `Node ${process.version}, PostgreSQL ${found.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform}, load ${loadavg()[1].toFixed(1)} while this was measured.`,
    `PostgreSQL's own settings but \`${settings.join("`, `")}\`; by TCP on the same machine, without TLS.`,
    `${found.rounds} rounds of ${found.seconds} s each, interleaved, ${found.connections} connections; medians. ${whole(found.rows)} registrations in both databases. ` +
      `${isPinned ? "Nodes on one core, load and PostgreSQL on the other" : "Processes where the system put them"}: two nodes share that core, ` +
      "so their requests per second say nothing about two machines; what a request costs says whether nodes get into each other's way.",
    "",
    ...table(
      [
        "",
        "requests/s",
        "p50 ms",
        "p99 ms",
        "Node µs per request",
        "PostgreSQL µs per request",
        "WAL bytes per request",
        "failed",
      ],
      measured(targets),
    ),
    "Microseconds are CPU time: of the nodes, and of all processes of the server.",
    "",
    ...table(["ratio", "by throughput", "by CPU of Node", "by CPU of both"], compared(targets)),
    "## Just after a checkpoint",
    "",
    "The first change of a page after a checkpoint logs the whole page.",
    "",
    ...table(
      ["", "requests/s", "p99 ms", "PostgreSQL µs per request", "WAL bytes per request"],
      Object.entries(afterCheckpoint).map(([operation, results]) => [
        operations[operation],
        ...["perSecond", "p99", "server", "wal"].map((part) => whole(medianOf(results, part))),
      ]),
    ),
    "## The guard's read, without HTTP",
    "",
    "20 callers, random tokens; a connection of the pool for each read with its row as an object, and `findAccessToken`, whose reads share one.",
    "",
    ...table(
      ["", "Node µs", "PostgreSQL µs", "elapsed µs per read"],
      [
        ["a connection for each read", reads.own],
        ["`findAccessToken`", reads.shared],
      ].map(([name, cost]) => [name, tenth(cost.node), tenth(cost.server), tenth(cost.wall)]),
    ),
    "## Noting a last use",
    "",
    "20,000 registrations, 500 in a batch, every one with one scope.",
    "",
    ...table(
      ["", "Node µs per use", "PostgreSQL µs per use", "WAL bytes per use"],
      [
        ["written", uses.written],
        ["left out, one was written within the minute", uses.left],
      ].map(([name, cost]) => [name, tenth(cost.node), tenth(cost.server), whole(cost.wal)]),
    ),
    "## Tables",
    "",
    `${whole(found.rows)} registrations as \`npm run seed\` makes them, with ids and hashes of real length: ${whole(total / found.rows)} bytes for each in all.`,
    "",
    ...table(
      ["table", "rows", "table bytes per row", "index bytes per row", "MB"],
      weights.map(({ name, rows, heap, indexes: size }) => [
        `\`${name}\``,
        whole(rows),
        whole(heap / rows),
        whole(size / rows),
        whole((heap + size) / 1e6),
      ]),
    ),
    "Changed while this was measured:",
    "",
    ...table(
      ["table", "inserts", "updates", "of them in place (HOT)", "dead rows at the end"],
      tables.map(({ name, inserts, updates, hot, dead }) => [
        `\`${name}\``,
        ...[inserts, updates, hot, dead].map(whole),
      ]),
    ),
    "## Indexes",
    "",
    "By pages that were asked for while this was measured, for reading and for writing; the hottest first.",
    "",
    ...table(
      ["index", "pages", "scans", "MB at the end"],
      indexes
        .filter(({ pages }) => pages > 1000)
        .sort((one, other) => other.pages - one.pages)
        .map(({ name, pages, scans, bytes }) => [
          `\`${name}\``,
          whole(pages),
          whole(scans),
          tenth(bytes / 1e6),
        ]),
    ),
  ].join("\n");
}
