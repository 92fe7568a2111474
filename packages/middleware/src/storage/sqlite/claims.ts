/** Owns how a claim ends: confirmed, denied, locked or collected. Each ending has exactly one winner. */
import type { CollectOutcome, Store } from "../../ports.js";
import { guessesPerAttempt } from "../../protocol/claim-rules.js";
import { covers } from "../../protocol/scopes.js";
import { isNotOf } from "../audit-events.js";
import { mayBind } from "../delegation-terms.js";
import { type LinkRow, linkFromRow } from "../identity-rows.js";
import { familyToRow } from "../mail-rows.js";
import { type AttemptRow, tokenToRow } from "../rows.js";
import { scopesFromText, scopesToText } from "../scope-text.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import { accessTokens, refreshTokens } from "./schema.js";
import { claimIsOpen, endingBy, inGoodStanding, insertInto } from "./statements.js";
import type { FindPairStanding, IsIssuerDisabled } from "./subject-lookup.js";

type ClaimVerbs = Pick<
  Store,
  "lockClaim" | "revealReadBackCode" | "confirmClaim" | "denyClaim" | "recordPoll" | "collectClaim"
>;

/** The attempt is the current one, and still open at `@now`; `more` is a further condition on it. */
const attemptIsOpen = (more: string) => `current_attempt_id = @attemptId AND EXISTS (
  SELECT 1 FROM claim_attempts AS attempt
  WHERE attempt.id = @attemptId AND attempt.registration_id = registrations.id
    AND attempt.replaced_at IS NULL AND attempt.denied_at IS NULL AND attempt.expires_at > @now AND ${more})`;

/** Somebody to whom a code was revealed may still type the agent's; somebody else may not. */
const confirmedByNobodyElse = `(attempt.confirmed_at IS NULL OR attempt.confirmed_user_id IS NULL
  OR attempt.confirmed_user_id = @userId)`;

/** What the agent may collect at `@now`, if nobody has. */
const collectable = `id = @registrationId AND ${inGoodStanding}
  AND claimed_at IS NOT NULL AND generation = @generation`;

