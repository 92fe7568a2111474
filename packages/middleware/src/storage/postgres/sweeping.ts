/** Owns what the sweeper asks and deletes: bounded batches over indexes that hold only what is left to do. */
import type { Store } from "../../ports.js";
import type { Connection } from "./connection.js";
import { createCounterSweep } from "./counters.js";

type SweepingVerbs = Pick<Store, "findExpired" | "findUncollected" | "deleteExpiredTokens">;

/** Builds the verbs of the sweeper. Any number of nodes may sweep at once: rows another one has taken are passed over. */
export function createSweepingVerbs(connection: Connection): SweepingVerbs {
  // Suspended and ended ones too, exactly what `endRegistration` takes: a row it refused would head every batch.
  const selectExpired = connection.prepare<{ id: string }>(
    `SELECT id FROM agent_auth.registrations
     WHERE claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL AND claim_expires_at <= @now
     ORDER BY claim_expires_at, id LIMIT @limit`,
  );
  // Claimed without an attempt means that nothing was to be delivered. Revoked ones are swept already.
  const selectUncollected = connection.prepare<{ id: string }>(
    `SELECT id FROM agent_auth.registrations
     WHERE claimed_at IS NOT NULL AND collected_at IS NULL AND revoked_at IS NULL
       AND claimed_at <= @now - @graceSeconds::bigint AND claim_expires_at <= @now
       AND current_attempt_id IS NOT NULL
     ORDER BY claimed_at, id LIMIT @limit`,
  );
  const deleteTokens = connection.prepare(
    `WITH old AS MATERIALIZED (
       SELECT hash FROM agent_auth.access_tokens WHERE expires_at < @before
       ORDER BY expires_at LIMIT @limit FOR UPDATE SKIP LOCKED)
     DELETE FROM agent_auth.access_tokens USING old WHERE access_tokens.hash = old.hash RETURNING 1`,
  );
  const sweepCounters = createCounterSweep(connection);

  return {
    async findExpired(now, limit) {
      return (await connection.read(selectExpired, { now, limit })).map(({ id }) => id);
    },

    async findUncollected(now, graceSeconds, limit) {
      return (await connection.read(selectUncollected, { now, graceSeconds, limit })).map(({ id }) => id);
    },

    async deleteExpiredTokens(before, limit) {
      return connection.grant(async (transaction) => {
        sweepCounters(transaction);
        return (await transaction.run(deleteTokens, { before, limit })).length;
      });
    },
  };
}
