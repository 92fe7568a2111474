/** Runs the contracts of `AdminQueries` and `AdminJobs` on PostgreSQL. */
import { openPostgres } from "../../src/storage/postgres/open.js";
import { describeAdminQueries } from "../../src/testing/admin-contract.js";
import { describeAdminJobs } from "../../src/testing/admin-jobs-contract.js";
import { testPlace } from "../support/postgres.js";

// A busy machine may take its time to let all callers through: each waits for the ones before it.
const patient = { connectTimeoutMilliseconds: 20_000, lockTimeoutMilliseconds: 10_000 };

async function open() {
  const place = await testPlace(patient);
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
describeAdminJobs("PostgreSQL, 200 callers at once,", open, { crowd: 200 });
