/** Owns the claim of a person whom a provider vouches for, but whose account here has not approved the link yet. */
import type { StepUpOutcome } from "../../identity-store-port.js";
import type { Store } from "../../ports.js";
import { guessesPerAttempt } from "../../protocol/claim-rules.js";
import { aboutRow, isNotOf } from "../audit-events.js";
import { termsHold } from "../delegation-terms.js";
import { type RegistrationRow, registrationFromRow, registrationToRow } from "../rows.js";
import type { AttemptSteps } from "./attempt-steps.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { Locks } from "./locks.js";
import { registrations } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";
import type { FindPairStanding, IsIssuerDisabled } from "./subject-lookup.js";

/** The claim that was is over: the next one starts with all its guesses, and may be refused anew. */
function isOver(row: RegistrationRow, now: number): boolean {
  return (
    row.claim_ended_at !== null ||
    row.revoked_at !== null ||
    row.claimed_at !== null ||
    row.expired_at !== null ||
    row.claim_expires_at <= now
  );
}

/** Builds the verb that opens the claim. */
export function createStepUpVerbs(
  connection: Connection,
  parts: {
    writeAudit: WriteAudit;
    locks: Locks;
    attempts: AttemptSteps;
    standingOf: FindPairStanding;
    isIssuerDisabled: IsIssuerDisabled;
  },
): Pick<Store, "openStepUp"> {
  const { writeAudit, locks, attempts, standingOf, isIssuerDisabled } = parts;
  const columns = columnsOf(registrations);
  const insert = connection.prepare<RegistrationRow>(`${insertInto(registrations)} RETURNING ${columns}`);
  const selectConfirmed = connection.prepare(
    `SELECT 1 FROM agent_auth.claim_attempts
     WHERE id = @id AND confirmed_at IS NOT NULL AND expires_at > @now AND wrong_guesses < ${guessesPerAttempt}`,
  );
  const reopen = connection.prepare<RegistrationRow>(
    `UPDATE agent_auth.registrations
     SET generation = generation + 1, user_id = NULL, scopes = '', claimed_at = NULL, collected_at = NULL,
       claim_token_hash = @claimTokenHash, claim_expires_at = @claimExpiresAt, current_attempt_id = @attemptId,
       poll_interval = @pollInterval, last_polled_at = NULL,
       revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL, expired_at = NULL,
       id_jag_issued_at = greatest(id_jag_issued_at, @issuedAt)
     WHERE id = @id RETURNING ${columns}`,
  );
  const forgive = connection.prepare(
    `UPDATE agent_auth.registrations SET wrong_guesses = 0, claim_ended_at = NULL, claim_end_reason = NULL
     WHERE id = @id`,
  );

  return {
    async openStepUp({ terms, registration, attempt, maxPerHour, now, audit }) {
      return connection.spend(async (transaction): Promise<StepUpOutcome> => {
        if (await isIssuerDisabled(transaction, terms.issuer))
          return transaction.refuse({ outcome: "issuer_disabled" });
        const delegation = await locks.pair(transaction, terms, now);
        if (!termsHold(delegation, terms)) return transaction.refuse({ outcome: "revoked" });
        if (delegation !== undefined && delegation.user_id !== null)
          return transaction.refuse({ outcome: "linked" });
        if ((await standingOf(transaction, terms, now)).isStopped)
          return transaction.refuse({ outcome: "suspended" });
        const row = await locks.bySubject(transaction, terms);
        let opened: RegistrationRow | undefined;
        if (row === undefined) {
          const { issuer, subject, kind } = registration;
          if (issuer !== terms.issuer || subject !== terms.subject || kind !== "identity_assertion")
            throw new Error("openStepUp was given the registration of somebody else.");
          const fresh = registrationToRow({ ...registration, currentAttemptId: attempt.id });
          [opened] = await transaction.run(insert, fresh);
        } else {
          const over = isOver(row, now);
          const current = { id: row.current_attempt_id, now };
          if (!over && (await transaction.run(selectConfirmed, current)).length > 0)
            return transaction.refuse({ outcome: "in_flight" });
          const retryAt = await attempts.budgetFreeAt(transaction, row.id, maxPerHour, now);
          if (retryAt !== null) return transaction.refuse({ outcome: "too_many", retryAt });

          const { claimTokenHash, claimExpiresAt, pollInterval } = registration;
          const handle = { claimTokenHash, claimExpiresAt, pollInterval, attemptId: attempt.id };
          attempts.replace(transaction, row.current_attempt_id, now);
          if (over) transaction.send(forgive, { id: row.id });
          [opened] = await transaction.run(reopen, { id: row.id, issuedAt: terms.issuedAt, ...handle });
        }
        if (opened === undefined) throw new Error("openStepUp lost the registration it holds.");
        attempts.insert(transaction, { ...attempt, registrationId: opened.id });
        const events = row === undefined ? audit : audit.filter(isNotOf("registration.created"));
        writeAudit(transaction, aboutRow(events, registration.id, opened.id));
        return { outcome: "started", registration: registrationFromRow(opened) };
      });
    },
  };
}
