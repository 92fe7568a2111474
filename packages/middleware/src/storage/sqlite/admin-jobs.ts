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
import { createMailQueue } from "./outbox.js";
import { adminJobs } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

/** Jobs listed at most. */
const longestList = 50;

type JobVerbs = Pick<AdminJobs, "startJob" | "findJob" | "listJobs" | "leaseJob" | "advanceJob">;

function createJobVerbs(connection: Connection, writeAudit: WriteAudit): JobVerbs {
  const columns = columnsOf(adminJobs);
  const insert = connection.prepare(insertInto(adminJobs));
  const select = connection.prepare<JobRow>(`SELECT ${columns} FROM admin_jobs WHERE id = ?`);
  const list = connection.prepare<JobRow>(
    `SELECT ${columns} FROM admin_jobs ORDER BY created_at DESC, rowid DESC LIMIT ${longestList}`,
  );
  const lease = connection.prepare<JobRow>(
    `UPDATE admin_jobs SET lease_until = @leaseUntil
     WHERE id = (SELECT id FROM admin_jobs
                 WHERE finished_at IS NULL AND (lease_until IS NULL OR lease_until <= @now)
                 ORDER BY created_before IS NOT NULL, advanced_at, created_at, rowid LIMIT 1)
     RETURNING ${columns}`,
  );
  const isHeld = "id = @id AND lease_until = @leaseUntil AND finished_at IS NULL";
  const extend = connection.prepare<JobRow>(
    `UPDATE admin_jobs SET lease_until = @nextLeaseUntil, advanced_at = @now WHERE ${isHeld} RETURNING ${columns}`,
  );
  const move = connection.prepare<JobRow>(
    `UPDATE admin_jobs SET cursor = @cursor, lease_until = @nextLeaseUntil, advanced_at = @now
     WHERE ${isHeld} RETURNING ${columns}`,
  );
  // Columns on the right are those before the UPDATE.
  const endPass = connection.prepare<JobRow>(
    `UPDATE admin_jobs
     SET cursor = NULL, passes = passes + 1, changed_in_pass = iif(${isLastPass}, changed_in_pass, 0), advanced_at = @now,
       finished_at = iif(${isLastPass}, @now, NULL),
       lease_until = iif(${isLastPass}, NULL, @nextLeaseUntil)
     WHERE ${isHeld} RETURNING ${columns}`,
  );

  return {
    async startJob(job, audit) {
      connection.spend(() => {
        insert.run(jobToRow(job));
        writeAudit(audit);
      });
    },

    async findJob(id) {
      const row = connection.read(() => select.get(id));
      return row === undefined ? null : jobFromRow(row);
    },

    async listJobs() {
      return connection.read(() => list.all()).map(jobFromRow);
    },

    async leaseJob({ now, leaseUntil }) {
      const row = connection.grant(() => lease.get({ now, leaseUntil }));
      return row === undefined ? null : jobFromRow(row);
    },

    async advanceJob({ id, leaseUntil, cursor, now, nextLeaseUntil }) {
      const held = { id, leaseUntil, nextLeaseUntil, now };
      const row = connection.grant(() => {
        if (cursor === "stay") return extend.get(held);
        return cursor === null ? endPass.get(held) : move.get({ ...held, cursor });
      });
      return row === undefined ? null : jobFromRow(row);
    },
  };
}

/** Builds the verbs on the connection of a store, whose schema is up to date. */
export function createAdminJobs(connection: Connection): AdminJobs {
  const writeAudit = createAuditWriter(connection, createMailQueue(connection));
  const delegations = createDelegationSteps(connection);
  const selectScopes = connection.prepare<Pick<RegistrationRow, "scopes" | "issuer" | "subject">>(
    "SELECT scopes, issuer, subject FROM registrations WHERE id = ? AND revoked_at IS NULL",
  );
  const setScopes = connection.prepare(
    "UPDATE registrations SET scopes = @scopes, scope_limit = @scopes WHERE id = @registrationId",
  );
  // What was confirmed for this registration, or for another one of the same person, and is not bound yet.
  const selectConfirmed = connection.prepare<{ id: string; scopes: string }>(
    `SELECT attempt.id, attempt.confirmed_scopes AS scopes
     FROM claim_attempts AS attempt JOIN registrations AS claimed ON claimed.id = attempt.registration_id
     WHERE (attempt.registration_id = @registrationId
         OR (attempt.link_issuer = @issuer AND attempt.link_subject = @subject))
       AND attempt.confirmed_scopes IS NOT NULL
       AND claimed.current_attempt_id = attempt.id AND claimed.claimed_at IS NULL`,
  );
  const setConfirmed = connection.prepare(
    "UPDATE claim_attempts SET confirmed_scopes = @scopes WHERE id = @id",
  );
  const setEnd = connection.prepare(
    `UPDATE registrations SET ends_at = @endsAt
     WHERE id = @registrationId AND ends_at IS NOT @endsAt AND (revoked_at IS NULL OR @endsAt IS NULL)`,
  );
  const makeDue = connection.prepare(
    `UPDATE mail_outbox SET failed_at = NULL, failure = NULL, next_try_at = @now
     WHERE id = @id AND failed_at IS NOT NULL`,
  );
  const selectJwtId = connection.prepare(
    "SELECT 1 FROM seen_jwt_ids WHERE purpose = @purpose AND issuer = @issuer AND jti = @jti",
  );

  return {
    ...createJobVerbs(connection, writeAudit),
    ...createBulkChanges(connection, { writeAudit, delegations }),

    async narrowScopes({ registrationId, scopes, audit }) {
      return connection.spend(() => {
        const row = selectScopes.get(registrationId);
        if (row === undefined) return false;
        const granted = scopesFromText(row.scopes);
        const left = intersect(granted, scopes);
        if (left.length === 0 || left.length === granted.length) return false;
        setScopes.run({ registrationId, scopes: scopesToText(left) });
        const { issuer, subject } = row;
        for (const { id, scopes: confirmed } of selectConfirmed.all({ registrationId, issuer, subject }))
          setConfirmed.run({ id, scopes: scopesToText(intersect(scopesFromText(confirmed), left)) });
        // Or the next registration of the same person would be the way around it.
        if (issuer !== null && subject !== null) delegations.lowerCeiling({ issuer, subject }, left);
        writeAudit(audit);
        return true;
      });
    },

    async setEndDate({ registrationId, endsAt, audit }) {
      return connection.spend(() => {
        if (setEnd.run({ registrationId, endsAt }).changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },

    async unlinkDelegation({ issuer, subject, now, audit }) {
      return connection.spend(() => {
        if (!delegations.unlink({ issuer, subject })) return false;
        delegations.revoke({ issuer, subject }, now, now);
        writeAudit(audit);
        return true;
      });
    },

    async retryMail({ id, now, audit }) {
      return connection.grant(() => {
        if (makeDue.run({ id, now }).changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },

    async isJwtIdRemembered({ purpose, issuer, jti }) {
      return connection.read(() => selectJwtId.get({ purpose, issuer, jti })) !== undefined;
    },
  };
}
