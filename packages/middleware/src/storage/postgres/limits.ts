/** Owns rate limit windows. Counting and time are those of rate-limiter-flexible, which reads the system clock. */
import { RateLimiterPostgres } from "rate-limiter-flexible";
import type { Store } from "../../ports.js";
import type { Connection } from "./connection.js";

/** Builds the verbs. Counting is one statement, and never tried again, so that nobody is counted twice. */
export function createLimitVerbs(connection: Connection): Pick<Store, "consumeLimit" | "deleteLimitWindows"> {
  // One limiter per length of window: options name a handful of them, so this does not grow.
  const limiters = new Map<number, RateLimiterPostgres>();
  // The limiter's own sweep (`clearExpiredByTimeout`) has no bound, and keeps a timer.
  const remove = connection.prepare(
    `WITH over AS MATERIALIZED (
       SELECT key FROM agent_auth.rate_limits WHERE expire < @now ORDER BY expire LIMIT @limit
       FOR UPDATE SKIP LOCKED)
     DELETE FROM agent_auth.rate_limits USING over WHERE rate_limits.key = over.key RETURNING 1`,
  );

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

    async deleteLimitWindows(limit) {
      return connection.grant(
        async (transaction) => (await transaction.run(remove, { now: Date.now(), limit })).length,
      );
    },
  };
}
