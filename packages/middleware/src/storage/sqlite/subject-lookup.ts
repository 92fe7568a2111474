/** Owns finding the one registration of kind identity_assertion of a person at a provider. */
import type { Store } from "../../ports.js";
import type { EpochSeconds } from "../../protocol/model.js";
import { type RegistrationRow, registrationFromRow } from "../rows.js";
import type { Connection } from "./connection.js";
import type { Pair } from "./delegation-steps.js";
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

/** Whether an operator has stopped any registration of the pair, whatever its kind; usable inside a transaction. */
export type IsPairStopped = (pair: Pair, now: EpochSeconds) => boolean;

/**
 * Compiles the lookup once and returns it. A stop outlives a revocation, or the revocation would undo it, and covers
 * the pair: the next registration of the same person must not be the way around it.
 */
export function createStoppedLookup(connection: Connection): IsPairStopped {
  const select = connection.prepare(
    `SELECT 1 FROM registrations WHERE issuer = @issuer AND subject = @subject
       AND (suspended_at IS NOT NULL OR ends_at <= @now) LIMIT 1`,
  );
  return ({ issuer, subject }, now) => select.get({ issuer, subject, now }) !== undefined;
}

/** Builds the verbs that find them. */
export function createSubjectVerbs(
  connection: Connection,
  findBySubject: FindBySubject,
  isPairStopped: IsPairStopped,
): Pick<Store, "findRegistrationBySubject" | "isSubjectStopped"> {
  return {
    async isSubjectStopped(issuer, subject, now) {
      return connection.read(() => isPairStopped({ issuer, subject }, now));
    },

    async findRegistrationBySubject(issuer, subject) {
      const row = connection.read(() => findBySubject({ issuer, subject }));
      return row === undefined ? null : registrationFromRow(row);
    },
  };
}
