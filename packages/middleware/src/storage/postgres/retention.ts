/** Owns forgetting: what is old enough, in batches over indexes, and all that is known of one person. */
import type { RetentionStore } from "../../retention-store-port.js";
import { isKeptStop, overSinceOfRow } from "../row-standing.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";

const day = 86_400;

/** Builds the verbs that forget. Any number of nodes may sweep at once: rows another one has taken are passed over. */
export function createRetentionVerbs(connection: Connection, writeAudit: WriteAudit): RetentionStore {
  const deleteEnded = connection.prepare(
    `WITH over AS MATERIALIZED (
       SELECT id FROM agent_auth.registrations
       WHERE (${overSinceOfRow}) < @before AND NOT ${isKeptStop}
         AND (revoked_at IS NOT NULL OR expired_at IS NOT NULL OR ends_at IS NOT NULL)
       ORDER BY (${overSinceOfRow}) LIMIT @limit FOR UPDATE SKIP LOCKED)
     DELETE FROM agent_auth.registrations USING over WHERE registrations.id = over.id RETURNING 1`,
  );
  // Ids rise with time, nearly: the oldest are looked at, and of those the ones that are old enough go.
  const deleteAudit = connection.prepare(
    `WITH old AS MATERIALIZED (
       SELECT id, at FROM agent_auth.audit_events ORDER BY id LIMIT @limit FOR UPDATE SKIP LOCKED)
     DELETE FROM agent_auth.audit_events USING old
     WHERE audit_events.id = old.id AND old.at < @before RETURNING 1`,
  );
  const forgetHints = connection.prepare(
    `WITH over AS MATERIALIZED (
       SELECT attempt.id FROM agent_auth.claim_attempts AS attempt
       JOIN agent_auth.registrations AS holder ON holder.id = attempt.registration_id
       WHERE attempt.login_hint <> '' AND attempt.expires_at < @before AND holder.claim_expires_at < @before
       ORDER BY attempt.expires_at LIMIT @limit FOR UPDATE OF attempt SKIP LOCKED)
     UPDATE agent_auth.claim_attempts SET login_hint = '' FROM over WHERE claim_attempts.id = over.id RETURNING 1`,
  );
  const deleteCounts = connection.prepare("DELETE FROM agent_auth.daily_counts WHERE day < @day");
  const person = createPersonStatements(connection);

  return {
    async deleteEndedRegistrations(before, limit) {
      return connection.grant(
        async (transaction) => (await transaction.run(deleteEnded, { before, limit })).length,
      );
    },
    async deleteOldAudit(before, limit) {
      return connection.grant(
        async (transaction) => (await transaction.run(deleteAudit, { before, limit })).length,
      );
    },
    async forgetLoginHints(before, limit) {
      return connection.grant(
        async (transaction) => (await transaction.run(forgetHints, { before, limit })).length,
      );
    },
    async deleteOldCounts(before) {
      await connection.grant(async (transaction) =>
        transaction.send(deleteCounts, { day: Math.floor(before / day) }),
      );
    },
    async erasePerson({ userId, addresses, limit, audit }) {
      return connection.spend(async (transaction) => {
        const links = await transaction.run(person.lockDelegations, { userId });
        const found = await transaction.run(person.lockRegistrations, { userId, limit: limit + 1 });
        const ids = found.slice(0, limit).map(({ id }) => id);
        transaction.send(person.scrubRegistrations, { ids });
        transaction.send(person.deleteMailAbout, { ids });
        transaction.send(person.deleteRegistrations, { ids });
        if (found.length > limit) return false;
        for (const { issuer, subject } of links) transaction.send(person.scrubSubject, { issuer, subject });
        transaction.send(person.deleteDelegations, { userId });
        transaction.send(person.scrubActor, { userId });
        transaction.send(person.lockAttempts, { userId });
        transaction.send(person.forgetAttempts, { userId });
        transaction.send(person.deleteMailTo, { userId, addresses });
        transaction.send(person.forgetAddresses, { addresses });
        transaction.send(person.scrubFilters, { userId });
        transaction.send(person.scrubJobs, { userId });
        writeAudit(transaction, audit);
        return true;
      });
    },
  };
}

