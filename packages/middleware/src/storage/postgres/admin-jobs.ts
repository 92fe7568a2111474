/**
 * Owns what operators change beyond the verbs of `Store`: jobs over many registrations and their leases, narrower
 * scopes, end dates, links, failed mail. What a job changed is counted by `audit.ts`.
 */
import type { AdminJobs } from "../../admin-jobs-port.js";
import { intersect } from "../../protocol/scopes.js";
import { isLastPass, type JobRow, jobFromRow, jobToRow } from "../job-rows.js";
import type { RegistrationRow } from "../rows.js";
import { scopesFromText, scopesToText } from "../scope-text.js";
import { createAuditWriter, type WriteAudit } from "./audit.js";
import { createBulkChanges } from "./bulk-changes.js";
import type { Connection } from "./connection.js";
import { createDelegationSteps } from "./delegation-steps.js";
import { createLocks } from "./locks.js";
import { adminJobs } from "./schema.js";
import { columnsOf, insertInto, storableJson } from "./statements.js";

/** Jobs listed at most. */
const longestList = 50;

type JobVerbs = Pick<AdminJobs, "startJob" | "findJob" | "listJobs" | "leaseJob" | "advanceJob">;

function createJobVerbs(connection: Connection, writeAudit: WriteAudit): JobVerbs {
  const columns = columnsOf(adminJobs);
  const insert = connection.prepare(insertInto(adminJobs));
  const select = connection.prepare<JobRow>(`SELECT ${columns} FROM agent_auth.admin_jobs WHERE id = @id`);
  const list = connection.prepare<JobRow>(
    `SELECT ${columns} FROM agent_auth.admin_jobs ORDER BY created_at DESC, position DESC LIMIT ${longestList}`,
  );
  // A job another worker is about to take, or is counting for, is passed over: there will be a next time.
  const lease = connection.prepare<JobRow>(
    `WITH free AS MATERIALIZED (
       SELECT id AS free_id FROM agent_auth.admin_jobs
       WHERE finished_at IS NULL AND (lease_until IS NULL OR lease_until <= @now)
       ORDER BY created_before IS NOT NULL, advanced_at, created_at, position LIMIT 1 FOR UPDATE SKIP LOCKED)
     UPDATE agent_auth.admin_jobs SET lease_until = @leaseUntil FROM free WHERE id = free_id RETURNING ${columns}`,
  );
  const advance = (change: string) =>
    connection.prepare<JobRow>(
      `UPDATE agent_auth.admin_jobs SET ${change}, advanced_at = @now
       WHERE id = @id AND lease_until = @leaseUntil AND finished_at IS NULL RETURNING ${columns}`,
    );
  const extend = advance("lease_until = @nextLeaseUntil");
  const move = advance("cursor = @cursor, lease_until = @nextLeaseUntil");
  // Columns on the right are those before the UPDATE.
  const endPass = advance(
    `cursor = NULL, passes = passes + 1,
     changed_in_pass = CASE WHEN ${isLastPass} THEN changed_in_pass ELSE 0 END,
     finished_at = CASE WHEN ${isLastPass} THEN @now::bigint END,
     lease_until = CASE WHEN ${isLastPass} THEN NULL ELSE @nextLeaseUntil::bigint END`,
  );

  return {
    async startJob(job, audit) {
      const row = jobToRow(job);
      await connection.spend(async (transaction) => {
        transaction.send(insert, { ...row, filter: storableJson(row.filter) });
        writeAudit(transaction, audit);
      });
    },

    async findJob(id) {
      const [row] = await connection.read(select, { id });
      return row === undefined ? null : jobFromRow(row);
    },

    async listJobs() {
      return (await connection.read(list)).map(jobFromRow);
    },

    async leaseJob({ now, leaseUntil }) {
      const [row] = await connection.grant((transaction) => transaction.run(lease, { now, leaseUntil }));
      return row === undefined ? null : jobFromRow(row);
    },

    async advanceJob({ id, leaseUntil, cursor, now, nextLeaseUntil }) {
      const statement = cursor === "stay" ? extend : cursor === null ? endPass : move;
      const [row] = await connection.grant((transaction) =>
        transaction.run(statement, { id, leaseUntil, cursor, now, nextLeaseUntil }),
      );
      return row === undefined ? null : jobFromRow(row);
    },
  };
}

