/** The contract of `AdminQueries` on SQLite. */
import { openSqliteWithAdmin } from "../../src/storage/sqlite/open.js";
import { describeAdminQueries } from "../../src/testing/admin-contract.js";

describeAdminQueries("SQLite in memory", async () => {
  const opened = openSqliteWithAdmin({ path: ":memory:", durability: "balanced" });
  return { ...opened, destroy: () => opened.store.close() };
});
