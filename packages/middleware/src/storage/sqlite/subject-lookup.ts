/** Owns finding the one registration of kind identity_assertion of a person at a provider. */
import type { Store } from "../../ports.js";
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

/** Builds the verb that finds it. */
export function createSubjectVerbs(
  connection: Connection,
  findBySubject: FindBySubject,
): Pick<Store, "findRegistrationBySubject"> {
  return {
    async findRegistrationBySubject(issuer, subject) {
      const row = connection.read(() => findBySubject({ issuer, subject }));
      return row === undefined ? null : registrationFromRow(row);
    },
  };
}
