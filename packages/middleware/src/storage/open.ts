/** Owns opening whatever the option `storage` names. */
import type { AdminJobs } from "../admin-jobs-port.js";
import type { AdminQueries } from "../admin-queries-port.js";
import type { Store } from "../ports.js";
import type { Place } from "./postgres/driver.js";
import { openPostgres } from "./postgres/open.js";
import { openSqliteWithAdmin } from "./sqlite/open.js";

/** A store, and what a dashboard asks beside it: both or neither, because stores of one's own have none. */
export interface OpenedStorage {
  store: Store;
  queries: AdminQueries | null;
  jobs: AdminJobs | null;
  /**
   * Settles when the database can be used. Rejects with a sentence that says what to do: a `StoreUnavailable` when the
   * server cannot be reached, after which the next call tries again; any other error is for good.
   */
  reach(): Promise<void>;
}

/** Opens it. Throws a sentence that says what to do when a SQLite file cannot be used; everything else settles `reach`. */
export function openStorage(storage: string | Place | Store, durability: "balanced" | "full"): OpenedStorage {
  const reach = async () => {};
  if (typeof storage === "string") {
    const path = storage.slice("sqlite:".length);
    return { ...openSqliteWithAdmin({ path, durability }), reach };
  }
  if ("createRegistration" in storage) return { store: storage, queries: null, jobs: null, reach };
  return openPostgres({ ...storage, durability });
}
