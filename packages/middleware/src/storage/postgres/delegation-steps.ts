/** Owns the steps on the row of a person at a provider that several verbs share. The caller has locked it. */
import type { AttemptLink, EpochSeconds } from "../../protocol/model.js";
import { type Pair, withinCeiling } from "../delegation-terms.js";
import type { DelegationRow } from "../identity-rows.js";
import { scopesToText } from "../scope-text.js";
import type { Connection, Transaction } from "./connection.js";

/** The steps. Each is sent without waiting: what they find was read with the lock. */
export interface DelegationSteps {
  /** Notes that an ID-JAG was acted on and links the row if it names nobody. Whether it did the latter. */
  bind(
    transaction: Transaction,
    row: DelegationRow | undefined,
    terms: AttemptLink,
    now: EpochSeconds,
  ): boolean;
  /** Notes what a person left ticked. */
  setCeiling(transaction: Transaction, pair: Pair, scopes: readonly string[]): void;
  /** Takes from what a person left ticked what is not among these. Nothing happens when the row names nobody. */
  lowerCeiling(transaction: Transaction, row: DelegationRow | undefined, scopes: readonly string[]): void;
  /** Makes everything read before worthless, and ID-JAGs issued at or before `moment`. */
  revoke(transaction: Transaction, pair: Pair, moment: EpochSeconds): void;
  /** Clears user and ceiling. Whether there was a link; `upTo` spares one that a newer ID-JAG has made or used. */
  unlink(transaction: Transaction, row: DelegationRow | undefined, upTo?: EpochSeconds): boolean;
}

const thePair = "issuer = @issuer AND subject = @subject";
/** Sets what unlinking clears. */
export const unlinked = "user_id = NULL, scope_ceiling = NULL, linked_at = NULL, linked_issued_at = NULL";

/** Compiles the steps. */
export function createDelegationSteps(connection: Connection): DelegationSteps {
  // The key of a reservation goes with it: if this user is gone one day, the next one must not be asked for by a key
  // that already stands for an account.
  const link = connection.prepare(
    `UPDATE agent_auth.delegations
     SET user_id = @userId, linked_at = @now, linked_issued_at = @issuedAt,
       reserved_until = NULL, idempotency_key = NULL
     WHERE ${thePair} AND user_id IS NULL`,
  );
  const use = connection.prepare(
    `UPDATE agent_auth.delegations SET linked_issued_at = greatest(linked_issued_at, @issuedAt)
     WHERE ${thePair} AND user_id = @userId`,
  );
  const limit = connection.prepare(
    `UPDATE agent_auth.delegations SET scope_ceiling = @ceiling WHERE ${thePair}`,
  );
  const raise = connection.prepare(
    `UPDATE agent_auth.delegations SET version = version + 1, revoked_at = greatest(revoked_at, @moment)
     WHERE ${thePair}`,
  );
  const cut = connection.prepare(`UPDATE agent_auth.delegations SET ${unlinked} WHERE ${thePair}`);

  const setCeiling: DelegationSteps["setCeiling"] = (transaction, { issuer, subject }, scopes) => {
    transaction.send(limit, { issuer, subject, ceiling: scopesToText(scopes) });
  };

  return {
    bind(transaction, row, { issuer, subject, userId, issuedAt }, now) {
      const isNew = row === undefined || row.user_id === null;
      transaction.send(isNew ? link : use, { issuer, subject, userId, issuedAt, now });
      return isNew;
    },

    setCeiling,

    lowerCeiling(transaction, row, scopes) {
      if (row !== undefined && row.user_id !== null) setCeiling(transaction, row, withinCeiling(scopes, row));
    },

    revoke(transaction, { issuer, subject }, moment) {
      transaction.send(raise, { issuer, subject, moment });
    },

    unlink(transaction, row, upTo = Number.MAX_SAFE_INTEGER) {
      if (row === undefined || row.user_id === null || (row.linked_issued_at ?? 0) > upTo) return false;
      transaction.send(cut, { issuer: row.issuer, subject: row.subject });
      return true;
    },
  };
}
