/** The contract of `AdminQueries` on SQLite. */
import { openSqliteWithAdmin } from "../../src/storage/sqlite/open.js";
import { describeAdminQueries } from "../../src/testing/admin-contract.js";

describeAdminQueries("SQLite in memory", async () => {
  const { store, queries } = openSqliteWithAdmin({ path: ":memory:", durability: "balanced" });
  return { store, queries, destroy: () => store.close() };
});
