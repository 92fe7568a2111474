// The PostgreSQL server of a measurement: one that waits for its disk, as a server in use does, and what it has used.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import pg from "pg";
import { migrateDatabase } from "../packages/middleware/dist/storage/postgres/migrate-database.js";
import { startPostgres } from "../test-support/postgres.mjs";
import { isPinned } from "./processes.mjs";

/** What differs from the defaults of PostgreSQL. */
export const settings = ["fsync=on", "full_page_writes=on", "shared_buffers=512MB", "max_wal_size=2GB"];

function statusOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return text.slice(text.lastIndexOf(")") + 2).split(" ");
}

/** CPU microseconds of a process: exact where the kernel counts them, or else in hundredths of seconds. */
function cpuOf(pid) {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1000;
  } catch {
    const [user, system] = statusOf(pid).slice(11, 13).map(Number);
    return (user + system) * 10_000;
  }
}

/** Starts one with our tables in it. */
export async function startServer() {
  const server = await startPostgres(settings);
  await migrateDatabase({ url: server.url, schema: "agent_auth", isDryRun: false });
  const client = new pg.Client(server.url);
  await client.connect();
  const ask = async (sql, values) => (await client.query(sql, values)).rows;
  const [{ pid }] = await ask("SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int AS pid");
  // Beside the load: a node has its core for itself. Processes the server starts from now on come along.
  const children = () =>
    readdirSync("/proc").filter((name) => {
      try {
        return /^\d+$/.test(name) && Number(statusOf(name)[1]) === pid;
      } catch {
        return false;
      }
    });
  if (isPinned) for (const one of [pid, ...children()]) spawnSync("taskset", ["-p", "-c", "1", String(one)]);
  return {
    url: server.url,
    ask,
    /** CPU microseconds of the server and all its processes, those that ended left out; null where nobody counts. */
    cpu() {
      if (process.platform !== "linux") return null;
      return children().reduce((sum, child) => sum + cpuOf(child), cpuOf(pid));
    },
    /** Bytes of the log so far. */
    async wal() {
      const [{ bytes }] = await ask(
        "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes",
      );
      return bytes;
    },
    async destroy() {
      await client.end();
      await server.destroy();
    },
  };
}
