/** Owns the life of a registration apart from its claim: birth, finding, suspension and the one teardown. */
import type { Store } from "../../ports.js";
import { attemptToRow, type RegistrationRow, registrationFromRow, registrationToRow } from "../rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import type { Locks } from "./locks.js";
import { claimAttempts, registrations } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

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
  parts: { writeAudit: WriteAudit; locks: Locks; delegations: DelegationSteps },
): RegistrationVerbs {
  const { writeAudit, locks, delegations } = parts;
  const columns = columnsOf(registrations);
  const insertRegistration = connection.prepare(insertInto(registrations));
  const insertAttempt = connection.prepare(insertInto(claimAttempts));
  const selectBy = (condition: string) =>
    connection.prepare<RegistrationRow>(`SELECT ${columns} FROM agent_auth.registrations WHERE ${condition}`);
  const selectById = selectBy("id = @id");
  const selectByClaimToken = selectBy("claim_token_hash = @hash");
  const selectByUser = selectBy("user_id = @userId ORDER BY created_at DESC, id DESC LIMIT @limit");
  const countByUser = connection.prepare<{ claimed: number }>(
    `SELECT count(*) AS claimed FROM agent_auth.registrations
     WHERE user_id = @userId AND claimed_at IS NOT NULL AND revoked_at IS NULL`,
  );
  const selectPair = connection.prepare<{ issuer: string | null; subject: string | null }>(
    "SELECT issuer, subject FROM agent_auth.registrations WHERE id = @registrationId",
  );
  // The new generation is what kills: assertions and tokens carry the old one, and issuing or confirming anything
  // compares it. Nothing else has to be found and ended. The pair is compared as it was read, because its row had to
  // be locked first.
  const revoke = connection.prepare(
    `UPDATE agent_auth.registrations
     SET revoked_at = @now, revoked_by = @by, revoked_reason = @reason, generation = generation + 1
     WHERE id = @registrationId AND revoked_at IS NULL
       AND issuer IS NOT DISTINCT FROM @issuer::text AND subject IS NOT DISTINCT FROM @subject::text RETURNING 1`,
  );
  const giveUp = connection.prepare(
    `UPDATE agent_auth.registrations
     SET revoked_at = @now, revoked_by = @by, revoked_reason = @reason, generation = generation + 1
     WHERE id = @registrationId AND revoked_at IS NULL AND claimed_at IS NOT NULL AND collected_at IS NULL
       AND claim_expires_at <= @now RETURNING 1`,
  );
  const expire = connection.prepare(
    `UPDATE agent_auth.registrations SET expired_at = @now, generation = generation + 1
     WHERE id = @registrationId AND claim_expires_at <= @now
       AND claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL RETURNING 1`,
  );
  const suspend = connection.prepare(
    `UPDATE agent_auth.registrations SET suspended_at = @now
     WHERE id = @registrationId AND suspended_at IS NULL AND revoked_at IS NULL RETURNING 1`,
  );
  const resume = connection.prepare(
    `UPDATE agent_auth.registrations SET suspended_at = NULL
     WHERE id = @registrationId AND suspended_at IS NOT NULL RETURNING 1`,
  );

  async function findOne(statement: typeof selectById, values: Record<string, string>) {
    const [row] = await connection.read(statement, values);
    return row === undefined ? null : registrationFromRow(row);
  }

  type Ending = Parameters<Store["endRegistration"]>[0];

  /** "moved" when the registration came to carry a pair after we had looked: then its row was not locked. */
  const revokeOnce = ({ registrationId, actor, reason, now, audit, delegationEvent = null }: Ending) =>
    connection.spend(async (transaction): Promise<boolean | "moved"> => {
      const [pair] = await transaction.run(selectPair, { registrationId });
      if (pair === undefined) return transaction.refuse(false);
      const { issuer, subject } = pair;
      const cuts = actor.kind !== "system" && issuer !== null && subject !== null;
      const row = cuts ? await locks.pair(transaction, { issuer, subject }, now) : undefined;
      const values = { registrationId, by: actor.kind, reason, now, issuer, subject };
      if ((await transaction.run(revoke, values)).length === 0) {
        const [found] = await transaction.run(selectPair, { registrationId });
        const isSame = found?.issuer === issuer && found.subject === subject;
        return transaction.refuse(isSame ? false : "moved");
      }
      const isCut = delegations.unlink(transaction, row);
      // Or the next ID-JAG would undo what a person, an operator or a provider wanted.
      if (cuts) delegations.revoke(transaction, { issuer, subject }, now);
      writeAudit(transaction, isCut && delegationEvent !== null ? [...audit, delegationEvent] : audit);
      return true;
    });

  return {
    async createRegistration({ registration, attempt, audit }) {
      await connection.grant(async (transaction) => {
        transaction.send(insertRegistration, registrationToRow(registration));
        if (attempt !== null) transaction.send(insertAttempt, attemptToRow(attempt));
        writeAudit(transaction, audit);
      });
    },

    findRegistration: (id) => findOne(selectById, { id }),
    findRegistrationByClaimToken: (hash) => findOne(selectByClaimToken, { hash }),

    async findRegistrationsByUser(userId, limit) {
      return (await connection.read(selectByUser, { userId, limit })).map(registrationFromRow);
    },

    async countClaimedByUser(userId) {
      return (await connection.read(countByUser, { userId }))[0]?.claimed ?? 0;
    },

    async endRegistration(ending) {
      const { registrationId, as, actor, reason, now, audit } = ending;
      if (as === "revoked") {
        let answer = await revokeOnce(ending);
        // A registration comes to carry a pair once in its life.
        if (answer === "moved") answer = await revokeOnce(ending);
        if (answer === "moved")
          throw new Error("endRegistration met a registration that changes its person.");
        return answer;
      }
      return connection.spend(async (transaction) => {
        const ended = as === "expired" ? expire : giveUp;
        const rows = await transaction.run(ended, { registrationId, by: actor.kind, reason, now });
        if (rows.length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async setSuspended({ registrationId, suspended, now, audit }) {
      return connection.spend(async (transaction) => {
        const rows = await transaction.run(suspended ? suspend : resume, { registrationId, now });
        if (rows.length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },
  };
}