/** Builds the verbs on the connections of a store, whose schema is up to date. */
export function createAdminJobs(connection: Connection): AdminJobs {
  const writeAudit = createAuditWriter(connection);
  const locks = createLocks(connection);
  const delegations = createDelegationSteps(connection);
  const selectPair = connection.prepare<Pick<RegistrationRow, "issuer" | "subject">>(
    "SELECT issuer, subject FROM agent_auth.registrations WHERE id = @registrationId AND revoked_at IS NULL",
  );
  // The registration, and those of the same person with something confirmed, in the order all verbs lock them in.
  const lockConfirmed = connection.prepare(
    `SELECT 1 FROM agent_auth.registrations
     WHERE id IN (SELECT @registrationId::text
                  UNION SELECT registration_id FROM agent_auth.claim_attempts
                    WHERE link_issuer = @issuer AND link_subject = @subject AND confirmed_scopes IS NOT NULL)
     ORDER BY id FOR NO KEY UPDATE`,
  );
  const selectScopes = connection.prepare<Pick<RegistrationRow, "scopes" | "issuer" | "subject">>(
    `SELECT scopes, issuer, subject FROM agent_auth.registrations
     WHERE id = @registrationId AND revoked_at IS NULL`,
  );
  const setScopes = connection.prepare(
    `UPDATE agent_auth.registrations SET scopes = @scopes, scope_limit = @scopes WHERE id = @registrationId`,
  );
  // What was confirmed for this registration, or for another one of the same person, and is not bound yet.
  const selectConfirmed = connection.prepare<{ id: string; scopes: string }>(
    `SELECT attempt.id, attempt.confirmed_scopes AS scopes
     FROM agent_auth.claim_attempts AS attempt
       JOIN agent_auth.registrations AS claimed ON claimed.id = attempt.registration_id
     WHERE (attempt.registration_id = @registrationId
         OR (attempt.link_issuer = @issuer AND attempt.link_subject = @subject))
       AND attempt.confirmed_scopes IS NOT NULL
       AND claimed.current_attempt_id = attempt.id AND claimed.claimed_at IS NULL`,
  );
  const setConfirmed = connection.prepare(
    "UPDATE agent_auth.claim_attempts SET confirmed_scopes = @scopes WHERE id = @id",
  );
  const setEnd = connection.prepare(
    `UPDATE agent_auth.registrations SET ends_at = @endsAt
     WHERE id = @registrationId AND ends_at IS DISTINCT FROM @endsAt::bigint
       AND (revoked_at IS NULL OR @endsAt::bigint IS NULL) RETURNING 1`,
  );
  const makeDue = connection.prepare(
    `UPDATE agent_auth.mail_outbox SET failed_at = NULL, failure = NULL, next_try_at = @now
     WHERE id = @id AND failed_at IS NOT NULL RETURNING 1`,
  );
  const selectJwtId = connection.prepare(
    "SELECT 1 FROM agent_auth.seen_jwt_ids WHERE purpose = @purpose AND issuer = @issuer AND jti = @jti",
  );

  /** "moved" when the registration came to carry a pair after we had looked: then its row was not locked. */
  const narrowOnce = ({ registrationId, scopes, audit }: Parameters<AdminJobs["narrowScopes"]>[0]) =>
    connection.spend(async (transaction): Promise<boolean | "moved"> => {
      const [pair] = await transaction.run(selectPair, { registrationId });
      if (pair === undefined) return transaction.refuse(false);
      const { issuer, subject } = pair;
      const isCarrying = issuer !== null && subject !== null;
      const link = isCarrying ? await locks.pairIfThere(transaction, { issuer, subject }) : undefined;
      transaction.send(lockConfirmed, { registrationId, issuer, subject });
      const [row] = await transaction.run(selectScopes, { registrationId });
      if (row === undefined) return transaction.refuse(false);
      if (row.issuer !== issuer || row.subject !== subject) return transaction.refuse("moved");
      const granted = scopesFromText(row.scopes);
      const left = intersect(granted, scopes);
      if (left.length === 0 || left.length === granted.length) return transaction.refuse(false);
      transaction.send(setScopes, { registrationId, scopes: scopesToText(left) });
      for (const { id, scopes: confirmed } of await transaction.run(selectConfirmed, {
        ...{ registrationId, issuer, subject },
      }))
        transaction.send(setConfirmed, {
          ...{ id, scopes: scopesToText(intersect(scopesFromText(confirmed), left)) },
        });
      // Or the next registration of the same person would be the way around it.
      delegations.lowerCeiling(transaction, link, left);
      writeAudit(transaction, audit);
      return true;
    });

  return {
    ...createJobVerbs(connection, writeAudit),
    ...createBulkChanges(connection, writeAudit),

    async narrowScopes(input) {
      let answer = await narrowOnce(input);
      // A registration comes to carry a pair once in its life.
      if (answer === "moved") answer = await narrowOnce(input);
      if (answer === "moved") throw new Error("narrowScopes met a registration that changes its person.");
      return answer;
    },

    async setEndDate({ registrationId, endsAt, audit }) {
      return connection.spend(async (transaction) => {
        if ((await transaction.run(setEnd, { registrationId, endsAt })).length === 0)
          return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async unlinkDelegation({ issuer, subject, now, audit }) {
      return connection.spend(async (transaction) => {
        const row = await locks.pair(transaction, { issuer, subject }, now);
        if (!delegations.unlink(transaction, row)) return transaction.refuse(false);
        delegations.revoke(transaction, { issuer, subject }, now);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async retryMail({ id, now, audit }) {
      return connection.grant(async (transaction) => {
        if ((await transaction.run(makeDue, { id, now })).length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async isJwtIdRemembered(id) {
      return (await connection.read(selectJwtId, id)).length > 0;
    },
  };
}
