/**
 * Owns `protocol/state.ts` in SQL that SQLite and PostgreSQL both read: conditions on a row of `registrations`, and the
 * expressions dashboards are indexed by. Parameters are written `@now`.
 */

/** Neither revoked, suspended nor ended at `@now`: the first three lines of `statusOf`. */
export const inGoodStanding = `revoked_at IS NULL AND suspended_at IS NULL AND (ends_at IS NULL OR ends_at > @now)`;

/**
 * The claim may still be started or settled at `@now`: what `transitions.start_claim` and `settle_claim` allow.
 * `expired_at` is asked next to the window so that a node whose clock is behind cannot wake a torn down claim.
 */
export const claimIsOpen =
  `${inGoodStanding} AND claimed_at IS NULL AND claim_ended_at IS NULL` +
  ` AND claim_expires_at > @now AND expired_at IS NULL`;

/** `statusOf` at `@now`. */
export const statusAtNow =
  "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN suspended_at IS NOT NULL THEN 'suspended'" +
  " WHEN ends_at <= @now THEN 'ended' WHEN claimed_at IS NOT NULL THEN 'claimed'" +
  " WHEN claim_expires_at <= @now THEN 'expired' WHEN current_attempt_id IS NOT NULL THEN 'pending_claim'" +
  " ELSE 'unclaimed' END";

/**
 * What was last written about a registration: `statusOf` without the clock. The triggers spell it out once more, and
 * an index serves a query only where the text is the very same.
 */
export const phaseOfRow =
  "CASE WHEN revoked_at IS NOT NULL THEN 'revoked' WHEN suspended_at IS NOT NULL THEN 'suspended'" +
  " WHEN claimed_at IS NOT NULL THEN 'claimed' WHEN expired_at IS NOT NULL THEN 'expired'" +
  " WHEN current_attempt_id IS NOT NULL THEN 'pending_claim' ELSE 'unclaimed' END";

/** What became of a mail. */
export const mailStateOfRow =
  "CASE WHEN sent_at IS NOT NULL THEN 'sent' WHEN failed_at IS NOT NULL THEN 'failed' ELSE 'waiting' END";

/** What an operator has stopped, for good or from a date on, whatever else it is: gone, it would be no stop any more. */
export const isKeptStop = "(suspended_at IS NOT NULL OR (ends_at IS NOT NULL AND issuer IS NOT NULL))";

/** When a registration was over, null while it is not or nobody knows yet; an end date to come is one. */
export const overSinceOfRow =
  "CASE WHEN revoked_at IS NOT NULL THEN revoked_at WHEN expired_at IS NOT NULL THEN expired_at ELSE ends_at END";
