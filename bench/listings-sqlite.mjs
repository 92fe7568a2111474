// SQLite as listings.mjs measures it: a file per size, that is seeded once and kept.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openSqliteWithAdmin } from "../packages/middleware/dist/storage/sqlite/open.js";
import { seed } from "../scripts/seed.mjs";
import { now } from "./listings-calls.mjs";

/** Lets the system forget what it has cached of a file. */
export const forgetFile = (file) =>
  spawnSync("dd", [`if=${file}`, "iflag=nocache", "count=0"], { stdio: "ignore" });

/** Bytes a process has had from the disk, or nothing where nobody counts them. */
export function bytesReadBy(pid) {
  const counts = `/proc/${pid}/io`;
  if (!existsSync(counts)) return null;
  return Number(/^read_bytes: (\d+)/m.exec(readFileSync(counts, "utf8"))?.[1]);
}

/** Seeded rows have two to five audit lines each. One registration is given more, from all over the log. */
function keepBusy(path) {
  const database = new Database(path);
  const newest = database
    .prepare("SELECT id, registration_id AS busy FROM audit_events ORDER BY id DESC LIMIT 1")
    .get();
  const every = Math.max(10, Math.floor(newest.id / 2000));
  database
    .prepare("UPDATE audit_events SET registration_id = @busy WHERE id % @every = 0")
    .run({ busy: newest.busy, every });
  database.close();
}

/** The file of that many registrations. */
export async function seededFile(folder, size) {
  const path = join(folder, `listings-busy-${size}.db`);
  if (existsSync(path)) return path;
  const start = process.hrtime.bigint();
  await seed(`${path}.new`, size, now);
  keepBusy(`${path}.new`);
  renameSync(`${path}.new`, path);
  process.stderr.write(`${size} rows in ${(Number(process.hrtime.bigint() - start) / 1e9).toFixed(1)} s\n`);
  return path;
}

/** The database of one size. */
export async function sqliteSide(folder) {
  return {
    name: "SQLite",
    isPostgres: false,
    note: "A page follows one index in its order and asks the indexes of the other conditions about each entry; rows of the table are read where nothing else can tell, at most 800 as a rule.",
    setting: "The process that asks has the CPU that is counted.",
    async prepare(size) {
      const path = await seededFile(folder, size);
      let opened = openSqliteWithAdmin({ path, durability: "balanced" });
      return {
        queries: () => opened.queries,
        /** From here on, nothing is cached. */
        async forget() {
          await opened.store.close();
          for (const file of [path, `${path}-wal`]) if (existsSync(file)) forgetFile(file);
          opened = openSqliteWithAdmin({ path, durability: "balanced" });
        },
        bytesRead: () => bytesReadBy("self"),
        /** CPU milliseconds so far. */
        cpu() {
          const { user, system } = process.cpuUsage();
          return (user + system) / 1000;
        },
        close: () => opened.store.close(),
      };
    },
    async stop() {},
  };
}
