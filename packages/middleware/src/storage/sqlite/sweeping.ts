/** Owns what the sweeper asks and deletes: bounded batches over indexes that hold only what is left to do. */
import type { Store } from "../../ports.js";
import type { Connection } from "./connection.js";

type SweepingVerbs = Pick<Store, "findExpired" | "findUncollected" | "deleteExpiredTokens">;

/** Builds the verbs of the sweeper. */
export function createSweepingVerbs(connection: Connection): SweepingVerbs {
  // Suspended and ended ones too, exactly what `endRegistration` takes: a row it refused would head every batch.
  const selectExpired = connection.prepare<{ id: string }>(
    `SELECT id FROM registrations
     WHERE claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL AND claim_expires_at <= @now
     ORDER BY claim_expires_at, id LIMIT @limit`,
  );
  // Claimed without an attempt means that nothing was to be delivered. Revoked ones are swept already.
  const selectUncollected = connection.prepare<{ id: string }>(
    `SELECT id FROM registrations
     WHERE claimed_at IS NOT NULL AND collected_at IS NULL AND revoked_at IS NULL
       AND claimed_at <= @now - @graceSeconds AND claim_expires_at <= @now AND current_attempt_id IS NOT NULL
     ORDER BY claimed_at, id LIMIT @limit`,
  );
  const deleteTokens = connection.prepare(
    `DELETE FROM access_tokens WHERE rowid IN
       (SELECT rowid FROM access_tokens WHERE expires_at < @before ORDER BY expires_at LIMIT @limit)`,
  );

  return {
    async findExpired(now, limit) {
      return connection.read(() => selectExpired.all({ now, limit })).map((row) => row.id);
    },

    async findUncollected(now, graceSeconds, limit) {
      return connection.read(() => selectUncollected.all({ now, graceSeconds, limit })).map((row) => row.id);
    },

    async deleteExpiredTokens(before, limit) {
      return connection.grant(() => deleteTokens.run({ before, limit }).changes);
    },
  };
}
