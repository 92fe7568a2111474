/**
 * Owns the order in which verbs lock rows, so that no two of them ever wait for each other:
 *
 * 1. the trust in a provider,
 * 2. the delegation of a person at a provider,
 * 3. registrations, by id where there are several,
 * 4. what belongs to a registration (attempts, tokens, families) and whatever is written last.
 *
 * Whoever changes an attempt or a family holds the row of its registration, so those need no locks of their own, and a
 * statement sent after the lock reads what is true until the verb ends.
 */
import type { EpochSeconds } from "../../protocol/model.js";
import type { Pair } from "../delegation-terms.js";
import type { DelegationRow } from "../identity-rows.js";
import type { RegistrationRow } from "../rows.js";
import type { Connection, Transaction } from "./connection.js";
import { delegations, registrations } from "./schema.js";
import type { Statement } from "./statements.js";
import { columnsOf } from "./statements.js";

/** The steps every verb begins with. */
export interface Locks {
  /**
   * Shares the trust in an issuer with every other verb that acts on its word, until this one has ended. Most issuers
   * have no row that could be locked, so this is an advisory lock of the transaction.
   */
  trustIn(transaction: Transaction, issuer: string): void;
  /** Keeps all of those out: waits for those under way. */
  switching(transaction: Transaction, issuer: string): void;
  /**
   * Locks the row of a pair and returns it as it was. Undefined: there was none, and one was made, unlinked, which
   * goes again if the verb is refused.
   */
  pair(transaction: Transaction, pair: Pair, now: EpochSeconds): Promise<DelegationRow | undefined>;
  /** Locks the row of a pair if there is one. */
  pairIfThere(transaction: Transaction, pair: Pair): Promise<DelegationRow | undefined>;
  /** Locks a registration, for what is sent after it. */
  registration(transaction: Transaction, id: string): void;
  /** Locks the registration of kind identity_assertion of a pair and returns it. The pair is locked. */
  bySubject(transaction: Transaction, pair: Pair): Promise<RegistrationRow | undefined>;
}

/** Compiles the steps. */
export function createLocks(connection: Connection): Locks {
  const lockPair = connection.prepare<DelegationRow>(
    `SELECT ${columnsOf(delegations)} FROM agent_auth.delegations
     WHERE issuer = @issuer AND subject = @subject FOR NO KEY UPDATE`,
  );
  const makePair = connection.prepare<{ version: number }>(
    `INSERT INTO agent_auth.delegations (issuer, subject, version, created_at)
     VALUES (@issuer, @subject, 1, @now) ON CONFLICT DO NOTHING RETURNING version`,
  );
  const lockRegistration: Statement<unknown> = connection.prepare(
    "SELECT 1 FROM agent_auth.registrations WHERE id = @id FOR NO KEY UPDATE",
  );
  // The kind stands here as the partial index spells it, or PostgreSQL would not use that index.
  const lockBySubject = connection.prepare<RegistrationRow>(
    `SELECT ${columnsOf(registrations)} FROM agent_auth.registrations
     WHERE issuer = @issuer AND subject = @subject AND kind = 'identity_assertion' FOR NO KEY UPDATE`,
  );

  const key = "hashtextextended('agent-auth trust ' || current_database() || @schema || @issuer, 0)";
  const share = connection.prepare(`SELECT pg_advisory_xact_lock_shared(${key})`);
  const exclude = connection.prepare(`SELECT pg_advisory_xact_lock(${key})`);
  const { schema } = connection;

  return {
    trustIn(transaction, issuer) {
      transaction.send(share, { schema, issuer });
    },

    switching(transaction, issuer) {
      transaction.send(exclude, { schema, issuer });
    },

    async pairIfThere(transaction, { issuer, subject }) {
      const [row] = await transaction.run(lockPair, { issuer, subject });
      return row;
    },

    async pair(transaction, { issuer, subject }, now) {
      for (let tries = 1; ; tries += 1) {
        const [row] = await transaction.run(lockPair, { issuer, subject });
        if (row !== undefined) return row;
        const made = await transaction.run(makePair, { issuer, subject, now });
        if (made.length > 0) return undefined;
        // Somebody else has made it meanwhile. It can be gone again, if the person was erased, but not for ever.
        if (tries === 3) throw new Error("The row of a person at a provider comes and goes.");
      }
    },

    registration(transaction, id) {
      transaction.send(lockRegistration, { id });
    },

    async bySubject(transaction, { issuer, subject }) {
      const [row] = await transaction.run(lockBySubject, { issuer, subject });
      return row;
    },
  };
}
