/** Owns finding what is registered for a person at a provider, and what operators have decided about the two. */
import type { Store } from "../../ports.js";
import type { EpochSeconds } from "../../protocol/model.js";
import type { Pair } from "../delegation-terms.js";
import { type RegistrationRow, registrationFromRow } from "../rows.js";
import type { Connection, Transaction } from "./connection.js";
import type { Locks } from "./locks.js";
import { registrations } from "./schema.js";
import { columnsOf } from "./statements.js";

/** Whether an operator has switched the issuer off; part of a verb, whose first step it is. */
export type IsIssuerDisabled = (transaction: Transaction, issuer: string) => Promise<boolean>;

/**
 * Compiles the lookup once and returns it. An issuer of the options has a row only while it is switched off, and that
 * is what counts: whoever is on the trust list was asked before. The switch waits until the verb has ended.
 */
export function createDisabledLookup(connection: Connection, locks: Locks): IsIssuerDisabled {
  const select = connection.prepare(
    "SELECT 1 FROM agent_auth.providers WHERE issuer = @issuer AND disabled_at IS NOT NULL",
  );
  return async (transaction, issuer) => {
    locks.trustIn(transaction, issuer);
    return (await transaction.run(select, { issuer })).length > 0;
  };
}

/** What operators have decided about a pair. */
export interface PairStanding {
  /** Any registration of the pair, whatever its kind, is suspended or past its end date. */
  isStopped: boolean;
  /** The earliest end date of them, which nothing that is bound to the pair outlives. Null: there is none. */
  endsAt: EpochSeconds | null;
}

/** Reads the standing, as part of a verb. */
export type FindPairStanding = (
  transaction: Transaction,
  pair: Pair,
  now: EpochSeconds,
) => Promise<PairStanding>;

interface StandingRow {
  suspended: boolean;
  ends_at: number | null;
}

// A stop outlives a revocation, or the revocation would undo it, and covers the pair: the next registration of the same
// person must not be the way around it. Nor must one that is made before an end date comes.
const standing = `SELECT coalesce(bool_or(suspended_at IS NOT NULL), false) AS suspended, min(ends_at) AS ends_at
  FROM agent_auth.registrations WHERE issuer = @issuer AND subject = @subject`;

function standingOf(row: StandingRow | undefined, now: EpochSeconds): PairStanding {
  const endsAt = row?.ends_at ?? null;
  return { isStopped: row?.suspended === true || (endsAt !== null && endsAt <= now), endsAt };
}

/** Compiles the lookup once and returns it. */
export function createStandingLookup(connection: Connection): FindPairStanding {
  const select = connection.prepare<StandingRow>(standing);
  return async (transaction, { issuer, subject }, now) =>
    standingOf((await transaction.run(select, { issuer, subject }))[0], now);
}

/** Builds the verbs that find them. */
export function createSubjectVerbs(
  connection: Connection,
): Pick<Store, "findRegistrationBySubject" | "isSubjectStopped"> {
  const selectStanding = connection.prepare<StandingRow>(standing);
  const select = connection.prepare<RegistrationRow>(
    `SELECT ${columnsOf(registrations)} FROM agent_auth.registrations
     WHERE issuer = @issuer AND subject = @subject AND kind = 'identity_assertion'`,
  );
  return {
    async isSubjectStopped(issuer, subject, now) {
      const [row] = await connection.read(selectStanding, { issuer, subject });
      return standingOf(row, now).isStopped;
    },

    async findRegistrationBySubject(issuer, subject) {
      const [row] = await connection.read(select, { issuer, subject });
      return row === undefined ? null : registrationFromRow(row);
    },
  };
}
