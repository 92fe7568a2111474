/** Owns the life of a registration apart from its claim: birth, finding, use, suspension and the one teardown. */
import type { Store } from "../../ports.js";
import { attemptToRow, type RegistrationRow, registrationFromRow, registrationToRow } from "../rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import { claimAttempts, registrations } from "./schema.js";
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
  // The new generation is what kills: assertions and tokens carry the old one, and issuing or confirming anything
  // compares it. Nothing else has to be found and ended.
  const revoke = connection.prepare<{ issuer: string | null; subject: string | null }>(
    `UPDATE registrations
     SET revoked_at = @now, revoked_by = @by, revoked_reason = @reason, generation = generation + 1
     WHERE id = @registrationId AND revoked_at IS NULL RETURNING issuer, subject`,
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
  const suspend = connection.prepare(
    `UPDATE registrations SET suspended_at = @now
     WHERE id = @registrationId AND suspended_at IS NULL AND revoked_at IS NULL`,
  );
  const resume = connection.prepare(
    `UPDATE registrations SET suspended_at = NULL
     WHERE id = @registrationId AND suspended_at IS NOT NULL`,
  );

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
      return connection.spend(() => {
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
        const ended = revoke.get({ registrationId, by: actor.kind, reason, now });
        if (ended === undefined) return false;
        writeAudit(audit);
        const { issuer, subject } = ended;
        if (actor.kind === "system" || issuer === null || subject === null) return true;
        // Or the next ID-JAG would undo what a person, an operator or a provider wanted.
        delegations.revoke({ issuer, subject }, now, now);
        if (delegations.unlink({ issuer, subject }) && delegationEvent !== null)
          writeAudit([delegationEvent]);
        return true;
      });
    },

    async setSuspended({ registrationId, suspended, now, audit }) {
      return connection.spend(() => {
        const changed = suspended ? suspend.run({ registrationId, now }) : resume.run({ registrationId });
        if (changed.changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },
  };
}
