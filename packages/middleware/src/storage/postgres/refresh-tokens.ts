/** Owns chains of refresh tokens: born with a delivery, rotated once, ended with everything beside them. */
import type { RefreshStore } from "../../ports.js";
import { familyFromRow, type RefreshRow } from "../mail-rows.js";
import { inGoodStanding } from "../row-standing.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { refreshTokens } from "./schema.js";
import { columnsOf } from "./statements.js";

/** Builds the verbs of refresh tokens. */
export function createRefreshVerbs(connection: Connection, writeAudit: WriteAudit): RefreshStore {
  const selectById = connection.prepare<RefreshRow>(
    `SELECT ${columnsOf(refreshTokens)} FROM agent_auth.refresh_tokens WHERE id = @id`,
  );
  // The registration first, and what it belongs to never changes.
  const lockHolder = connection.prepare(
    `SELECT 1 FROM agent_auth.registrations
     WHERE id = (SELECT registration_id FROM agent_auth.refresh_tokens WHERE id = @familyId) FOR NO KEY UPDATE`,
  );
  const rotate = connection.prepare(
    `UPDATE agent_auth.refresh_tokens SET sequence = sequence + 1, rotated_at = @now, expires_at = @expiresAt
     WHERE id = @familyId AND sequence = @sequence AND revoked_at IS NULL AND expires_at > @now
       AND EXISTS (
         SELECT 1 FROM agent_auth.registrations
         WHERE registrations.id = registration_id AND registrations.generation = refresh_tokens.generation
           AND claimed_at IS NOT NULL AND ${inGoodStanding})
     RETURNING 1`,
  );
  const revoke = connection.prepare<{ registration_id: string; generation: number }>(
    `UPDATE agent_auth.refresh_tokens SET revoked_at = @now WHERE id = @familyId AND revoked_at IS NULL
     RETURNING registration_id, generation`,
  );
  const outdate = connection.prepare(
    `UPDATE agent_auth.registrations SET generation = generation + 1
     WHERE id = @registration_id AND generation = @generation`,
  );
  const deleteExpired = connection.prepare(
    `WITH old AS MATERIALIZED (
       SELECT id FROM agent_auth.refresh_tokens WHERE expires_at < @before
       ORDER BY expires_at LIMIT @limit FOR UPDATE SKIP LOCKED)
     DELETE FROM agent_auth.refresh_tokens USING old WHERE refresh_tokens.id = old.id RETURNING 1`,
  );

  return {
    async findRefreshFamily(id) {
      const [row] = await connection.read(selectById, { id });
      return row === undefined ? null : familyFromRow(row);
    },

    async rotateRefreshToken({ familyId, sequence, expiresAt, now, audit }) {
      return connection.spend(async (transaction) => {
        transaction.send(lockHolder, { familyId });
        const rotated = await transaction.run(rotate, { familyId, sequence, expiresAt, now });
        if (rotated.length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async endRefreshFamily({ familyId, now, audit }) {
      return connection.spend(async (transaction) => {
        transaction.send(lockHolder, { familyId });
        const [ended] = await transaction.run(revoke, { familyId, now });
        if (ended === undefined) return transaction.refuse(false);
        transaction.send(outdate, { ...ended });
        writeAudit(transaction, audit);
        return true;
      });
    },

    async deleteExpiredRefreshFamilies(before, limit) {
      return connection.grant(
        async (transaction) => (await transaction.run(deleteExpired, { before, limit })).length,
      );
    },
  };
}
