// Runs once before all tests: makes sure that there is a Chromium and a PostgreSQL server, and tells the tests where.
import { chmodSync, mkdtempSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { findOrInstallChromium } from "../scripts/chromium.mjs";
import { writeShared } from "./environment.mjs";
import { startPostgres } from "./postgres.mjs";

const memoryFiles = "/dev/shm";
const roomNeeded = 4 * 2 ** 30;

/**
 * Nothing is to be kept, copied or collected, and most connections live for one test: to plan a statement once in each,
 * and not six times, is a tenth of what such a test takes.
 */
const settings = [
  ...[
    "wal_level=minimal",
    "max_wal_senders=0",
    "checkpoint_timeout=1d",
    "max_wal_size=8GB",
    "autovacuum=off",
  ],
  ...["plan_cache_mode=force_generic_plan", "jit=off", "io_method=sync", "bgwriter_lru_maxpages=0"],
];

/**
 * A folder for temporary files that is kept in memory, where the system has one with room: thousands of databases are
 * made, and waiting for a disk to confirm each is most of what that takes. Null where there is none.
 */
function folderInMemory() {
  try {
    const { bavail, bsize } = statfsSync(memoryFiles);
    if (bavail * bsize < roomNeeded) return null;
    const folder = mkdtempSync(join(memoryFiles, "agent-auth-tests-"));
    // Servers run as users of their own.
    chmodSync(folder, 0o755);
    return folder;
  } catch {
    return null;
  }
}

export default async function globalSetup() {
  const folder = folderInMemory();
  if (folder !== null) process.env.TMPDIR = folder;
  globalThis.agentAuthFolder = folder;
  process.env.CHROMIUM_PATH = findOrInstallChromium();
  await writeShared();
  const postgres = await startPostgres(settings);
  globalThis.agentAuthPostgres = postgres;
  process.env.TEST_POSTGRES_URL = postgres.url;
}