/** Builds the verbs that move and end a claim. */
export function createClaimVerbs(
  connection: Connection,
  parts: {
    writeAudit: WriteAudit;
    delegations: DelegationSteps;
    standingOf: FindPairStanding;
    isIssuerDisabled: IsIssuerDisabled;
  },
): ClaimVerbs {
  const { writeAudit, delegations, standingOf, isIssuerDisabled } = parts;
  // A finished or revoked claim has no handle left to lock; a late guesser must not spoil what was just granted.
  const lock = connection.prepare(
    `UPDATE registrations SET claim_ended_at = @now, claim_end_reason = 'locked'
     WHERE id = @registrationId AND claim_ended_at IS NULL AND claimed_at IS NULL AND revoked_at IS NULL`,
  );
  const bind = connection.prepare(
    `UPDATE registrations
     SET user_id = @userId, claimed_at = @now, scopes = @scopes, scope_limit = NULL, generation = generation + 1
     WHERE id = @registrationId AND generation = @generation AND ${claimIsOpen}
       AND ${attemptIsOpen(confirmedByNobodyElse)}`,
  );
  const confirmAttempt = connection.prepare(
    `UPDATE claim_attempts SET confirmed_at = coalesce(confirmed_at, @now), confirmed_user_id = @userId
     WHERE id = @attemptId`,
  );
  const markDelivered = connection.prepare(
    "UPDATE registrations SET collected_at = @now WHERE id = @registrationId",
  );
  const insertFamily = connection.prepare(insertInto(refreshTokens));
  const reveal = connection.prepare(
    `UPDATE claim_attempts
     SET confirmed_at = @now, confirmed_user_id = @userId, confirmed_scopes = @scopes,
       read_back_code_hash = @codeHash, expires_at = @expiresAt
     WHERE id = @attemptId AND EXISTS (
       SELECT 1 FROM registrations
       WHERE id = @registrationId AND ${claimIsOpen} AND ${attemptIsOpen(`attempt.confirmed_at IS NULL AND attempt.wrong_guesses < ${guessesPerAttempt}`)})`,
  );
  const selectApproval = connection.prepare<LinkRow & Pick<AttemptRow, "confirmed_scopes">>(
    `SELECT link_issuer, link_subject, link_user_id, link_version, link_issued_at, link_scopes, confirmed_scopes
     FROM claim_attempts WHERE id = ?`,
  );
  const carry = connection.prepare(
    `UPDATE registrations
     SET issuer = @issuer, subject = @subject, ${endingBy("@endsAt")},
       id_jag_issued_at = max(coalesce(id_jag_issued_at, @issuedAt), @issuedAt)
     WHERE id = @registrationId`,
  );
  const refuse = connection.prepare(
    `UPDATE registrations SET claim_ended_at = @now, claim_end_reason = 'denied'
     WHERE id = @registrationId AND ${claimIsOpen} AND ${attemptIsOpen("true")}`,
  );
  const refuseEvenIfOver = connection.prepare(
    `UPDATE registrations SET claim_ended_at = @now, claim_end_reason = 'denied'
     WHERE id = @registrationId AND ${claimIsOpen} AND current_attempt_id = @attemptId
       AND EXISTS (SELECT 1 FROM claim_attempts AS attempt
                   WHERE attempt.id = @attemptId AND attempt.registration_id = registrations.id)`,
  );
  const denyAttempt = connection.prepare("UPDATE claim_attempts SET denied_at = ? WHERE id = ?");
  const selectPolling = connection.prepare<{ poll_interval: number; last_polled_at: number | null }>(
    "SELECT poll_interval, last_polled_at FROM registrations WHERE id = ?",
  );
  const notePoll = connection.prepare(
    "UPDATE registrations SET poll_interval = @interval, last_polled_at = @at WHERE id = @registrationId",
  );
  const collect = connection.prepare(
    `UPDATE registrations SET collected_at = @now WHERE ${collectable} AND collected_at IS NULL`,
  );
  const selectCollected = connection.prepare(`SELECT 1 FROM registrations WHERE ${collectable}`);
  const insertToken = connection.prepare(insertInto(accessTokens));

  return {
    async lockClaim({ registrationId, now, audit }) {
      return connection.spend(() => {
        if (lock.run({ registrationId, now }).changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },

    async revealReadBackCode({ scopes, audit, ...input }) {
      return connection.spend(() => {
        if (reveal.run({ ...input, scopes: scopesToText(scopes) }).changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },

    async confirmClaim(input) {
      const { attemptId, registrationId, generation, userId, scopes, delivery, now, audit } = input;
      return connection.spend(() => {
        const binding = { attemptId, registrationId, generation, userId, scopes: scopesToText(scopes), now };
        const attempt = selectApproval.get(attemptId);
        const link = attempt === undefined ? null : linkFromRow(attempt);
        const standing = link === null ? null : standingOf(link, now);
        // The link is judged before anything is written: a confirmation that may not link binds nothing.
        if (
          link !== null &&
          (link.userId !== userId ||
            isIssuerDisabled(link.issuer) ||
            mayBind(delegations.find(link), link, true) !== "yes" ||
            standing?.isStopped)
        )
          return false;
        // Nobody is at a page now: what counts is what they left ticked, less what an operator took since.
        const confirmed = attempt?.confirmed_scopes ?? null;
        if (delivery !== undefined && confirmed !== null && !covers(scopesFromText(confirmed), scopes))
          return false;
        if (bind.run(binding).changes === 0) return false;
        confirmAttempt.run({ attemptId, userId, now });
        if (delivery !== undefined) {
          markDelivered.run({ registrationId, now });
          insertFamily.run(familyToRow(delivery.refreshFamily));
        }
        let isNewLink = false;
        if (link !== null) {
          const { issuer, subject, issuedAt } = link;
          carry.run({ registrationId, issuer, subject, issuedAt, endsAt: standing?.endsAt ?? null });
          isNewLink = delegations.bind(link, now);
          delegations.setCeiling(link, scopes);
        }
        writeAudit(isNewLink ? audit : audit.filter(isNotOf("delegation.created")));
        return true;
      });
    },

    async denyClaim({ attemptId, registrationId, evenIfOver = false, now, audit }) {
      return connection.spend(() => {
        const refusal = evenIfOver ? refuseEvenIfOver : refuse;
        if (refusal.run({ attemptId, registrationId, now }).changes === 0) return false;
        denyAttempt.run(now, attemptId);
        writeAudit(audit);
        return true;
      });
    },

    async recordPoll({ registrationId, step, ceiling, now }) {
      return connection.grant(() => {
        const polling = selectPolling.get(registrationId);
        if (polling === undefined) throw new Error("recordPoll was called for an unknown registration.");
        const last = polling.last_polled_at;
        const early = last !== null && now - last < polling.poll_interval;
        // An interval never shrinks (RFC 8628 section 3.5), even if it started above the ceiling.
        const grown = Math.max(polling.poll_interval, Math.min(polling.poll_interval + step, ceiling));
        const interval = early ? grown : polling.poll_interval;
        notePoll.run({ registrationId, interval, at: Math.max(last ?? now, now) });
        return { early, interval };
      });
    },

    async collectClaim({ token, refreshFamily, now, audit }) {
      const claim = { registrationId: token.registrationId, generation: token.generation, now };
      return connection.spend((): CollectOutcome => {
        if (collect.run(claim).changes === 0) {
          return selectCollected.get(claim) === undefined ? "not_allowed" : "already_collected";
        }
        insertToken.run(tokenToRow(token));
        insertFamily.run(familyToRow(refreshFamily));
        writeAudit(audit);
        return "collected";
      });
    },
  };
}
