/** Runs the contract of `Store` on PostgreSQL. */
import { openPostgres } from "../../src/storage/postgres/open.js";
import { describeStore } from "../../src/testing/store-contract.js";
import { testPlace } from "../support/postgres.js";

describeStore("PostgreSQL", async () => {
  const place = await testPlace();
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
});
