/** Owns access tokens: issuing one while its registration allows it, finding it, and killing it alone. */
import type { Store } from "../../ports.js";
import { tokenToRow } from "../rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { accessTokens } from "./schema.js";
import { inGoodStanding, insertInto } from "./statements.js";
import { createTokenLookup } from "./token-lookup.js";

type TokenVerbs = Pick<Store, "issueAccessToken" | "findAccessToken" | "revokeAccessToken">;

/** Builds the verbs of an access token. */
export function createTokenVerbs(connection: Connection, writeAudit: WriteAudit): TokenVerbs {
  // `expired_at` too: a teardown leaves nothing usable, not even for a caller that read the new generation.
  const selectAllowed = connection.prepare(
    `SELECT 1 FROM registrations
     WHERE id = @registrationId AND generation = @generation AND ${inGoodStanding} AND expired_at IS NULL`,
  );
  const insert = connection.prepare(insertInto(accessTokens));
  const revoke = connection.prepare(
    "UPDATE access_tokens SET revoked_at = @now WHERE hash = @hash AND revoked_at IS NULL",
  );
  const find = createTokenLookup(connection);

  return {
    issueAccessToken({ token, now, audit }) {
      return connection.grantTogether(() => {
        const { registrationId, generation } = token;
        if (selectAllowed.get({ registrationId, generation, now }) === undefined) return false;
        insert.run(tokenToRow(token));
        writeAudit(audit);
        return true;
      });
    },

    findAccessToken: find,

    async revokeAccessToken({ hash, now, audit }) {
      return connection.spend(() => {
        if (revoke.run({ hash, now }).changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },
  };
}
