/** Owns rate limit windows. Counting and time are those of rate-limiter-flexible, which reads the system clock. */
import { RateLimiterSQLite } from "rate-limiter-flexible";
import type { Store } from "../../ports.js";
import type { Connection } from "./connection.js";

/** Builds the verbs. */
export function createLimitVerbs(connection: Connection): Pick<Store, "consumeLimit" | "deleteLimitWindows"> {
  // One limiter per length of window: options name a handful of them, so this does not grow.
  const limiters = new Map<number, RateLimiterSQLite>();
  // The limiter's own sweep (`clearExpiredByTimeout`) has no bound, and keeps a timer.
  const remove = connection.prepare(
    `DELETE FROM rate_limits WHERE rowid IN
       (SELECT rowid FROM rate_limits WHERE expire < ? ORDER BY expire LIMIT ?)`,
  );

  return {
    async consumeLimit({ key, windowSeconds }) {
      return connection.lend(async (database) => {
        let limiter = limiters.get(windowSeconds);
        if (limiter === undefined) {
          limiter = new RateLimiterSQLite({
            storeClient: database,
            storeType: "better-sqlite3",
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
        const { consumedPoints, msBeforeNext } = await limiter.penalty(key);
        return { used: consumedPoints, resetSeconds: Math.max(1, Math.ceil(msBeforeNext / 1000)) };
      });
    },

    async deleteLimitWindows(limit) {
      return connection.grant(() => remove.run(Date.now(), limit).changes);
    },
  };
}
