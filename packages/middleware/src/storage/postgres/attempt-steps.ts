/** Owns the steps with which one attempt takes the place of another. The caller has locked the registration. */
import type { ClaimAttempt, EpochSeconds } from "../../protocol/model.js";
import { attemptToRow } from "../rows.js";
import type { Connection, Transaction } from "./connection.js";
import { claimAttempts } from "./schema.js";
import { insertInto } from "./statements.js";

const hour = 3600;

/** The steps. */
export interface AttemptSteps {
  insert(transaction: Transaction, attempt: ClaimAttempt): void;
  /** Ends the attempt that was current, if there is one. */
  replace(transaction: Transaction, attemptId: string | null, now: EpochSeconds): void;
  /** When another attempt fits into the hour's budget, or null if one does at `now`. */
  budgetFreeAt(
    transaction: Transaction,
    registrationId: string,
    maxPerHour: number,
    now: EpochSeconds,
  ): Promise<EpochSeconds | null>;
}

/** Compiles the steps. */
export function createAttemptSteps(connection: Connection): AttemptSteps {
  const insert = connection.prepare(insertInto(claimAttempts));
  const replace = connection.prepare(
    "UPDATE agent_auth.claim_attempts SET replaced_at = @now WHERE id = @id AND replaced_at IS NULL",
  );
  const selectNewest = connection.prepare<{ created_at: number }>(
    `SELECT created_at FROM agent_auth.claim_attempts WHERE registration_id = @registrationId
     ORDER BY created_at DESC LIMIT 1 OFFSET @skipped`,
  );

  return {
    insert(transaction, attempt) {
      transaction.send(insert, attemptToRow(attempt));
    },

    replace(transaction, attemptId, now) {
      if (attemptId !== null) transaction.send(replace, { id: attemptId, now });
    },

    async budgetFreeAt(transaction, registrationId, maxPerHour, now) {
      // The attempt that has to leave the hour before another fits: the oldest one of a full hour.
      const skipped = Math.max(maxPerHour - 1, 0);
      const [hindrance] = await transaction.run(selectNewest, { registrationId, skipped });
      if (hindrance === undefined || hindrance.created_at <= now - hour) return null;
      return hindrance.created_at + hour;
    },
  };
}
