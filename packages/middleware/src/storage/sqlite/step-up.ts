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
import type { DelegationSteps } from "./delegation-steps.js";
import { registrations } from "./schema.js";
import { insertWatched } from "./statements.js";
import type { FindBySubject, FindPairStanding, IsIssuerDisabled } from "./subject-lookup.js";

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
    delegations: DelegationSteps;
    attempts: AttemptSteps;
    findBySubject: FindBySubject;
    standingOf: FindPairStanding;
    isIssuerDisabled: IsIssuerDisabled;
  },
): Pick<Store, "openStepUp"> {
  const { writeAudit, delegations, attempts, findBySubject, standingOf, isIssuerDisabled } = parts;
  const insert = connection.prepare(insertWatched(registrations));
  const selectConfirmed = connection.prepare(
    `SELECT 1 FROM claim_attempts
     WHERE id = @id AND confirmed_at IS NOT NULL AND expires_at > @now AND wrong_guesses < ${guessesPerAttempt}`,
  );
  const reopen = connection.prepare(
    `UPDATE registrations
     SET generation = generation + 1, user_id = NULL, scopes = '', claimed_at = NULL, collected_at = NULL,
       claim_token_hash = @claimTokenHash, claim_expires_at = @claimExpiresAt, current_attempt_id = @attemptId,
       poll_interval = @pollInterval, last_polled_at = NULL,
       revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL, expired_at = NULL,
       id_jag_issued_at = max(coalesce(id_jag_issued_at, @issuedAt), @issuedAt)
     WHERE id = @id`,
  );
  const forgive = connection.prepare(
    "UPDATE registrations SET wrong_guesses = 0, claim_ended_at = NULL, claim_end_reason = NULL WHERE id = ?",
  );

  return {
    async openStepUp({ terms, registration, attempt, maxPerHour, now, audit }) {
      return connection.spend((): StepUpOutcome => {
        if (isIssuerDisabled(terms.issuer)) return { outcome: "issuer_disabled" };
        const delegation = delegations.find(terms);
        if (!termsHold(delegation, terms)) return { outcome: "revoked" };
        if (delegation !== undefined && delegation.user_id !== null) return { outcome: "linked" };
        if (standingOf(terms, now).isStopped) return { outcome: "suspended" };
        const row = findBySubject(terms);
        if (row === undefined) {
          insert.run(registrationToRow({ ...registration, currentAttemptId: attempt.id }));
        } else {
          const over = isOver(row, now);
          if (!over && selectConfirmed.get({ id: row.current_attempt_id, now }))
            return { outcome: "in_flight" };
          const retryAt = attempts.budgetFreeAt(row.id, maxPerHour, now);
          if (retryAt !== null) return { outcome: "too_many", retryAt };

          const { claimTokenHash, claimExpiresAt, pollInterval } = registration;
          const handle = { claimTokenHash, claimExpiresAt, pollInterval, attemptId: attempt.id };
          attempts.replace(row.current_attempt_id, now);
          if (over) forgive.run(row.id);
          reopen.run({ id: row.id, issuedAt: terms.issuedAt, ...handle });
        }
        delegations.ensure(terms, now);
        const opened = findBySubject(terms);
        if (opened === undefined) throw new Error("openStepUp was given the registration of somebody else.");
        attempts.insert({ ...attempt, registrationId: opened.id });
        const events = row === undefined ? audit : audit.filter(isNotOf("registration.created"));
        writeAudit(aboutRow(events, registration.id, opened.id));
        return { outcome: "started", registration: registrationFromRow(opened) };
      });
    },
  };
}
