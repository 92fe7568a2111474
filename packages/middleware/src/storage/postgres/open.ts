/** Owns opening a PostgreSQL database: its connections, the check of its schema, and the sentence that says why not. */
import type { Pool } from "pg";
import type { AdminJobs } from "../../admin-jobs-port.js";
import type { AdminQueries } from "../../admin-queries-port.js";
import { type Store, StoreUnavailable } from "../../ports.js";
import { createAdminJobs } from "./admin-jobs.js";
import { createAdminQueries } from "./admin-queries.js";
import { createConnection, type Durability } from "./connection.js";
import { type Driver, loadDriver, type Place, poolConfig } from "./driver.js";
import { isAway } from "./failures.js";
import { schemaState } from "./migrations.js";
import { nameOf, reasonOf } from "./place-names.js";
import { createPostgresStore } from "./store.js";

/** What is opened. All parts work on the same connections, which `store.close` closes. */
export interface Opened {
  store: Store;
  queries: AdminQueries;
  jobs: AdminJobs;
  /**
   * Settles when the database was reached and its schema is this version's. Rejects with a sentence that says what to
   * do: a `StoreUnavailable` when the server cannot be reached, after which the next call looks again; any other error
   * is for good.
   */
  reach(): Promise<void>;
}

/**
 * Opens the database. Returns at once: verbs wait until the schema was looked at, and are unavailable until it was found
 * to be this version's. The driver is loaded here and nowhere else, so a host that uses SQLite needs none.
 */
export function openPostgres(place: Place & { durability: Durability }, driver = loadDriver()): Opened {
  const pool = openPool(place, driver);
  let isWorthAnotherLook = false;
  const look = () => {
    isWorthAnotherLook = false;
    const looking = pool.then((opened) => check(opened, place));
    // Told by `reach`; verbs tell it again.
    looking.catch((error: unknown) => {
      isWorthAnotherLook = error instanceof StoreUnavailable;
    });
    return looking;
  };
  let last = look();
  const connection = createConnection(pool, () => last, place);
  return {
    store: createPostgresStore(connection),
    queries: createAdminQueries(connection),
    jobs: createAdminJobs(connection),
    reach() {
      if (isWorthAnotherLook) last = look();
      return last;
    },
  };
}

async function openPool(place: Place, loading: Promise<Driver>): Promise<Pool> {
  const driver = await loading;
  const pool = new driver.Pool(poolConfig(driver, place));
  // A connection that ends while nobody uses it is taken out of the pool, and one in use fails its statement: there is
  // nothing to be done here, but an event nobody listens to would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

class Unfit extends Error {}

async function check(pool: Pool, place: Place): Promise<void> {
  try {
    await checkFitness(pool, place);
  } catch (error) {
    throw refusal(place, error);
  }
}

async function checkFitness(pool: Pool, { schema }: Place): Promise<void> {
  const { rows } = await pool.query("SELECT current_setting('server_encoding') AS encoding");
  if (rows[0].encoding !== "UTF8")
    throw new Unfit(`stores text as ${rows[0].encoding}: make one with the encoding UTF8`);
  const found = await schemaState(pool, schema);
  if (found.state === "newer")
    throw new Unfit(
      "was migrated by a newer version: start that version, or restore the copy made before it",
    );
  if (found.state === "behind")
    throw new Unfit(
      (found.isNew ? `has no tables in the schema ${schema} yet` : "is behind this version") +
        `: run npx agent-auth migrate${schema === "agent_auth" ? "" : ` --schema ${schema}`} on it`,
    );
}

/** What `reach` rejects with. */
function refusal({ url }: Place, error: unknown): Error {
  if (error instanceof Unfit) return new Error(`${nameOf(url)} ${error.message}.`, { cause: error });
  const sentence = reasonOf(url, error);
  return isAway(error)
    ? new StoreUnavailable(sentence, { cause: error })
    : new Error(sentence, { cause: error });
}
