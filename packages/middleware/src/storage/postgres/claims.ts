/** Owns how a claim ends: confirmed, denied, locked or collected. Each ending has exactly one winner. */
import type { CollectOutcome, Store } from "../../ports.js";
import { guessesPerAttempt } from "../../protocol/claim-rules.js";
import { covers } from "../../protocol/scopes.js";
import { isNotOf } from "../audit-events.js";
import { mayBind } from "../delegation-terms.js";
import { type DelegationRow, type LinkRow, linkFromRow } from "../identity-rows.js";
import { familyToRow } from "../mail-rows.js";
import { claimIsOpen, inGoodStanding } from "../row-standing.js";
import { type AttemptRow, tokenToRow } from "../rows.js";
import { scopesFromText, scopesToText } from "../scope-text.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import type { Locks } from "./locks.js";
import { accessTokens, refreshTokens } from "./schema.js";
import { endingBy, insertInto } from "./statements.js";
import type { FindPairStanding, IsIssuerDisabled, PairStanding } from "./subject-lookup.js";

type ClaimVerbs = Pick<
  Store,
  "lockClaim" | "revealReadBackCode" | "confirmClaim" | "denyClaim" | "recordPoll" | "collectClaim"
>;

/** The attempt is the current one, and still open at `@now`; `more` is a further condition on it. */
const attemptIsOpen = (more: string) => `current_attempt_id = @attemptId AND EXISTS (
  SELECT 1 FROM agent_auth.claim_attempts AS attempt
  WHERE attempt.id = @attemptId AND attempt.registration_id = registrations.id
    AND attempt.replaced_at IS NULL AND attempt.denied_at IS NULL AND attempt.expires_at > @now AND ${more})`;

/** Somebody to whom a code was revealed may still type the agent's; somebody else may not. */
const confirmedByNobodyElse = `(attempt.confirmed_at IS NULL OR attempt.confirmed_user_id IS NULL
  OR attempt.confirmed_user_id = @userId)`;

/** What the agent may collect at `@now`, if nobody has. */
const collectable = `id = @registrationId AND ${inGoodStanding}
  AND claimed_at IS NOT NULL AND generation = @generation`;

