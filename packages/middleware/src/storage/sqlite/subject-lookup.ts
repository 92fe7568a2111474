/** Owns finding what is registered for a person at a provider, and what operators have decided about the two. */
import type { Store } from "../../ports.js";
import type { EpochSeconds } from "../../protocol/model.js";
import type { Pair } from "../delegation-terms.js";
import { type RegistrationRow, registrationFromRow } from "../rows.js";
import type { Connection } from "./connection.js";
import { registrations } from "./schema.js";
import { columnsOf } from "./statements.js";

/** Finds the row; usable inside a transaction. */
export type FindBySubject = (pair: Pair) => RegistrationRow | undefined;

/** Compiles the lookup once and returns it. */
export function createSubjectLookup(connection: Connection): FindBySubject {
  // The kind stands here as the partial index spells it, or SQLite would not use that index.
  const select = connection.prepare<RegistrationRow>(
    `SELECT ${columnsOf(registrations)} FROM registrations
     WHERE issuer = @issuer AND subject = @subject AND kind = 'identity_assertion'`,
  );
  return ({ issuer, subject }) => select.get({ issuer, subject });
}

/** Whether an operator has switched the issuer off; usable inside a transaction. */
export type IsIssuerDisabled = (issuer: string) => boolean;

/**
 * Compiles the lookup once and returns it. An issuer of the options has a row only while it is switched off, and that
 * is what counts: whoever is on the trust list was asked before.
 */
export function createDisabledLookup(connection: Connection): IsIssuerDisabled {
  const select = connection.prepare("SELECT 1 FROM providers WHERE issuer = ? AND disabled_at IS NOT NULL");
  return (issuer) => select.get(issuer) !== undefined;
}

/** What operators have decided about a pair. */
export interface PairStanding {
  /** Any registration of the pair, whatever its kind, is suspended or past its end date. */
  isStopped: boolean;
  /** The earliest end date of them, which nothing that is bound to the pair outlives. Null: there is none. */
  endsAt: EpochSeconds | null;
}

/** Reads the standing; usable inside a transaction. */
export type FindPairStanding = (pair: Pair, now: EpochSeconds) => PairStanding;

/**
 * Compiles the lookup once and returns it. A stop outlives a revocation, or the revocation would undo it, and covers
 * the pair: the next registration of the same person must not be the way around it. Nor must one that is made before an
 * end date comes.
 */
export function createStandingLookup(connection: Connection): FindPairStanding {
  const select = connection.prepare<{ suspended: 0 | 1 | null; ends_at: number | null }>(
    `SELECT max(suspended_at IS NOT NULL) AS suspended, min(ends_at) AS ends_at
     FROM registrations WHERE issuer = @issuer AND subject = @subject`,
  );
  return ({ issuer, subject }, now) => {
    const row = select.get({ issuer, subject });
    const endsAt = row?.ends_at ?? null;
    return { isStopped: row?.suspended === 1 || (endsAt !== null && endsAt <= now), endsAt };
  };
}

/** Builds the verbs that find them. */
export function createSubjectVerbs(
  connection: Connection,
  findBySubject: FindBySubject,
  standingOf: FindPairStanding,
): Pick<Store, "findRegistrationBySubject" | "isSubjectStopped"> {
  return {
    async isSubjectStopped(issuer, subject, now) {
      return connection.read(() => standingOf({ issuer, subject }, now).isStopped);
    },

    async findRegistrationBySubject(issuer, subject) {
      const row = connection.read(() => findBySubject({ issuer, subject }));
      return row === undefined ? null : registrationFromRow(row);
    },
  };
}
