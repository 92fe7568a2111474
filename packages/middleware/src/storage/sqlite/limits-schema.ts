/** Owns the table of the limiter, in the way of `schema.ts`, which exports it. */
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Fixed windows. The three columns are dictated by `RateLimiterSQLite` of rate-limiter-flexible; `expire` is in ms. */
export const rateLimits = sqliteTable(
  "rate_limits",
  {
    key: text("key").primaryKey(),
    points: integer("points").notNull().default(0),
    expire: integer("expire"),
  },
  (table) => [index("rate_limits_by_expiry").on(table.expire)],
);
