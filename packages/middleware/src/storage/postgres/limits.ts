/** Owns rate limit windows. Counting and time are those of rate-limiter-flexible, which reads the system clock. */
import { RateLimiterPostgres } from "rate-limiter-flexible";
import type { Store } from "../../ports.js";
import type { Connection, Transaction } from "./connection.js";

/** Builds the verb that counts: one statement, and never tried again, so that nobody is counted twice. */
export function createLimitVerbs(connection: Connection): Pick<Store, "consumeLimit"> {
  // One limiter per length of window: options name a handful of them, so this does not grow.
  const limiters = new Map<number, RateLimiterPostgres>();

  return {
    async consumeLimit({ key, windowSeconds }) {
      return connection.lend(async (pool) => {
        let limiter = limiters.get(windowSeconds);
        if (limiter === undefined) {
          limiter = new RateLimiterPostgres({
            storeClient: pool,
            storeType: "pool",
            schemaName: connection.schema,
            tableName: "rate_limits",
            tableCreated: true,
            clearExpiredByTimeout: false,
            keyPrefix: "",
            // What is too much is the caller's rule; `penalty` counts and never refuses.
            points: Number.MAX_SAFE_INTEGER,
            duration: windowSeconds,
          });
          limiters.set(windowSeconds, limiter);
        }
        const { consumedPoints, msBeforeNext } = await limiter.penalty(key.replaceAll("\0", "\ufffd"));
        return { used: consumedPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) };
      });
    },
  };
}

/**
 * Builds the sweep of windows that are over, bounded and part of a verb. The limiter's own (`clearExpiredByTimeout`) is
 * neither, and keeps a timer. Time is the system clock, the one the rows were written by.
 */
export function createLimitSweep(connection: Connection): (transaction: Transaction, limit: number) => void {
  const remove = connection.prepare(
    `WITH over AS MATERIALIZED (
       SELECT key FROM agent_auth.rate_limits WHERE expire < @now ORDER BY expire LIMIT @limit
       FOR UPDATE SKIP LOCKED)
     DELETE FROM agent_auth.rate_limits USING over WHERE rate_limits.key = over.key`,
  );
  return (transaction, limit) => transaction.send(remove, { now: Date.now(), limit });
}
