/**
 * Owns the steps on the row of a person at a provider that several verbs share. Each runs inside the transaction of
 * its caller, who has decided first: what a verb reads cannot change before it writes (BEGIN IMMEDIATE).
 */
import type { AttemptLink, EpochSeconds } from "../../protocol/model.js";
import { type Pair, withinCeiling } from "../delegation-terms.js";
import type { DelegationRow } from "../identity-rows.js";
import { scopesToText } from "../scope-text.js";
import type { Connection } from "./connection.js";
import { delegations } from "./schema.js";
import { columnsOf } from "./statements.js";

/** The steps. */
export interface DelegationSteps {
  find(pair: Pair): DelegationRow | undefined;
  /** Creates the row, unlinked, unless there is one. */
  ensure(pair: Pair, now: EpochSeconds): void;
  /** Notes that an ID-JAG was acted on and links the row if it names nobody. Whether it did the latter. */
  bind(terms: AttemptLink, now: EpochSeconds): boolean;
  /** Notes what a person left ticked. */
  setCeiling(pair: Pair, scopes: readonly string[]): void;
  /** Takes from what a person left ticked what is not among these. Nothing happens when the row names nobody. */
  lowerCeiling(pair: Pair, scopes: readonly string[]): void;
  /** Makes everything read before worthless, and ID-JAGs issued at or before `moment`. Creates the row if needed. */
  revoke(pair: Pair, moment: EpochSeconds, now: EpochSeconds): void;
  /** Clears user and ceiling. Whether there was a link; `upTo` spares one that a newer ID-JAG has made or used. */
  unlink(pair: Pair, upTo?: EpochSeconds): boolean;
}

const thePair = "issuer = @issuer AND subject = @subject";
/** Sets what unlinking clears. */
export const unlinked = "user_id = NULL, scope_ceiling = NULL, linked_at = NULL, linked_issued_at = NULL";

/** Compiles the steps. */
export function createDelegationSteps(connection: Connection): DelegationSteps {
  const select = connection.prepare<DelegationRow>(
    `SELECT ${columnsOf(delegations)} FROM delegations WHERE ${thePair}`,
  );
  const create = connection.prepare(
    `INSERT INTO delegations (issuer, subject, version, created_at) VALUES (@issuer, @subject, 1, @now)
     ON CONFLICT DO NOTHING`,
  );
  // The key of a reservation goes with it: if this user is gone one day, the next one must not be asked for by a key
  // that already stands for an account.
  const link = connection.prepare(
    `UPDATE delegations
     SET user_id = @userId, linked_at = @now, linked_issued_at = @issuedAt,
       reserved_until = NULL, idempotency_key = NULL
     WHERE ${thePair} AND user_id IS NULL`,
  );
  const use = connection.prepare(
    `UPDATE delegations SET linked_issued_at = max(linked_issued_at, @issuedAt)
     WHERE ${thePair} AND user_id = @userId`,
  );
  const limit = connection.prepare(`UPDATE delegations SET scope_ceiling = @ceiling WHERE ${thePair}`);
  const raise = connection.prepare(
    `UPDATE delegations SET version = version + 1, revoked_at = max(coalesce(revoked_at, @moment), @moment)
     WHERE ${thePair}`,
  );
  const cut = connection.prepare(
    `UPDATE delegations SET ${unlinked}
     WHERE ${thePair} AND user_id IS NOT NULL AND (@upTo IS NULL OR linked_issued_at <= @upTo)`,
  );

  const setCeiling: DelegationSteps["setCeiling"] = ({ issuer, subject }, scopes) => {
    limit.run({ issuer, subject, ceiling: scopesToText(scopes) });
  };

  return {
    setCeiling,

    lowerCeiling({ issuer, subject }, scopes) {
      const row = select.get({ issuer, subject });
      if (row !== undefined && row.user_id !== null)
        setCeiling({ issuer, subject }, withinCeiling(scopes, row));
    },

    find: ({ issuer, subject }) => select.get({ issuer, subject }),

    ensure({ issuer, subject }, now) {
      create.run({ issuer, subject, now });
    },

    bind({ issuer, subject, userId, issuedAt }, now) {
      create.run({ issuer, subject, now });
      if (link.run({ issuer, subject, userId, issuedAt, now }).changes === 1) return true;
      use.run({ issuer, subject, userId, issuedAt });
      return false;
    },

    revoke({ issuer, subject }, moment, now) {
      create.run({ issuer, subject, now });
      raise.run({ issuer, subject, moment });
    },

    unlink({ issuer, subject }, upTo) {
      return cut.run({ issuer, subject, upTo: upTo ?? null }).changes === 1;
    },
  };
}
