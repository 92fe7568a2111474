/** Runs the contract of `AdminJobs` on SQLite. */
import { openSqliteWithAdmin } from "../../src/storage/sqlite/open.js";
import { describeAdminJobs } from "../../src/testing/admin-jobs-contract.js";

describeAdminJobs(
  "SQLite in memory, 200 callers at once,",
  async () => {
    const { store, jobs } = openSqliteWithAdmin({ path: ":memory:", durability: "balanced" });
    return { store, jobs, destroy: () => store.close() };
  },
  { crowd: 200 },
);