/** Builds the verbs that move and end a claim. Whatever looks at an attempt locks its registration first. */
export function createClaimVerbs(
  connection: Connection,
  parts: {
    writeAudit: WriteAudit;
    locks: Locks;
    delegations: DelegationSteps;
    standingOf: FindPairStanding;
    isIssuerDisabled: IsIssuerDisabled;
  },
): ClaimVerbs {
  const { writeAudit, locks, delegations, standingOf, isIssuerDisabled } = parts;
  // A finished or revoked claim has no handle left to lock; a late guesser must not spoil what was just granted.
  const lock = connection.prepare(
    `UPDATE agent_auth.registrations SET claim_ended_at = @now, claim_end_reason = 'locked'
     WHERE id = @registrationId AND claim_ended_at IS NULL AND claimed_at IS NULL AND revoked_at IS NULL
     RETURNING 1`,
  );
  const bind = connection.prepare(
    `UPDATE agent_auth.registrations
     SET user_id = @userId, claimed_at = @now, scopes = @scopes, scope_limit = NULL, generation = generation + 1,
       collected_at = CASE WHEN @isDelivered THEN @now ELSE collected_at END
     WHERE id = @registrationId AND generation = @generation AND ${claimIsOpen}
       AND ${attemptIsOpen(confirmedByNobodyElse)} RETURNING 1`,
  );
  const confirmAttempt = connection.prepare(
    `UPDATE agent_auth.claim_attempts
     SET confirmed_at = coalesce(confirmed_at, @now), confirmed_user_id = @userId
     WHERE id = @attemptId`,
  );
  const insertFamily = connection.prepare(insertInto(refreshTokens));
  const insertToken = connection.prepare(insertInto(accessTokens));
  const reveal = connection.prepare(
    `UPDATE agent_auth.claim_attempts
     SET confirmed_at = @now, confirmed_user_id = @userId, confirmed_scopes = @scopes,
       read_back_code_hash = @codeHash, expires_at = @expiresAt
     WHERE id = @attemptId AND EXISTS (
       SELECT 1 FROM agent_auth.registrations
       WHERE id = @registrationId AND ${claimIsOpen}
         AND ${attemptIsOpen(`attempt.confirmed_at IS NULL AND attempt.wrong_guesses < ${guessesPerAttempt}`)})
     RETURNING 1`,
  );
  // What an attempt would link was written with it and never changes.
  const selectLink = connection.prepare<LinkRow>(
    `SELECT link_issuer, link_subject, link_user_id, link_version, link_issued_at, link_scopes
     FROM agent_auth.claim_attempts WHERE id = @attemptId`,
  );
  const selectConfirmed = connection.prepare<Pick<AttemptRow, "confirmed_scopes">>(
    "SELECT confirmed_scopes FROM agent_auth.claim_attempts WHERE id = @attemptId",
  );
  const carry = connection.prepare(
    `UPDATE agent_auth.registrations
     SET issuer = @issuer, subject = @subject, ${endingBy("@endsAt")},
       id_jag_issued_at = greatest(id_jag_issued_at, @issuedAt)
     WHERE id = @registrationId`,
  );
  const refuse = connection.prepare(
    `UPDATE agent_auth.registrations SET claim_ended_at = @now, claim_end_reason = 'denied'
     WHERE id = @registrationId AND ${claimIsOpen} AND ${attemptIsOpen("true")} RETURNING 1`,
  );
  const refuseEvenIfOver = connection.prepare(
    `UPDATE agent_auth.registrations SET claim_ended_at = @now, claim_end_reason = 'denied'
     WHERE id = @registrationId AND ${claimIsOpen} AND current_attempt_id = @attemptId
       AND EXISTS (SELECT 1 FROM agent_auth.claim_attempts AS attempt
                   WHERE attempt.id = @attemptId AND attempt.registration_id = registrations.id)
     RETURNING 1`,
  );
  const denyAttempt = connection.prepare(
    "UPDATE agent_auth.claim_attempts SET denied_at = @now WHERE id = @attemptId",
  );
  const lockPolling = connection.prepare<{ poll_interval: number; last_polled_at: number | null }>(
    `SELECT poll_interval, last_polled_at FROM agent_auth.registrations
     WHERE id = @registrationId FOR NO KEY UPDATE`,
  );
  const notePoll = connection.prepare(
    `UPDATE agent_auth.registrations SET poll_interval = @interval, last_polled_at = @at
     WHERE id = @registrationId`,
  );
  const collect = connection.prepare(
    `UPDATE agent_auth.registrations SET collected_at = @now
     WHERE ${collectable} AND collected_at IS NULL RETURNING 1`,
  );
  const selectCollected = connection.prepare(`SELECT 1 FROM agent_auth.registrations WHERE ${collectable}`);

  return {
    async lockClaim({ registrationId, now, audit }) {
      return connection.spend(async (transaction) => {
        const rows = await transaction.run(lock, { registrationId, now });
        if (rows.length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async revealReadBackCode({ scopes, audit, ...input }) {
      return connection.spend(async (transaction) => {
        locks.registration(transaction, input.registrationId);
        const rows = await transaction.run(reveal, { ...input, scopes: scopesToText(scopes) });
        if (rows.length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async confirmClaim(input) {
      const { attemptId, registrationId, generation, userId, scopes, delivery, now, audit } = input;
      return connection.spend(async (transaction) => {
        const [attempt] = await transaction.run(selectLink, { attemptId });
        const link = attempt === undefined ? null : linkFromRow(attempt);
        let delegation: DelegationRow | undefined;
        let standing: PairStanding | null = null;
        // The link is judged before anything is written: a confirmation that may not link binds nothing.
        if (link !== null) {
          if (link.userId !== userId) return transaction.refuse(false);
          if (await isIssuerDisabled(transaction, link.issuer)) return transaction.refuse(false);
          delegation = await locks.pair(transaction, link, now);
          if (mayBind(delegation, link, true) !== "yes") return transaction.refuse(false);
          standing = await standingOf(transaction, link, now);
          if (standing.isStopped) return transaction.refuse(false);
        }
        locks.registration(transaction, registrationId);
        if (delivery !== undefined) {
          // Nobody is at a page now: what counts is what they left ticked, less what an operator took since.
          const [ticked] = await transaction.run(selectConfirmed, { attemptId });
          const confirmed = ticked?.confirmed_scopes ?? null;
          if (confirmed !== null && !covers(scopesFromText(confirmed), scopes))
            return transaction.refuse(false);
        }
        const binding = { attemptId, registrationId, generation, userId, scopes: scopesToText(scopes), now };
        const bound = await transaction.run(bind, { ...binding, isDelivered: delivery !== undefined });
        if (bound.length === 0) return transaction.refuse(false);
        transaction.send(confirmAttempt, { attemptId, userId, now });
        if (delivery !== undefined) transaction.send(insertFamily, familyToRow(delivery.refreshFamily));
        let isNewLink = false;
        if (link !== null) {
          const { issuer, subject, issuedAt } = link;
          const endsAt = standing?.endsAt ?? null;
          transaction.send(carry, { registrationId, issuer, subject, issuedAt, endsAt });
          isNewLink = delegations.bind(transaction, delegation, link, now);
          delegations.setCeiling(transaction, link, scopes);
        }
        writeAudit(transaction, isNewLink ? audit : audit.filter(isNotOf("delegation.created")));
        return true;
      });
    },

    async denyClaim({ attemptId, registrationId, evenIfOver = false, now, audit }) {
      return connection.spend(async (transaction) => {
        locks.registration(transaction, registrationId);
        const refusal = evenIfOver ? refuseEvenIfOver : refuse;
        const refused = await transaction.run(refusal, { attemptId, registrationId, now });
        if (refused.length === 0) return transaction.refuse(false);
        transaction.send(denyAttempt, { attemptId, now });
        writeAudit(transaction, audit);
        return true;
      });
    },

    async recordPoll({ registrationId, step, ceiling, now }) {
      return connection.grant(async (transaction) => {
        const [polling] = await transaction.run(lockPolling, { registrationId });
        if (polling === undefined) throw new Error("recordPoll was called for an unknown registration.");
        const last = polling.last_polled_at;
        const early = last !== null && now - last < polling.poll_interval;
        // An interval never shrinks (RFC 8628 section 3.5), even if it started above the ceiling.
        const grown = Math.max(polling.poll_interval, Math.min(polling.poll_interval + step, ceiling));
        const interval = early ? grown : polling.poll_interval;
        transaction.send(notePoll, { registrationId, interval, at: Math.max(last ?? now, now) });
        return { early, interval };
      });
    },

    async collectClaim({ token, refreshFamily, now, audit }) {
      const claim = { registrationId: token.registrationId, generation: token.generation, now };
      return connection.spend(async (transaction): Promise<CollectOutcome> => {
        if ((await transaction.run(collect, claim)).length === 0) {
          const collected = await transaction.run(selectCollected, claim);
          return transaction.refuse(collected.length === 0 ? "not_allowed" : "already_collected");
        }
        transaction.send(insertToken, tokenToRow(token));
        transaction.send(insertFamily, familyToRow(refreshFamily));
        writeAudit(transaction, audit);
        return "collected";
      });
    },
  };
}
