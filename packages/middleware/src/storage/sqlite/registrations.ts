/** Owns the life of a registration apart from its claim: birth, finding, use, suspension and the one teardown. */
import type { Store } from "../../ports.js";
import { attemptToRow, type RegistrationRow, registrationFromRow, registrationToRow } from "../rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import { claimAttempts, registrations } from "./schema.js";
import { createStandingSteps } from "./standing-steps.js";
import { columnsOf, insertInto, insertWatched } from "./statements.js";

type RegistrationVerbs = Pick<
  Store,
  | "createRegistration"
  | "findRegistration"
  | "findRegistrationByClaimToken"
  | "findRegistrationsByUser"
  | "countClaimedByUser"
  | "endRegistration"
  | "setSuspended"
>;

/** Builds the verbs of a registration. */
export function createRegistrationVerbs(
  connection: Connection,
  writeAudit: WriteAudit,
  delegations: DelegationSteps,
): RegistrationVerbs {
  const columns = columnsOf(registrations);
  const insertRegistration = connection.prepare(insertWatched(registrations));
  const insertAttempt = connection.prepare(insertInto(claimAttempts));
  const selectById = connection.prepare<RegistrationRow>(`SELECT ${columns} FROM registrations WHERE id = ?`);
  const selectByClaimToken = connection.prepare<RegistrationRow>(
    `SELECT ${columns} FROM registrations WHERE claim_token_hash = ?`,
  );
  const selectByUser = connection.prepare<RegistrationRow>(
    `SELECT ${columns} FROM registrations WHERE user_id = ? ORDER BY created_at DESC, id DESC LIMIT ?`,
  );
  const countByUser = connection.prepare<{ claimed: number }>(
    `SELECT count(*) AS claimed FROM registrations
     WHERE user_id = ? AND claimed_at IS NOT NULL AND revoked_at IS NULL`,
  );
  const giveUp = connection.prepare(
    `UPDATE registrations
     SET revoked_at = @now, revoked_by = @by, revoked_reason = @reason, generation = generation + 1
     WHERE id = @registrationId AND revoked_at IS NULL AND claimed_at IS NOT NULL AND collected_at IS NULL
       AND claim_expires_at <= @now`,
  );
  const expire = connection.prepare(
    `UPDATE registrations SET expired_at = @now, generation = generation + 1
     WHERE id = @registrationId AND claim_expires_at <= @now
       AND claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL`,
  );
  const steps = createStandingSteps(connection, delegations);

  return {
    createRegistration({ registration, attempt, audit }) {
      return connection.grantTogether(() => {
        insertRegistration.run(registrationToRow(registration));
        if (attempt !== null) insertAttempt.run(attemptToRow(attempt));
        writeAudit(audit);
      });
    },

    async findRegistration(id) {
      const row = await connection.readTogether(() => selectById.get(id));
      return row === undefined ? null : registrationFromRow(row);
    },

    async findRegistrationByClaimToken(hash) {
      const row = connection.read(() => selectByClaimToken.get(hash));
      return row === undefined ? null : registrationFromRow(row);
    },

    async findRegistrationsByUser(userId, limit) {
      return connection.read(() => selectByUser.all(userId, limit)).map(registrationFromRow);
    },

    async countClaimedByUser(userId) {
      return connection.read(() => countByUser.get(userId))?.claimed ?? 0;
    },

    async endRegistration({ registrationId, as, actor, reason, now, audit, delegationEvent = null }) {
      return connection.spendTogether(() => {
        if (as === "expired") {
          if (expire.run({ registrationId, now }).changes === 0) return false;
          writeAudit(audit);
          return true;
        }
        if (as === "uncollected") {
          if (giveUp.run({ registrationId, by: actor.kind, reason, now }).changes === 0) return false;
          writeAudit(audit);
          return true;
        }
        const ended = steps.revoke({ registrationId, actor, reason, now });
        if (ended === null) return false;
        writeAudit(ended.cut !== null && delegationEvent !== null ? [...audit, delegationEvent] : audit);
        return true;
      });
    },

    async setSuspended({ registrationId, suspended, now, audit }) {
      return connection.spendTogether(() => {
        if (!steps.setSuspended({ registrationId, suspended, now })) return false;
        writeAudit(audit);
        return true;
      });
    },
  };
}
