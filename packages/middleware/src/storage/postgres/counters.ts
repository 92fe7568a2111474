/**
 * Owns adding up counters. Triggers add a row per change (`counter-schema.ts` says why); a sweep replaces many rows of
 * a count by their sum, in one statement, so that whoever reads sees either.
 */
import type { Connection, Transaction } from "./connection.js";

/** Rows of either table that one sweep adds up, at most. */
const mostRows = 20_000;

/** Builds the sweep. It is part of a verb; nodes that sweep at once take different rows. */
export function createCounterSweep(connection: Connection): (transaction: Transaction) => void {
  const fold = (table: string, columns: string) =>
    connection.prepare(
      `WITH several AS MATERIALIZED (
         SELECT ctid FROM agent_auth.${table} LIMIT ${mostRows} FOR UPDATE SKIP LOCKED),
       gone AS (
         DELETE FROM agent_auth.${table} USING several WHERE ${table}.ctid = several.ctid
         RETURNING ${columns}, count)
       INSERT INTO agent_auth.${table} (${columns}, count)
         SELECT ${columns}, sum(count)::bigint FROM gone GROUP BY ${columns}`,
    );
  const foldCounters = fold("counters", "name, key");
  const foldDays = fold("daily_counts", "what, issuer, day, refusal");
  return (transaction) => {
    transaction.send(foldCounters, {});
    transaction.send(foldDays, {});
  };
}
