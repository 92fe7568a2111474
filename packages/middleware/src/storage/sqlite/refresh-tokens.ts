/** Owns chains of refresh tokens: born with a delivery, rotated by one conditional UPDATE, ended with everything beside them. */
import type { RefreshStore } from "../../ports.js";
import { familyFromRow, type RefreshRow } from "../mail-rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { refreshTokens } from "./schema.js";
import { columnsOf, inGoodStanding } from "./statements.js";

/** Builds the verbs of refresh tokens. */
export function createRefreshVerbs(connection: Connection, writeAudit: WriteAudit): RefreshStore {
  const selectById = connection.prepare<RefreshRow>(
    `SELECT ${columnsOf(refreshTokens)} FROM refresh_tokens WHERE id = ?`,
  );
  const rotate = connection.prepare(
    `UPDATE refresh_tokens SET sequence = sequence + 1, rotated_at = @now, expires_at = @expiresAt
     WHERE id = @familyId AND sequence = @sequence AND revoked_at IS NULL AND expires_at > @now
       AND EXISTS (
         SELECT 1 FROM registrations
         WHERE registrations.id = registration_id AND registrations.generation = refresh_tokens.generation
           AND claimed_at IS NOT NULL AND ${inGoodStanding})`,
  );
  const revoke = connection.prepare<{ registration_id: string; generation: number }>(
    `UPDATE refresh_tokens SET revoked_at = @now WHERE id = @familyId AND revoked_at IS NULL
     RETURNING registration_id, generation`,
  );
  const outdate = connection.prepare(
    `UPDATE registrations SET generation = generation + 1
     WHERE id = @registration_id AND generation = @generation`,
  );
  const deleteExpired = connection.prepare(
    `DELETE FROM refresh_tokens WHERE rowid IN
       (SELECT rowid FROM refresh_tokens WHERE expires_at < @before ORDER BY expires_at LIMIT @limit)`,
  );

  return {
    async findRefreshFamily(id) {
      const row = connection.read(() => selectById.get(id));
      return row === undefined ? null : familyFromRow(row);
    },

    async rotateRefreshToken({ familyId, sequence, expiresAt, now, audit }) {
      return connection.spend(() => {
        if (rotate.run({ familyId, sequence, expiresAt, now }).changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },

    async endRefreshFamily({ familyId, now, audit }) {
      return connection.spend(() => {
        const ended = revoke.get({ familyId, now });
        if (ended === undefined) return false;
        outdate.run(ended);
        writeAudit(audit);
        return true;
      });
    },

    async deleteExpiredRefreshFamilies(before, limit) {
      return connection.grant(() => deleteExpired.run({ before, limit }).changes);
    },
  };
}
