/** Owns forgetting: what is old enough, in batches over indexes, and all that is known of one person. */
import type { RetentionStore } from "../../retention-store-port.js";
import { isKeptStop, overSinceOfRow } from "../row-standing.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";

const day = 86_400;

/** Builds the verbs that forget. */
export function createRetentionVerbs(connection: Connection, writeAudit: WriteAudit): RetentionStore {
  const deleteEnded = connection.prepare(
    `DELETE FROM registrations WHERE id IN
       (SELECT id FROM registrations
        WHERE (${overSinceOfRow}) < @before AND NOT ${isKeptStop}
          AND (revoked_at IS NOT NULL OR expired_at IS NOT NULL OR ends_at IS NOT NULL)
        ORDER BY (${overSinceOfRow}) LIMIT @limit)`,
  );
  // Ids rise with time, nearly: the oldest are looked at, and of those the ones that are old enough go.
  const deleteAudit = connection.prepare(
    `DELETE FROM audit_events WHERE id IN
       (SELECT id FROM (SELECT id, at FROM audit_events WHERE id > 0 ORDER BY id LIMIT @limit) WHERE at < @before)`,
  );
  const forgetHints = connection.prepare(
    `UPDATE claim_attempts SET login_hint = '' WHERE id IN
       (SELECT attempt.id FROM claim_attempts AS attempt
        JOIN registrations AS holder ON holder.id = attempt.registration_id
        WHERE attempt.login_hint <> '' AND attempt.expires_at < @before AND holder.claim_expires_at < @before
        ORDER BY attempt.expires_at LIMIT @limit)`,
  );
  const deleteCounts = connection.prepare("DELETE FROM daily_counts WHERE day < ?");
  const person = createPersonStatements(connection);

  return {
    async deleteEndedRegistrations(before, limit) {
      return connection.grant(() => deleteEnded.run({ before, limit }).changes);
    },
    async deleteOldAudit(before, limit) {
      return connection.grant(() => deleteAudit.run({ before, limit }).changes);
    },
    async forgetLoginHints(before, limit) {
      return connection.grant(() => forgetHints.run({ before, limit }).changes);
    },
    async deleteOldCounts(before) {
      connection.grant(() => deleteCounts.run(Math.floor(before / day)));
    },
    async erasePerson({ userId, addresses, limit, audit }) {
      return connection.spend(() => {
        const ids = person.registrations.all({ userId, limit: limit + 1 });
        for (const { id } of ids.slice(0, limit)) {
          person.scrubRegistration.run({ id });
          person.deleteMailAbout.run({ id });
          person.deleteRegistration.run({ id });
        }
        if (ids.length > limit) return false;
        for (const { issuer, subject } of person.delegations.all({ userId }))
          person.scrubSubject.run({ issuer, subject });
        person.deleteDelegations.run({ userId });
        person.scrubActor.run({ userId });
        person.scrubJobs.run({ userId });
        person.scrubFilters.run({ userId });
        person.forgetAttempts.run({ userId });
        const wanted = JSON.stringify(addresses);
        person.deleteMailTo.run({ userId, wanted });
        person.forgetAddresses.run({ wanted });
        writeAudit(audit);
        return true;
      });
    },
  };
}

/** What names a person in the detail of an audit event. */
const withoutPerson = "json_remove(detail, '$.userId', '$.sub')";

function createPersonStatements(connection: Connection) {
  return {
    // Those on their way to the person too; not one that somebody else has claimed since.
    registrations: connection.prepare<{ id: string }>(
      `SELECT id FROM registrations WHERE user_id = @userId
       UNION SELECT holder.id FROM claim_attempts AS attempt
         JOIN registrations AS holder ON holder.id = attempt.registration_id AND holder.user_id IS NULL
         WHERE attempt.link_user_id = @userId OR attempt.confirmed_user_id = @userId
       LIMIT @limit`,
    ),
    scrubRegistration: connection.prepare(
      `UPDATE audit_events SET ip = NULL, detail = ${withoutPerson} WHERE registration_id = @id`,
    ),
    deleteMailAbout: connection.prepare("DELETE FROM mail_outbox WHERE registration_id = @id"),
    deleteRegistration: connection.prepare("DELETE FROM registrations WHERE id = @id"),
    delegations: connection.prepare<{ issuer: string; subject: string }>(
      "SELECT issuer, subject FROM delegations WHERE user_id = @userId",
    ),
    // Only events that belong to no registration: the others were found by it.
    scrubSubject: connection.prepare(
      `UPDATE audit_events SET ip = NULL, detail = ${withoutPerson}
       WHERE type IN ('event.received', 'delegation.created', 'delegation.deleted') AND registration_id IS NULL
         AND json_extract(detail, '$.sub') = @subject
         AND (actor_id = @issuer OR json_extract(detail, '$.iss') = @issuer)`,
    ),
    deleteDelegations: connection.prepare("DELETE FROM delegations WHERE user_id = @userId"),
    scrubActor: connection.prepare(
      `UPDATE audit_events SET actor_id = NULL, ip = NULL, detail = ${withoutPerson}
       WHERE actor_kind = 'user' AND actor_kind <> 'agent' AND actor_id = @userId`,
    ),
    // Emptied, not taken away: a filter with a part less would find more. The event of its start tells which they are.
    scrubJobs: connection.prepare(
      `UPDATE admin_jobs SET filter = json_set(filter, '$.userId', '')
       WHERE id IN (SELECT json_extract(detail, '$.job') FROM audit_events
                    WHERE type = 'job.started' AND json_extract(json_extract(detail, '$.filter'), '$.userId') = @userId)`,
    ),
    scrubFilters: connection.prepare(
      `UPDATE audit_events SET detail = json_remove(detail, '$.filter')
       WHERE type IN ('job.started', 'data.exported')
         AND @userId IN (json_extract(json_extract(detail, '$.filter'), '$.userId'),
                         json_extract(json_extract(detail, '$.filter'), '$.actorId'))`,
    ),
    // What is left are attempts that came to nothing, on registrations of somebody else.
    forgetAttempts: connection.prepare(
      `UPDATE claim_attempts SET confirmed_user_id = NULL, link_issuer = NULL, link_subject = NULL,
         link_user_id = NULL, link_version = NULL, link_issued_at = NULL, link_scopes = NULL
       WHERE confirmed_user_id = @userId OR link_user_id = @userId`,
    ),
    deleteMailTo: connection.prepare(
      `DELETE FROM mail_outbox
       WHERE user_id = @userId OR recipient IN (SELECT value FROM json_each(@wanted))`,
    ),
    forgetAddresses: connection.prepare(
      `UPDATE claim_attempts SET login_hint = ''
       WHERE login_hint <> '' AND login_hint IN (SELECT value FROM json_each(@wanted))`,
    ),
  };
}
