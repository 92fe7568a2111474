/** Owns access tokens: issuing one while its registration allows it, finding it, and killing it alone. */
import type { Store, TokenWithHolder } from "../../ports.js";
import { foundFromRow, type LookupRow, lookupColumns } from "../lookup-row.js";
import { inGoodStanding } from "../row-standing.js";
import { tokenToRow } from "../rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { accessTokens } from "./schema.js";
import { insertInto } from "./statements.js";

type TokenVerbs = Pick<Store, "issueAccessToken" | "findAccessToken" | "revokeAccessToken">;

/** Builds the verbs of an access token. */
export function createTokenVerbs(connection: Connection, writeAudit: WriteAudit): TokenVerbs {
  // `expired_at` too: a teardown leaves nothing usable, not even for a caller that read the new generation. The share
  // of the row makes an end that is under way be waited for, and the conditions be looked at again after it.
  const issue = connection.prepare(
    `WITH standing AS MATERIALIZED (
       SELECT 1 FROM agent_auth.registrations
       WHERE id = @registration_id AND generation = @generation AND ${inGoodStanding} AND expired_at IS NULL
       FOR SHARE)
     ${insertInto(accessTokens)} FROM standing RETURNING 1`,
  );
  const revoke = connection.prepare(
    `UPDATE agent_auth.access_tokens SET revoked_at = @now
     WHERE hash = @hash AND revoked_at IS NULL RETURNING 1`,
  );
  // Nothing of this is kept in memory: PostgreSQL has no cheap answer to "did anybody commit since", so whatever was
  // kept could outlive a revocation on another node (decision 0005).
  const select = connection.prepare<LookupRow>(
    `SELECT ${lookupColumns} FROM agent_auth.access_tokens AS token
     JOIN agent_auth.registrations AS holder ON holder.id = token.registration_id
     WHERE token.hash = @hash`,
  );

  return {
    async issueAccessToken({ token, now, audit }) {
      return connection.grant(async (transaction) => {
        const issued = await transaction.run(issue, { ...tokenToRow(token), now });
        if (issued.length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },

    async findAccessToken(hash): Promise<TokenWithHolder | null> {
      const [row] = await connection.look(select, { hash });
      return row === undefined ? null : foundFromRow(hash, row);
    },

    async revokeAccessToken({ hash, now, audit }) {
      return connection.spend(async (transaction) => {
        if ((await transaction.run(revoke, { hash, now })).length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },
  };
}
