/** Owns the tries at a claim: starting one, its first view, and the guesses it may cost. */
import type { AttemptOutcome, Store } from "../../ports.js";
import { type AttemptRow, attemptFromRow, attemptToRow } from "../rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { claimAttempts } from "./schema.js";
import { claimIsOpen, columnsOf, insertInto } from "./statements.js";

type AttemptVerbs = Pick<
  Store,
  "findAttempt" | "findAttemptByToken" | "startAttempt" | "markViewed" | "spendGuess"
>;

const hour = 3600;

/** Builds the verbs of a claim attempt. */
export function createAttemptVerbs(connection: Connection, writeAudit: WriteAudit): AttemptVerbs {
  const columns = columnsOf(claimAttempts);
  const insertAttempt = connection.prepare(insertInto(claimAttempts));
  const selectById = connection.prepare<AttemptRow>(`SELECT ${columns} FROM claim_attempts WHERE id = ?`);
  const selectByToken = connection.prepare<AttemptRow>(
    `SELECT ${columns} FROM claim_attempts WHERE token_hash = ?`,
  );
  const selectOpenClaim = connection.prepare<{ current_attempt_id: string | null; confirmed: 0 | 1 }>(
    `SELECT current_attempt_id,
       EXISTS (SELECT 1 FROM claim_attempts AS current
               WHERE current.id = current_attempt_id AND current.confirmed_at IS NOT NULL) AS confirmed
     FROM registrations WHERE id = @registrationId AND ${claimIsOpen}`,
  );
  const selectNewest = connection.prepare<{ created_at: number }>(
    `SELECT created_at FROM claim_attempts WHERE registration_id = @registrationId
     ORDER BY created_at DESC LIMIT 1 OFFSET @skipped`,
  );
  const replace = connection.prepare(
    "UPDATE claim_attempts SET replaced_at = @now WHERE id = @id AND replaced_at IS NULL",
  );
  const makeCurrent = connection.prepare(
    `UPDATE registrations SET current_attempt_id = @attemptId, poll_interval = @pollInterval
     WHERE id = @registrationId`,
  );
  const view = connection.prepare(
    "UPDATE claim_attempts SET viewed_at = @now WHERE id = @attemptId AND viewed_at IS NULL",
  );
  const selectGuesses = connection.prepare<{ registration_id: string; attempt: number; claim: number }>(
    `SELECT registration_id, claim_attempts.wrong_guesses AS attempt, registrations.wrong_guesses AS claim
     FROM claim_attempts JOIN registrations ON registrations.id = registration_id
     WHERE claim_attempts.id = @attemptId`,
  );
  const countOnAttempt = connection.prepare(
    "UPDATE claim_attempts SET wrong_guesses = wrong_guesses + 1 WHERE id = ?",
  );
  const countOnClaim = connection.prepare(
    "UPDATE registrations SET wrong_guesses = wrong_guesses + 1 WHERE id = ?",
  );

  return {
    async findAttempt(id) {
      const row = connection.read(() => selectById.get(id));
      return row === undefined ? null : attemptFromRow(row);
    },

    async findAttemptByToken(hash) {
      const row = connection.read(() => selectByToken.get(hash));
      return row === undefined ? null : attemptFromRow(row);
    },

    async startAttempt({ attempt, pollInterval, maxPerHour, now, audit }) {
      const { registrationId } = attempt;
      return connection.spend((): AttemptOutcome => {
        const claim = selectOpenClaim.get({ registrationId, now });
        if (claim === undefined) return { outcome: "not_allowed" };
        if (claim.confirmed) return { outcome: "in_flight" };
        // The attempt that has to leave the hour before another fits: the oldest one of a full hour.
        const hindrance = selectNewest.get({ registrationId, skipped: Math.max(maxPerHour - 1, 0) });
        if (hindrance !== undefined && hindrance.created_at > now - hour) {
          return { outcome: "too_many", retryAt: hindrance.created_at + hour };
        }
        if (claim.current_attempt_id !== null) replace.run({ id: claim.current_attempt_id, now });
        insertAttempt.run(attemptToRow(attempt));
        makeCurrent.run({ registrationId, attemptId: attempt.id, pollInterval });
        writeAudit(audit);
        return { outcome: "started" };
      });
    },

    async markViewed({ attemptId, now, audit }) {
      return connection.grant(() => {
        if (view.run({ attemptId, now }).changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },

    async spendGuess({ attemptId, maxPerAttempt, maxPerClaim }) {
      return connection.spend(() => {
        const guesses = selectGuesses.get({ attemptId });
        // An attempt nobody knows has no budget: whoever cannot spend may not compare.
        if (guesses === undefined) return { outcome: "exhausted" };
        if (guesses.attempt >= maxPerAttempt || guesses.claim >= maxPerClaim) return { outcome: "exhausted" };
        countOnAttempt.run(attemptId);
        countOnClaim.run(guesses.registration_id);
        return { outcome: "spent", attemptGuesses: guesses.attempt + 1, claimGuesses: guesses.claim + 1 };
      });
    },
  };
}
