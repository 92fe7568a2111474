/** Owns the tries at a claim: starting one, its first view, and the guesses it may cost. */
import type { AttemptOutcome, GuessOutcome, Store } from "../../ports.js";
import { guessesPerAttempt } from "../../protocol/claim-rules.js";
import { claimIsOpen } from "../row-standing.js";
import { type AttemptRow, attemptFromRow } from "../rows.js";
import type { AttemptSteps } from "./attempt-steps.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { Locks } from "./locks.js";
import { claimAttempts } from "./schema.js";
import { columnsOf } from "./statements.js";
import type { IsIssuerDisabled } from "./subject-lookup.js";

type AttemptVerbs = Pick<
  Store,
  "findAttempt" | "findAttemptByToken" | "countAttempts" | "startAttempt" | "markViewed" | "spendGuess"
>;

/** Builds the verbs of a claim attempt. */
export function createAttemptVerbs(
  connection: Connection,
  parts: {
    writeAudit: WriteAudit;
    locks: Locks;
    attempts: AttemptSteps;
    isIssuerDisabled: IsIssuerDisabled;
  },
): AttemptVerbs {
  const { writeAudit, locks, attempts, isIssuerDisabled } = parts;
  const selectBy = (condition: string) =>
    connection.prepare<AttemptRow>(
      `SELECT ${columnsOf(claimAttempts)} FROM agent_auth.claim_attempts WHERE ${condition}`,
    );
  const selectById = selectBy("id = @id");
  const selectByToken = selectBy("token_hash = @hash");
  const countAfter = connection.prepare<{ attempts: number }>(
    `SELECT count(*) AS attempts FROM agent_auth.claim_attempts
     WHERE registration_id = @registrationId AND created_at > @after`,
  );
  const selectOpenClaim = connection.prepare<{ current_attempt_id: string | null; confirmed: boolean }>(
    `SELECT current_attempt_id,
       EXISTS (SELECT 1 FROM agent_auth.claim_attempts AS current
               WHERE current.id = current_attempt_id AND current.confirmed_at IS NOT NULL
                 AND current.expires_at > @now AND current.wrong_guesses < ${guessesPerAttempt}) AS confirmed
     FROM agent_auth.registrations WHERE id = @registrationId AND ${claimIsOpen}`,
  );
  const makeCurrent = connection.prepare(
    `UPDATE agent_auth.registrations
     SET current_attempt_id = @attemptId, poll_interval = @pollInterval, last_polled_at = NULL
     WHERE id = @registrationId`,
  );
  const view = connection.prepare(
    `UPDATE agent_auth.claim_attempts SET viewed_at = @now
     WHERE id = @attemptId AND viewed_at IS NULL RETURNING 1`,
  );
  // Which registration an attempt belongs to never changes, so it can be read before anything is locked.
  const lockClaimOf = connection.prepare(
    `SELECT 1 FROM agent_auth.registrations
     WHERE id = (SELECT registration_id FROM agent_auth.claim_attempts WHERE id = @attemptId)
     FOR NO KEY UPDATE`,
  );
  const selectGuesses = connection.prepare<{ registration_id: string; attempt: number; claim: number }>(
    `SELECT registration_id, claim_attempts.wrong_guesses AS attempt, registrations.wrong_guesses AS claim
     FROM agent_auth.claim_attempts JOIN agent_auth.registrations ON registrations.id = registration_id
     WHERE claim_attempts.id = @attemptId`,
  );
  const countOnAttempt = connection.prepare(
    "UPDATE agent_auth.claim_attempts SET wrong_guesses = wrong_guesses + 1 WHERE id = @attemptId",
  );
  const countOnClaim = connection.prepare(
    "UPDATE agent_auth.registrations SET wrong_guesses = wrong_guesses + 1 WHERE id = @registrationId",
  );

  return {
    async countAttempts(input) {
      return (await connection.read(countAfter, input))[0]?.attempts ?? 0;
    },

    async findAttempt(id) {
      const [row] = await connection.read(selectById, { id });
      return row === undefined ? null : attemptFromRow(row);
    },

    async findAttemptByToken(hash) {
      const [row] = await connection.read(selectByToken, { hash });
      return row === undefined ? null : attemptFromRow(row);
    },

    async startAttempt({ attempt, expectedAttemptId, pollInterval, maxPerHour, now, audit }) {
      const { registrationId, link } = attempt;
      return connection.spend(async (transaction): Promise<AttemptOutcome> => {
        if (link !== null && (await isIssuerDisabled(transaction, link.issuer)))
          return transaction.refuse({ outcome: "issuer_disabled" });
        locks.registration(transaction, registrationId);
        const [claim] = await transaction.run(selectOpenClaim, { registrationId, now });
        if (claim === undefined) return transaction.refuse({ outcome: "not_allowed" });
        const wasSeen = expectedAttemptId === undefined || expectedAttemptId === claim.current_attempt_id;
        if (claim.confirmed || !wasSeen) return transaction.refuse({ outcome: "in_flight" });
        const retryAt = await attempts.budgetFreeAt(transaction, registrationId, maxPerHour, now);
        if (retryAt !== null) return transaction.refuse({ outcome: "too_many", retryAt });
        attempts.replace(transaction, claim.current_attempt_id, now);
        attempts.insert(transaction, attempt);
        transaction.send(makeCurrent, { registrationId, attemptId: attempt.id, pollInterval });
        writeAudit(transaction, audit);
        return { outcome: "started" };
      });
    },

    async markViewed({ attemptId, now, audit }) {
      return connection.grant(async (transaction) => {
        const rows = await transaction.run(view, { attemptId, now });
        if (rows.length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async spendGuess({ attemptId, isRight, maxPerAttempt, maxPerClaim }) {
      return connection.spend(async (transaction): Promise<GuessOutcome> => {
        transaction.send(lockClaimOf, { attemptId });
        const [guesses] = await transaction.run(selectGuesses, { attemptId });
        // An attempt nobody knows has no budget.
        if (guesses === undefined || guesses.attempt >= maxPerAttempt || guesses.claim >= maxPerClaim)
          return transaction.refuse({ outcome: "exhausted" });
        if (isRight()) return transaction.refuse({ outcome: "right" });
        transaction.send(countOnAttempt, { attemptId });
        transaction.send(countOnClaim, { registrationId: guesses.registration_id });
        return { outcome: "wrong", attemptGuesses: guesses.attempt + 1, claimGuesses: guesses.claim + 1 };
      });
    },
  };
}
