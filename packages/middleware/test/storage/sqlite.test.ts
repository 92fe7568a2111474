/** Runs the contract of `Store` on SQLite, in memory and in a file. */
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSqlite } from "../../src/storage/sqlite/open.js";
import { describeStore } from "../../src/testing/store-contract.js";

describeStore("SQLite in memory", async () => {
  const store = openSqlite({ path: ":memory:", durability: "balanced" });
  return { store, destroy: () => store.close() };
});

describeStore(
  "SQLite in memory, 200 callers at once,",
  async () => {
    const store = openSqlite({ path: ":memory:", durability: "balanced" });
    return { store, destroy: () => store.close() };
  },
  { crowd: 200 },
);

// Migrated once and copied for each test; starting on a new file is tested in `sqlite-open.test.ts`.
const folder = mkdtempSync(join(tmpdir(), "agent-auth-"));
const template = join(folder, "template.db");
let files = 0;

beforeAll(() => openSqlite({ path: template, durability: "balanced" }).close());
afterAll(() => rmSync(folder, { recursive: true }));

describeStore(
  "SQLite in a file, 200 callers at once,",
  async () => {
    files += 1;
    const path = join(folder, `${files}.db`);
    copyFileSync(template, path);
    let store = openSqlite({ path, durability: "full" });
    return {
      store,
      async reopen() {
        await store.close();
        store = openSqlite({ path, durability: "full" });
        return store;
      },
      destroy: () => store.close(),
    };
  },
  { crowd: 200 },
);
