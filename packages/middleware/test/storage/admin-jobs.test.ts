/** Runs the contract of `AdminJobs` on SQLite. */
import { openSqliteWithAdmin } from "../../src/storage/sqlite/open.js";
import { describeAdminJobs } from "../../src/testing/admin-jobs-contract.js";

describeAdminJobs("SQLite in memory", async () => {
  const { store, jobs } = openSqliteWithAdmin({ path: ":memory:", durability: "balanced" });
  return { store, jobs, destroy: () => store.close() };
});
