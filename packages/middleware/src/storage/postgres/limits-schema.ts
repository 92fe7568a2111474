/** Owns the table of the limiter, in the way of `schema.ts`, which exports it. */
import { index } from "drizzle-orm/pg-core";
import { home, integer, text } from "./columns.js";

/** Fixed windows. The three columns are dictated by `RateLimiterPostgres` of rate-limiter-flexible; `expire` is in ms. */
export const rateLimits = home.table(
  "rate_limits",
  {
    key: text("key").primaryKey(),
    points: integer("points").notNull().default(0),
    expire: integer("expire"),
  },
  (table) => [index("rate_limits_by_expiry").on(table.expire)],
);
