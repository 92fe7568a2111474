/** Owns the tries at a claim: starting one, its first view, and the guesses it may cost. */
import type { AttemptOutcome, GuessOutcome, Store } from "../../ports.js";
import { guessesPerAttempt } from "../../protocol/claim-rules.js";
import { type AttemptRow, attemptFromRow } from "../rows.js";
import type { AttemptSteps } from "./attempt-steps.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { claimAttempts } from "./schema.js";
import { claimIsOpen, columnsOf } from "./statements.js";
import type { IsIssuerDisabled } from "./subject-lookup.js";

type AttemptVerbs = Pick<
  Store,
  "findAttempt" | "findAttemptByToken" | "countAttempts" | "startAttempt" | "markViewed" | "spendGuess"
>;

/** Builds the verbs of a claim attempt. */
export function createAttemptVerbs(
  connection: Connection,
  parts: { writeAudit: WriteAudit; attempts: AttemptSteps; isIssuerDisabled: IsIssuerDisabled },
): AttemptVerbs {
  const { writeAudit, attempts: steps, isIssuerDisabled } = parts;
  const columns = columnsOf(claimAttempts);
  const selectById = connection.prepare<AttemptRow>(`SELECT ${columns} FROM claim_attempts WHERE id = ?`);
  const selectByToken = connection.prepare<AttemptRow>(
    `SELECT ${columns} FROM claim_attempts WHERE token_hash = ?`,
  );
  const selectOpenClaim = connection.prepare<{ current_attempt_id: string | null; confirmed: 0 | 1 }>(
    `SELECT current_attempt_id,
       EXISTS (SELECT 1 FROM claim_attempts AS current
               WHERE current.id = current_attempt_id AND current.confirmed_at IS NOT NULL
                 AND current.expires_at > @now AND current.wrong_guesses < ${guessesPerAttempt}) AS confirmed
     FROM registrations WHERE id = @registrationId AND ${claimIsOpen}`,
  );
  const makeCurrent = connection.prepare(
    `UPDATE registrations SET current_attempt_id = @attemptId, poll_interval = @pollInterval, last_polled_at = NULL
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

  const countAfter = connection.prepare<{ attempts: number }>(
    "SELECT count(*) AS attempts FROM claim_attempts WHERE registration_id = @registrationId AND created_at > @after",
  );

  return {
    async countAttempts(input) {
      return connection.read(() => countAfter.get(input))?.attempts ?? 0;
    },

    async findAttempt(id) {
      const row = connection.read(() => selectById.get(id));
      return row === undefined ? null : attemptFromRow(row);
    },

    async findAttemptByToken(hash) {
      const row = connection.read(() => selectByToken.get(hash));
      return row === undefined ? null : attemptFromRow(row);
    },

    async startAttempt({ attempt, expectedAttemptId, pollInterval, maxPerHour, now, audit }) {
      const { registrationId, link } = attempt;
      return connection.spend((): AttemptOutcome => {
        if (link !== null && isIssuerDisabled(link.issuer)) return { outcome: "issuer_disabled" };
        const claim = selectOpenClaim.get({ registrationId, now });
        if (claim === undefined) return { outcome: "not_allowed" };
        const wasSeen = expectedAttemptId === undefined || expectedAttemptId === claim.current_attempt_id;
        if (claim.confirmed || !wasSeen) return { outcome: "in_flight" };
        const retryAt = steps.budgetFreeAt(registrationId, maxPerHour, now);
        if (retryAt !== null) return { outcome: "too_many", retryAt };
        steps.replace(claim.current_attempt_id, now);
        steps.insert(attempt);
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

    async spendGuess({ attemptId, isRight, maxPerAttempt, maxPerClaim }) {
      return connection.spend((): GuessOutcome => {
        const guesses = selectGuesses.get({ attemptId });
        // An attempt nobody knows has no budget.
        if (guesses === undefined) return { outcome: "exhausted" };
        if (guesses.attempt >= maxPerAttempt || guesses.claim >= maxPerClaim) return { outcome: "exhausted" };
        if (isRight()) return { outcome: "right" };
        countOnAttempt.run(attemptId);
        countOnClaim.run(guesses.registration_id);
        return { outcome: "wrong", attemptGuesses: guesses.attempt + 1, claimGuesses: guesses.claim + 1 };
      });
    },
  };
}
