/** Owns admitting an agent at once because a provider vouches for a known user (PROTOCOL sections 3 and 4.2). */
import type { AdmitOutcome, BindOutcome } from "../../identity-store-port.js";
import type { Store } from "../../ports.js";
import { guessesPerAttempt } from "../../protocol/claim-rules.js";
import { intersect } from "../../protocol/scopes.js";
import { aboutRow, isNotOf, withoutMail } from "../audit-events.js";
import { mayBind, withinCeiling, withinLimit } from "../delegation-terms.js";
import { claimIsOpen } from "../row-standing.js";
import { type RegistrationRow, registrationFromRow, registrationToRow } from "../rows.js";
import { scopesFromText, scopesToText } from "../scope-text.js";
import type { AttemptSteps } from "./attempt-steps.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import type { Locks } from "./locks.js";
import { registrations } from "./schema.js";
import { columnsOf, endingBy, insertInto } from "./statements.js";
import type { FindPairStanding, IsIssuerDisabled } from "./subject-lookup.js";

/** Builds the verbs that bind without a person at a page. */
export function createAdmissionVerbs(
  connection: Connection,
  parts: {
    writeAudit: WriteAudit;
    locks: Locks;
    delegations: DelegationSteps;
    attempts: AttemptSteps;
    standingOf: FindPairStanding;
    isIssuerDisabled: IsIssuerDisabled;
  },
): Pick<Store, "admitByIdJag" | "bindByIdJag"> {
  const { writeAudit, locks, delegations, attempts, standingOf, isIssuerDisabled } = parts;
  const columns = columnsOf(registrations);
  const insert = connection.prepare<RegistrationRow>(`${insertInto(registrations)} RETURNING ${columns}`);
  const keep = connection.prepare<RegistrationRow>(
    `UPDATE agent_auth.registrations
     SET scopes = @scopes, collected_at = coalesce(collected_at, @now),
       id_jag_issued_at = greatest(id_jag_issued_at, @issuedAt)
     WHERE id = @id RETURNING ${columns}`,
  );
  const revive = connection.prepare<RegistrationRow>(
    `UPDATE agent_auth.registrations
     SET generation = generation + 1, user_id = @userId, scopes = @scopes, claimed_at = @claimedAt,
       collected_at = @collectedAt, claim_token_hash = NULL, claim_expires_at = @claimExpiresAt,
       claim_ended_at = NULL, claim_end_reason = NULL, wrong_guesses = 0, current_attempt_id = NULL,
       poll_interval = @pollInterval, last_polled_at = NULL,
       revoked_at = NULL, revoked_by = NULL, revoked_reason = NULL, expired_at = NULL, ${endingBy("@endsAt")},
       id_jag_issued_at = greatest(id_jag_issued_at, @issuedAt)
     WHERE id = @id RETURNING ${columns}`,
  );
  const selectOpen = connection.prepare<
    Pick<RegistrationRow, "current_attempt_id" | "scope_limit"> & { somebody_else: boolean }
  >(
    `SELECT current_attempt_id, scope_limit,
       EXISTS (SELECT 1 FROM agent_auth.claim_attempts AS current
               WHERE current.id = current_attempt_id AND current.confirmed_at IS NOT NULL
                 AND current.confirmed_user_id <> @userId
                 AND current.expires_at > @now AND current.wrong_guesses < ${guessesPerAttempt}) AS somebody_else
     FROM agent_auth.registrations
     WHERE id = @registrationId AND generation = @generation AND kind = 'anonymous' AND ${claimIsOpen}`,
  );
  // Collected at once: the caller hands out the assertion, so a poll must find nothing to deliver.
  const bind = connection.prepare(
    `UPDATE agent_auth.registrations
     SET user_id = @userId, claimed_at = @now, collected_at = @now, scopes = @scopes, generation = generation + 1,
       issuer = @issuer, subject = @subject, id_jag_issued_at = @issuedAt, current_attempt_id = NULL,
       ${endingBy("@endsAt")}
     WHERE id = @registrationId`,
  );

  return {
    async admitByIdJag({ terms, link, registration, now, audit }) {
      return connection.spend(async (transaction): Promise<AdmitOutcome> => {
        if (await isIssuerDisabled(transaction, terms.issuer))
          return transaction.refuse({ outcome: "issuer_disabled" });
        const delegation = await locks.pair(transaction, terms, now);
        const answer = mayBind(delegation, terms, link);
        if (answer !== "yes") return transaction.refuse({ outcome: answer });
        const { isStopped, endsAt } = await standingOf(transaction, terms, now);
        if (isStopped) return transaction.refuse({ outcome: "suspended" });
        const row = await locks.bySubject(transaction, terms);
        const isKept =
          row !== undefined &&
          row.claimed_at !== null &&
          row.user_id === terms.userId &&
          row.revoked_at === null;
        const offered = withinLimit(withinCeiling(registration.scopes, delegation), row);
        const granted = isKept ? intersect(scopesFromText(row.scopes), offered) : offered;
        if (granted.length === 0) return transaction.refuse({ outcome: "no_scope" });

        const scopes = scopesToText(granted);
        const { issuedAt } = terms;
        let admitted: RegistrationRow | undefined;
        if (row === undefined) {
          const { issuer, subject, kind } = registration;
          if (issuer !== terms.issuer || subject !== terms.subject || kind !== "identity_assertion")
            throw new Error("admitByIdJag was given the registration of somebody else.");
          const life = { scopes: granted, endsAt: endsAt ?? registration.endsAt };
          const fresh = registrationToRow({ ...registration, ...life });
          [admitted] = await transaction.run(insert, fresh);
        } else if (isKept) {
          // Collected from now on: the assertion goes out with this answer, so the sweeper has nothing to wait for.
          [admitted] = await transaction.run(keep, { id: row.id, scopes, issuedAt, now });
        } else {
          const { userId, claimedAt, collectedAt, claimExpiresAt, pollInterval } = registration;
          const life = { userId, scopes, claimedAt, collectedAt, claimExpiresAt, pollInterval, endsAt };
          attempts.replace(transaction, row.current_attempt_id, now);
          [admitted] = await transaction.run(revive, { id: row.id, issuedAt, ...life });
        }
        if (admitted === undefined) throw new Error("admitByIdJag lost the registration it holds.");
        const isNewLink = delegations.bind(transaction, delegation, terms, now);
        let events = isKept ? audit.map(withoutMail) : audit;
        if (!isNewLink) events = events.filter(isNotOf("delegation.created"));
        if (row !== undefined) events = events.filter(isNotOf("registration.created"));
        writeAudit(transaction, aboutRow(events, registration.id, admitted.id));
        return { outcome: "admitted", registration: registrationFromRow(admitted) };
      });
    },

    async bindByIdJag({ terms, link, registrationId, generation, expectedAttemptId, scopes, now, audit }) {
      return connection.spend(async (transaction): Promise<BindOutcome> => {
        if (await isIssuerDisabled(transaction, terms.issuer)) return transaction.refuse("issuer_disabled");
        const delegation = await locks.pair(transaction, terms, now);
        const answer = mayBind(delegation, terms, link);
        if (answer !== "yes") return transaction.refuse(answer);
        const { isStopped, endsAt } = await standingOf(transaction, terms, now);
        if (isStopped) return transaction.refuse("suspended");
        const { issuer, subject, userId, issuedAt } = terms;
        locks.registration(transaction, registrationId);
        const [claim] = await transaction.run(selectOpen, { registrationId, generation, userId, now });
        if (claim === undefined) return transaction.refuse("not_allowed");
        if (claim.current_attempt_id !== expectedAttemptId || claim.somebody_else)
          return transaction.refuse("in_flight");
        const granted = scopesToText(withinLimit(withinCeiling(scopes, delegation), claim));
        if (granted === "") return transaction.refuse("no_scope");

        attempts.replace(transaction, claim.current_attempt_id, now);
        const bound = { registrationId, userId, scopes: granted, issuer, subject, issuedAt, endsAt, now };
        transaction.send(bind, bound);
        const isNewLink = delegations.bind(transaction, delegation, terms, now);
        writeAudit(transaction, isNewLink ? audit : audit.filter(isNotOf("delegation.created")));
        return "bound";
      });
    },
  };
}