/** What names a person in the detail of an audit event. */
const withoutPerson = "detail - 'userId' - 'sub'";

function createPersonStatements(connection: Connection) {
  return {
    lockDelegations: connection.prepare<{ issuer: string; subject: string }>(
      `SELECT issuer, subject FROM agent_auth.delegations WHERE user_id = @userId
       ORDER BY issuer, subject FOR UPDATE`,
    ),
    // Those on their way to the person too; not one that somebody else has claimed since.
    lockRegistrations: connection.prepare<{ id: string }>(
      `SELECT id FROM agent_auth.registrations
       WHERE id IN (
         SELECT id FROM agent_auth.registrations WHERE user_id = @userId
         UNION SELECT holder.id FROM agent_auth.claim_attempts AS attempt
           JOIN agent_auth.registrations AS holder
             ON holder.id = attempt.registration_id AND holder.user_id IS NULL
           WHERE attempt.link_user_id = @userId OR attempt.confirmed_user_id = @userId)
         AND (user_id IS NULL OR user_id = @userId)
       ORDER BY id LIMIT @limit FOR UPDATE`,
    ),
    scrubRegistrations: connection.prepare(
      `UPDATE agent_auth.audit_events SET ip = NULL, detail = ${withoutPerson}
       WHERE registration_id = ANY(@ids::text[])`,
    ),
    deleteMailAbout: connection.prepare(
      "DELETE FROM agent_auth.mail_outbox WHERE registration_id = ANY(@ids::text[])",
    ),
    deleteRegistrations: connection.prepare(
      "DELETE FROM agent_auth.registrations WHERE id = ANY(@ids::text[])",
    ),
    // Only events that belong to no registration: the others were found by it.
    scrubSubject: connection.prepare(
      `UPDATE agent_auth.audit_events SET ip = NULL, detail = ${withoutPerson}
       WHERE type IN ('event.received', 'delegation.created', 'delegation.deleted') AND registration_id IS NULL
         AND detail ->> 'sub' = @subject AND (actor_id = @issuer OR detail ->> 'iss' = @issuer)`,
    ),
    deleteDelegations: connection.prepare("DELETE FROM agent_auth.delegations WHERE user_id = @userId"),
    scrubActor: connection.prepare(
      `UPDATE agent_auth.audit_events SET actor_id = NULL, ip = NULL, detail = ${withoutPerson}
       WHERE actor_kind = 'user' AND actor_kind <> 'agent' AND actor_id = @userId`,
    ),
    // Emptied, not taken away: a filter with a part less would find more.
    scrubJobs: connection.prepare(
      `UPDATE agent_auth.admin_jobs SET filter = jsonb_set(filter, '{userId}', '""')
       WHERE filter ->> 'userId' = @userId`,
    ),
    scrubFilters: connection.prepare(
      `UPDATE agent_auth.audit_events SET detail = detail - 'filter'
       WHERE type IN ('job.started', 'data.exported')
         AND @userId IN ((detail ->> 'filter')::jsonb ->> 'userId', (detail ->> 'filter')::jsonb ->> 'actorId')`,
    ),
    lockAttempts: connection.prepare(
      `SELECT 1 FROM agent_auth.registrations
       WHERE id IN (SELECT registration_id FROM agent_auth.claim_attempts
                    WHERE confirmed_user_id = @userId OR link_user_id = @userId)
       ORDER BY id FOR NO KEY UPDATE`,
    ),
    // What is left are attempts that came to nothing, on registrations of somebody else.
    forgetAttempts: connection.prepare(
      `UPDATE agent_auth.claim_attempts SET confirmed_user_id = NULL, link_issuer = NULL, link_subject = NULL,
         link_user_id = NULL, link_version = NULL, link_issued_at = NULL, link_scopes = NULL
       WHERE confirmed_user_id = @userId OR link_user_id = @userId`,
    ),
    deleteMailTo: connection.prepare(
      `DELETE FROM agent_auth.mail_outbox WHERE user_id = @userId OR recipient = ANY(@addresses::text[])`,
    ),
    forgetAddresses: connection.prepare(
      `UPDATE agent_auth.claim_attempts SET login_hint = ''
       WHERE login_hint <> '' AND login_hint = ANY(@addresses::text[])`,
    ),
  };
}
