/**
 * Owns the connections to one database: what a commit promises, what is tried again, and which failures mean "not now".
 * Every verb goes through `read`, `grant` or `spend`.
 *
 * A verb is one transaction at READ COMMITTED that first locks the rows it decides by, in a fixed order (`locks.ts`):
 * what it reads after that cannot change before it writes. A verb that answers "no" is rolled back.
 */
import type { Pool, PoolClient, QueryConfig } from "pg";
import { StoreUnavailable } from "../../ports.js";
import { isLost, isRolledBack, translated } from "./failures.js";
import { createSharedReads } from "./shared-reads.js";
import { compile, type Statement, type Values, valuesOf } from "./statements.js";

/** What survives a power cut: "balanced" what takes power away or spends, "full" every acknowledged write. */
export type Durability = "balanced" | "full";

/** The running transaction of a verb. */
export interface Transaction {
  /** Runs a statement and returns its rows. */
  run<Row>(statement: Statement<Row>, values: Values): Promise<Row[]>;
  /** Sends a statement whose rows nobody waits for. If it fails, the verb does. */
  send(statement: Statement<unknown>, values: Values): void;
  /** The verb's answer is "no": returns it, and whatever was written is undone. */
  refuse<Answer>(answer: Answer): Answer;
}

export type Work<Result> = (transaction: Transaction) => Promise<Result>;

/** Connections to one database and the ways to use them. */
export interface Connection {
  /** The schema the tables are in. */
  readonly schema: string;
  /** Compiles a statement for tables in the schema that was asked for. */
  prepare<Row = unknown>(sql: string): Statement<Row>;
  /** The same, for one whose best plan depends on the values of each call. */
  prepareAnew<Row = unknown>(sql: string): Statement<Row>;
  /** Runs a single SELECT. */
  read<Row>(statement: Statement<Row>, values?: Values): Promise<Row[]>;
  /** The same, for one that is short and asked often: together with others on one connection. Rows come as arrays. */
  look<Row extends unknown[]>(statement: Statement<Row>, values: Values): Promise<Row[]>;
  /** Runs one transaction that only gives something: a power cut of the server may undo it. May run `work` again. */
  grant<Result>(work: Work<Result>): Promise<Result>;
  /** Runs one transaction that takes power away or spends something: it is on the disk when this returns. */
  spend<Result>(work: Work<Result>): Promise<Result>;
  /** Lends the pool to a library that writes on its own. Never tried again. */
  lend<Result>(work: (pool: Pool) => Promise<Result>): Promise<Result>;
  /** Waits for verbs under way and closes all. Closing twice is fine. */
  close(): Promise<void>;
}

/** How often a verb runs that the server undid because of another one. */
const triesAgainstOthers = 3;
/** How often one runs whose connection was lost while nothing can have been committed. */
const triesAgainstLosses = 2;

const begin = "BEGIN ISOLATION LEVEL READ COMMITTED";
// A commit that is not waited for is on the disk with the next one that is: the log is one sequence.
const beginGently = `${begin}; SET LOCAL synchronous_commit TO off`;

function queryOf({ name, text, parameters }: Statement<unknown>, values: Values): QueryConfig {
  return { ...(name === null ? {} : { name }), text, values: valuesOf(parameters, values) };
}

/** One try. `onCommit` is told when COMMIT is on its way: from then on a loss leaves open what happened. */
async function attempt<Result>(
  client: PoolClient,
  opening: string,
  work: Work<Result>,
  onCommit: () => void,
): Promise<Result> {
  const sent: Promise<unknown>[] = [];
  let firstFailure: unknown;
  let isRefused = false;
  const submit = (query: QueryConfig | string) => {
    const answer = client.query(query as QueryConfig);
    // Kept at once, so that no failure is ever without somebody who knows of it.
    answer.catch((error: unknown) => {
      firstFailure ??= error;
    });
    sent.push(answer);
    return answer;
  };
  const transaction: Transaction = {
    run: async <Row>(statement: Statement<Row>, values: Values) =>
      (await submit(queryOf(statement, values))).rows as Row[],
    send(statement, values) {
      void submit(queryOf(statement, values));
    },
    refuse(answer) {
      isRefused = true;
      return answer;
    },
  };
  try {
    void submit(opening);
    const result = await work(transaction);
    const ending = isRefused ? "ROLLBACK" : "COMMIT";
    if (!isRefused) onCommit();
    const { command } = await submit(ending);
    await Promise.all(sent);
    if (command !== ending) throw new Error(`The database answered ${ending} with ${command}.`);
    return result;
  } catch (error) {
    await Promise.allSettled(sent);
    // What comes after the first failure only tells that the transaction was over.
    throw firstFailure ?? error;
  }
}

/** Wraps a pool that is still being made. `reached` says whether it may be used; `durability` is fixed for its life. */
export function createConnection(
  opening: Promise<Pool>,
  reached: () => Promise<void>,
  { schema, durability }: { schema: string; durability: Durability },
): Connection {
  let isClosed = false;

  async function opened(): Promise<Pool> {
    if (isClosed) throw new StoreUnavailable("The database is closed.");
    try {
      await reached();
      return await opening;
    } catch (error) {
      throw new StoreUnavailable("The database was not opened.", { cause: error });
    }
  }

  async function checkOut(): Promise<PoolClient> {
    const pool = await opened();
    try {
      return await pool.connect();
    } catch (error) {
      throw new StoreUnavailable(`There is no connection to the database (${String(error)}).`, {
        cause: error,
      });
    }
  }

  const share = createSharedReads(checkOut);

  async function transact<Result>(how: string, work: Work<Result>): Promise<Result> {
    for (let tries = 1; ; tries += 1) {
      const client = await checkOut();
      let isCommitting = false;
      try {
        const result = await attempt(client, how, work, () => {
          isCommitting = true;
        });
        client.release();
        return result;
      } catch (error) {
        if (isLost(error)) client.release(true);
        else
          await client.query("ROLLBACK").then(
            () => client.release(),
            () => client.release(true),
          );
        if (isRolledBack(error) && tries < triesAgainstOthers) continue;
        if (isLost(error) && !isCommitting && tries < triesAgainstLosses) continue;
        throw translated(error);
      }
    }
  }

  return {
    schema,
    prepare: (sql) => compile(sql, schema),
    prepareAnew: (sql) => compile(sql, schema, true),
    async read<Row>(statement: Statement<Row>, values: Values = {}) {
      for (let tries = 1; ; tries += 1) {
        const client = await checkOut();
        try {
          const { rows } = await client.query(queryOf(statement, values));
          client.release();
          return rows as Row[];
        } catch (error) {
          client.release(isLost(error));
          if (isLost(error) && tries < triesAgainstLosses) continue;
          throw translated(error);
        }
      }
    },
    async look<Row extends unknown[]>(statement: Statement<Row>, values: Values) {
      for (let tries = 1; ; tries += 1) {
        try {
          return (await share({ ...queryOf(statement, values), rowMode: "array" })) as Row[];
        } catch (error) {
          if (isLost(error) && tries < triesAgainstLosses) continue;
          throw translated(error);
        }
      }
    },
    grant: (work) => transact(durability === "full" ? begin : beginGently, work),
    spend: (work) => transact(begin, work),
    async lend(work) {
      const pool = await opened();
      try {
        return await work(pool);
      } catch (error) {
        throw translated(error);
      }
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      const pool = await opening.catch(() => null);
      await pool?.end();
    },
  };
}
