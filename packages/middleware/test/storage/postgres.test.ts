/** Runs the contract of `Store` on PostgreSQL. */
import { openPostgres } from "../../src/storage/postgres/open.js";
import { describeStore } from "../../src/testing/store-contract.js";
import { testPlace } from "../support/postgres.js";

// A busy machine may take its time to let all of them through: each waits for the ones before it.
const patient = { connectTimeoutMilliseconds: 20_000, lockTimeoutMilliseconds: 10_000 };

describeStore(
  "PostgreSQL, 200 callers at once,",
  async () => {
    const place = await testPlace(patient);
    const open = () => openPostgres({ ...place, durability: "balanced" }).store;
    let store = open();
    return {
      store,
      async reopen() {
        await store.close();
        store = open();
        return store;
      },
      async destroy() {
        await store.close();
        await place.giveBack();
      },
    };
  },
  { crowd: 200 },
);
