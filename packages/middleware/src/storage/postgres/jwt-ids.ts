/** Owns the memory of token ids that may be used once. */
import type { Store } from "../../ports.js";
import type { EpochSeconds } from "../../protocol/model.js";
import type { Connection, Transaction } from "./connection.js";
import { seenJwtIds } from "./schema.js";
import { insertInto } from "./statements.js";

/** Remembers an id as part of a verb. True for the first caller only; others wait until that one has committed. */
export type RememberJwtId = (
  transaction: Transaction,
  id: { purpose: "id-jag" | "security-event"; issuer: string; jti: string; expiresAt: EpochSeconds },
) => Promise<boolean>;

/** Builds the step that verbs with an effect of their own take first. */
export function createJwtIdMemory(connection: Connection): RememberJwtId {
  const insert = connection.prepare(`${insertInto(seenJwtIds)} ON CONFLICT DO NOTHING RETURNING 1`);
  return async (transaction, { purpose, issuer, jti, expiresAt }) =>
    (await transaction.run(insert, { purpose, issuer, jti, expires_at: expiresAt })).length === 1;
}

type JwtIdVerbs = Pick<Store, "rememberJwtId" | "deleteRememberedJwtIds">;

/** Builds the verbs of remembered ids. */
export function createJwtIdVerbs(connection: Connection, remember: RememberJwtId): JwtIdVerbs {
  // An id whose time is over stays refused until it is deleted: no clock decides here.
  const forget = connection.prepare(
    `WITH old AS MATERIALIZED (
       SELECT purpose, issuer, jti FROM agent_auth.seen_jwt_ids WHERE expires_at < @before
       ORDER BY expires_at LIMIT @limit FOR UPDATE SKIP LOCKED)
     DELETE FROM agent_auth.seen_jwt_ids USING old
     WHERE (seen_jwt_ids.purpose, seen_jwt_ids.issuer, seen_jwt_ids.jti) = (old.purpose, old.issuer, old.jti)
     RETURNING 1`,
  );

  return {
    async rememberJwtId(id) {
      return connection.spend(async (transaction) => {
        if (!(await remember(transaction, id))) return transaction.refuse(false);
        return true;
      });
    },

    async deleteRememberedJwtIds(before, limit) {
      return connection.grant(
        async (transaction) => (await transaction.run(forget, { before, limit })).length,
      );
    },
  };
}
