// `npm run bench:postgres`: one node on PostgreSQL beside one on SQLite, and two nodes beside one, for a guarded call, an
// anonymous registration and a token exchange; then what tables, indexes and the log take. Writes
// bench/RESULTS-postgres.md. `--seconds N` per measurement (2), `--rounds N` (5), `--rows N` registrations in both
// databases (200000), `--no-write`.
//
// Rounds are interleaved and medians taken, as in run.mjs. Nodes have one core, the load and PostgreSQL the other: more
// requests per second than one core of Node makes are not to be seen here, and two nodes share that core. What a
// machine with more cores does follows from the CPU time per request, which is counted for Node and for the server.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { grownFile, issueTokens } from "./grown.mjs";
import { fill, indexes, issueTokensOnPostgres, weigh } from "./postgres-fill.mjs";
import { compareReads, measureUses } from "./postgres-reads.mjs";
import { report } from "./postgres-report.mjs";
import { startServer } from "./postgres-server.mjs";
import { ask, messageOf, start } from "./processes.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "2" },
    rounds: { type: "string", default: "5" },
    rows: { type: "string", default: "200000" },
    "no-write": { type: "boolean", default: false },
  },
});
const [seconds, rounds, rows] = ["seconds", "rounds", "rows"].map((name) => Number(values[name]));
/** More than the rows a SQLite store may keep, so that both databases are read for every call. */
const tokenCount = 20_000;
const connections = 20;
const say = (text) => process.stderr.write(`${text}\n`);

const folder = mkdtempSync(join(tmpdir(), "agent-auth-bench-"));
const file = join(folder, "bench.db");
copyFileSync(await grownFile(rows), file);
const server = await startServer();
const children = [];

async function startNode(storage, issuer) {
  const node = start("postgres-node.mjs", 0, [
    JSON.stringify(storage),
    ...(issuer === undefined ? [] : [issuer]),
  ]);
  children.push(node);
  return { node, url: (await messageOf(node)).url };
}

async function post(url, init) {
  const response = await fetch(url, { method: "POST", ...init });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${await response.text()}`);
  return response.json();
}

/** What is asked of the nodes of one database. */
async function requestsTo(urls, tokens) {
  const registration = {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "anonymous" }),
  };
  const { identity_assertion: assertion } = await post(`${urls[0]}/agent/identity`, registration);
  const grant = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion };
  const exchange = {
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: `${new URLSearchParams(grant)}`,
  };
  const at = (path) => urls.map((url) => url + path);
  return {
    guard: { url: at("/api/notes"), tokens },
    registration: { url: at("/agent/identity"), method: "POST", ...registration },
    exchange: { url: at("/oauth2/token"), method: "POST", ...exchange },
  };
}

const cpuOfNodes = async (nodes) => {
  let sum = 0;
  for (const node of nodes) sum += (await ask(node, "cpu")).cpuMicroseconds;
  return sum;
};

async function measure(load, { nodes, requests, isPostgres }, operation, duration) {
  const before = [await cpuOfNodes(nodes), server.cpu(), await server.wal()];
  const result = await ask(load, { request: requests[operation], seconds: duration, connections });
  const after = [await cpuOfNodes(nodes), server.cpu(), await server.wal()];
  const [node, ofServer, wal] = after.map((value, index) => (value - before[index]) / result.requests);
  return { ...result, node, server: isPostgres ? ofServer : 0, wal: isPostgres ? wal : 0 };
}

try {
  say(`filling PostgreSQL with ${rows.toLocaleString("en")} registrations`);
  await fill(server, await grownFile(rows));
  const weights = await weigh(server);

  const storage = { url: server.url, pool: { idleSeconds: 3600 } };
  const sqlite = await startNode(`sqlite:${file}`);
  const first = await startNode(storage);
  const second = await startNode(storage, first.url);
  const { tokens, hashes, ids } = await issueTokensOnPostgres(server, first.url, tokenCount);
  const sides = {
    sqlite: {
      nodes: [sqlite.node],
      requests: await requestsTo([sqlite.url], issueTokens(file, sqlite.url, tokenCount)),
    },
    postgres: { isPostgres: true, nodes: [first.node], requests: await requestsTo([first.url], tokens) },
    two: {
      isPostgres: true,
      nodes: [first.node, second.node],
      requests: await requestsTo([first.url, second.url], tokens),
    },
  };
  const load = start("load.mjs", 1);
  children.push(load);

  const targets = ["guard", "registration", "exchange"].flatMap((operation) =>
    Object.keys(sides).map((side) => ({ operation, side, results: [] })),
  );
  say("warming up");
  for (const { operation, side } of targets) await measure(load, sides[side], operation, 1);
  await server.ask("SELECT pg_stat_reset()");
  const indexesBefore = await indexes(server);
  for (let round = 0; round < rounds; round += 1) {
    say(`round ${round + 1} of ${rounds}`);
    for (const { operation, side, results } of round % 2 === 0 ? targets : targets.toReversed())
      results.push(await measure(load, sides[side], operation, seconds));
  }
  const used = await indexes(server);
  const tables = await server.ask(
    `SELECT relname AS name, n_tup_ins::float8 AS inserts, n_tup_upd::float8 AS updates,
       n_tup_hot_upd::float8 AS hot, n_dead_tup::float8 AS dead
     FROM pg_stat_user_tables WHERE schemaname = 'agent_auth' AND n_tup_ins + n_tup_upd > 100 ORDER BY relname`,
  );
  say("after a checkpoint");
  const afterCheckpoint = { registration: [], exchange: [] };
  for (const [operation, results] of Object.entries(afterCheckpoint))
    for (let round = 0; round < 3; round += 1) {
      await server.ask("CHECKPOINT");
      results.push(await measure(load, sides.postgres, operation, 1));
    }
  say("parts");
  const reads = await compareReads(server, hashes, 2 * rounds + 1);
  const uses = await measureUses(server, ids, 5);
  const text = report({
    ...{ targets, afterCheckpoint, reads, uses, weights, tables, rows, rounds, seconds, connections },
    indexes: used.map((index, position) => ({
      ...index,
      scans: index.scans - indexesBefore[position].scans,
      pages: index.pages - indexesBefore[position].pages,
    })),
    version: (await server.ask("SHOW server_version"))[0].server_version,
  });
  process.stdout.write(text);
  if (!values["no-write"]) writeFileSync(new URL("RESULTS-postgres.md", import.meta.url), text);
} finally {
  const ended = children
    .filter((child) => child.connected)
    .map((child) => new Promise((end) => child.once("exit", end)));
  for (const child of children) if (child.connected) child.disconnect();
  await Promise.all(ended);
  await server.destroy();
  rmSync(folder, { recursive: true, force: true });
}
