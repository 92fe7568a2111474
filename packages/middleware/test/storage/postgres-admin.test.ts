/** Runs the contracts of `AdminQueries` and `AdminJobs` on PostgreSQL. */
import { openPostgres } from "../../src/storage/postgres/open.js";
import { describeAdminQueries } from "../../src/testing/admin-contract.js";
import { describeAdminJobs } from "../../src/testing/admin-jobs-contract.js";
import { testPlace } from "../support/postgres.js";

async function open() {
  const place = await testPlace();
  const { store, queries, jobs } = openPostgres({ ...place, durability: "balanced" });
  return {
    ...{ store, queries, jobs },
    async destroy() {
      await store.close();
      await place.giveBack();
    },
  };
}

describeAdminQueries("PostgreSQL", open);
describeAdminJobs("PostgreSQL", open);
