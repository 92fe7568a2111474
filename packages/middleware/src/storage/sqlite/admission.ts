/** Owns admitting an agent at once because a provider vouches for a known user (PROTOCOL sections 3 and 4.2). */
import type { AdmitOutcome, BindOutcome } from "../../identity-store-port.js";
import type { Store } from "../../ports.js";
import { guessesPerAttempt } from "../../protocol/claim-rules.js";
import { intersect } from "../../protocol/scopes.js";
import { aboutRow, isNotOf, withoutMail } from "../audit-events.js";
import { mayBind, withinCeiling, withinLimit } from "../delegation-terms.js";
import { type RegistrationRow, registrationFromRow, registrationToRow } from "../rows.js";
import { scopesFromText, scopesToText } from "../scope-text.js";
import type { AttemptSteps } from "./attempt-steps.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import { registrations } from "./schema.js";
import { claimIsOpen, endingBy, insertWatched } from "./statements.js";
import type { FindBySubject, FindPairStanding, IsIssuerDisabled } from "./subject-lookup.js";

/** Builds the verbs that bind without a person at a page. */
export function createAdmissionVerbs(
  connection: Connection,
  parts: {
    writeAudit: WriteAudit;
    delegations: DelegationSteps;
    attempts: AttemptSteps;
    findBySubject: FindBySubject;
    standingOf: FindPairStanding;
    isIssuerDisabled: IsIssuerDisabled;
  },
): Pick<Store, "admitByIdJag" | "bindByIdJag"> {
  const { writeAudit, delegations, attempts, findBySubject, standingOf, isIssuerDisabled } = parts;
  const insert = connection.prepare(insertWatched(registrations));
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
       revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL, expired_at = NULL, ${endingBy("@endsAt")},
       id_jag_issued_at = max(coalesce(id_jag_issued_at, @issuedAt), @issuedAt)
     WHERE id = @id`,
  );
  const selectOpen = connection.prepare<
    Pick<RegistrationRow, "current_attempt_id" | "scope_limit"> & { somebody_else: 0 | 1 }
  >(
    `SELECT current_attempt_id, scope_limit,
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
       issuer = @issuer, subject = @subject, id_jag_issued_at = @issuedAt, current_attempt_id = NULL,
       ${endingBy("@endsAt")}
     WHERE id = @registrationId`,
  );

  return {
    async admitByIdJag({ terms, link, registration, now, audit }) {
      return connection.spend((): AdmitOutcome => {
        if (isIssuerDisabled(terms.issuer)) return { outcome: "issuer_disabled" };
        const delegation = delegations.find(terms);
        const answer = mayBind(delegation, terms, link);
        if (answer !== "yes") return { outcome: answer };
        const { isStopped, endsAt } = standingOf(terms, now);
        if (isStopped) return { outcome: "suspended" };
        const row = findBySubject(terms);
        const isKept =
          row !== undefined &&
          row.claimed_at !== null &&
          row.user_id === terms.userId &&
          row.revoked_at === null;
        const offered = withinLimit(withinCeiling(registration.scopes, delegation), row);
        const granted = isKept ? intersect(scopesFromText(row.scopes), offered) : offered;
        if (granted.length === 0) return { outcome: "no_scope" };

        const scopes = scopesToText(granted);
        const { issuedAt } = terms;
        if (row === undefined) {
          insert.run(
            registrationToRow({ ...registration, scopes: granted, endsAt: endsAt ?? registration.endsAt }),
          );
        } else if (isKept) {
          // Collected from now on: the assertion goes out with this answer, so the sweeper has nothing to wait for.
          keep.run({ id: row.id, scopes, issuedAt, now });
        } else {
          const { userId, claimedAt, collectedAt, claimExpiresAt, pollInterval } = registration;
          const life = { userId, scopes, claimedAt, collectedAt, claimExpiresAt, pollInterval, endsAt };
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
        if (isIssuerDisabled(terms.issuer)) return "issuer_disabled";
        const delegation = delegations.find(terms);
        const answer = mayBind(delegation, terms, link);
        if (answer !== "yes") return answer;
        const { isStopped, endsAt } = standingOf(terms, now);
        if (isStopped) return "suspended";
        const { issuer, subject, userId, issuedAt } = terms;
        const claim = selectOpen.get({ registrationId, generation, userId, now });
        if (claim === undefined) return "not_allowed";
        if (claim.current_attempt_id !== expectedAttemptId || claim.somebody_else) return "in_flight";
        const granted = scopesToText(withinLimit(withinCeiling(scopes, delegation), claim));
        if (granted === "") return "no_scope";

        attempts.replace(claim.current_attempt_id, now);
        bind.run({ registrationId, userId, scopes: granted, issuer, subject, issuedAt, endsAt, now });
        const isNewLink = delegations.bind(terms, now);
        writeAudit(isNewLink ? audit : audit.filter(isNotOf("delegation.created")));
        return "bound";
      });
    },
  };
}
