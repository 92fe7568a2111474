/** Owns admitting an agent at once because a provider vouches for a known user (PROTOCOL sections 3 and 4.2). */
import type { AdmitOutcome, BindOutcome } from "../../identity-store-port.js";
import type { Store } from "../../ports.js";
import { guessesPerAttempt } from "../../protocol/claim-rules.js";
import { intersect } from "../../protocol/scopes.js";
import type { DelegationRow } from "../identity-rows.js";
import { registrationFromRow, registrationToRow } from "../rows.js";
import { scopesFromText, scopesToText } from "../scope-text.js";
import type { AttemptSteps } from "./attempt-steps.js";
import { aboutRow, isNotOf, type WriteAudit, withoutMail } from "./audit.js";
import type { Connection } from "./connection.js";
import { type DelegationSteps, mayBind } from "./delegation-steps.js";
import { registrations } from "./schema.js";
import { claimIsOpen, insertInto } from "./statements.js";
import type { FindBySubject, IsPairStopped } from "./subject-lookup.js";

/** What may be granted now: what the caller worked out, within what the person has left ticked meanwhile. */
function withinCeiling(scopes: readonly string[], delegation: DelegationRow | undefined): string[] {
  const ceiling = delegation?.scope_ceiling ?? null;
  return ceiling === null ? [...scopes] : intersect(scopes, scopesFromText(ceiling));
}

/** Builds the verbs that bind without a person at a page. */
export function createAdmissionVerbs(
  connection: Connection,
  parts: {
    writeAudit: WriteAudit;
    delegations: DelegationSteps;
    attempts: AttemptSteps;
    findBySubject: FindBySubject;
    isPairStopped: IsPairStopped;
  },
): Pick<Store, "admitByIdJag" | "bindByIdJag"> {
  const { writeAudit, delegations, attempts, findBySubject, isPairStopped } = parts;
  const insert = connection.prepare(insertInto(registrations));
  const keep = connection.prepare(
    `UPDATE registrations
     SET scopes = @scopes, collected_at = coalesce(collected_at, @now), id_jag_issued_at = max(coalesce(id_jag_issued_at, @issuedAt), @issuedAt)
     WHERE id = @id`,
  );
  const revive = connection.prepare(
    `UPDATE registrations
     SET generation = generation + 1, user_id = @userId, scopes = @scopes, claimed_at = @claimedAt,
       collected_at = @collectedAt, claim_token_hash = NULL, claim_expires_at = @claimExpiresAt,
       claim_ended_at = NULL, claim_end_reason = NULL, wrong_guesses = 0, current_attempt_id = NULL,
       poll_interval = @pollInterval, last_polled_at = NULL,
       revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL, expired_at = NULL,
       id_jag_issued_at = max(coalesce(id_jag_issued_at, @issuedAt), @issuedAt)
     WHERE id = @id`,
  );
  const selectOpen = connection.prepare<{ current_attempt_id: string | null; somebody_else: 0 | 1 }>(
    `SELECT current_attempt_id,
       EXISTS (SELECT 1 FROM claim_attempts AS current
               WHERE current.id = current_attempt_id AND current.confirmed_at IS NOT NULL
                 AND current.confirmed_user_id <> @userId
                 AND current.expires_at > @now AND current.wrong_guesses < ${guessesPerAttempt}) AS somebody_else
     FROM registrations
     WHERE id = @registrationId AND generation = @generation AND kind = 'anonymous' AND ${claimIsOpen}`,
  );
  // Collected at once: the caller hands out the assertion, so a poll must find nothing to deliver.
  const bind = connection.prepare(
    `UPDATE registrations
     SET user_id = @userId, claimed_at = @now, collected_at = @now, scopes = @scopes, generation = generation + 1,
       issuer = @issuer, subject = @subject, id_jag_issued_at = @issuedAt, current_attempt_id = NULL
     WHERE id = @registrationId`,
  );

  return {
    async admitByIdJag({ terms, link, registration, now, audit }) {
      return connection.spend((): AdmitOutcome => {
        const delegation = delegations.find(terms);
        const answer = mayBind(delegation, terms, link);
        if (answer !== "yes") return { outcome: answer };
        if (isPairStopped(terms, now)) return { outcome: "suspended" };
        const granted = withinCeiling(registration.scopes, delegation);
        if (granted.length === 0) return { outcome: "changed" };
        const row = findBySubject(terms);
        const isKept =
          row !== undefined &&
          row.claimed_at !== null &&
          row.user_id === terms.userId &&
          row.revoked_at === null;

        const { issuedAt } = terms;
        if (row === undefined) {
          insert.run(registrationToRow({ ...registration, scopes: granted }));
        } else if (isKept) {
          const scopes = scopesToText(intersect(scopesFromText(row.scopes), granted));
          // Collected from now on: the assertion goes out with this answer, so the sweeper has nothing to wait for.
          keep.run({ id: row.id, scopes, issuedAt, now });
        } else {
          const { userId, claimedAt, collectedAt, claimExpiresAt, pollInterval } = registration;
          const scopes = scopesToText(granted);
          const life = { userId, scopes, claimedAt, collectedAt, claimExpiresAt, pollInterval };
          attempts.replace(row.current_attempt_id, now);
          revive.run({ id: row.id, issuedAt, ...life });
        }
        const isNewLink = delegations.bind(terms, now);
        const admitted = findBySubject(terms);
        if (admitted === undefined)
          throw new Error("admitByIdJag was given the registration of somebody else.");
        let events = isKept ? audit.map(withoutMail) : audit;
        if (!isNewLink) events = events.filter(isNotOf("delegation.created"));
        if (row !== undefined) events = events.filter(isNotOf("registration.created"));
        writeAudit(aboutRow(events, registration.id, admitted.id));
        return { outcome: "admitted", registration: registrationFromRow(admitted) };
      });
    },

    async bindByIdJag({ terms, link, registrationId, generation, expectedAttemptId, scopes, now, audit }) {
      return connection.spend((): BindOutcome => {
        const delegation = delegations.find(terms);
        const answer = mayBind(delegation, terms, link);
        if (answer !== "yes") return answer;
        if (isPairStopped(terms, now)) return "suspended";
        const granted = scopesToText(withinCeiling(scopes, delegation));
        if (granted === "") return "changed";
        const { issuer, subject, userId, issuedAt } = terms;
        const claim = selectOpen.get({ registrationId, generation, userId, now });
        if (claim === undefined) return "not_allowed";
        if (claim.current_attempt_id !== expectedAttemptId || claim.somebody_else) return "in_flight";

        attempts.replace(claim.current_attempt_id, now);
        bind.run({ registrationId, userId, scopes: granted, issuer, subject, issuedAt, now });
        const isNewLink = delegations.bind(terms, now);
        writeAudit(isNewLink ? audit : audit.filter(isNotOf("delegation.created")));
        return "bound";
      });
    },
  };
}
