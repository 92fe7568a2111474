/** Owns the memory of token ids that may be used once. */
import type { Store } from "../../ports.js";
import type { EpochSeconds } from "../../protocol/model.js";
import type { Connection } from "./connection.js";
import { seenJwtIds } from "./schema.js";
import { insertInto } from "./statements.js";

/** Remembers an id inside the running transaction. True for the first caller only. */
export type RememberJwtId = (id: {
  purpose: "id-jag" | "security-event";
  issuer: string;
  jti: string;
  expiresAt: EpochSeconds;
}) => boolean;

/** Builds the step that verbs with an effect of their own take first. */
export function createJwtIdMemory(connection: Connection): RememberJwtId {
  const insert = connection.prepare(`${insertInto(seenJwtIds)} ON CONFLICT DO NOTHING`);
  return ({ purpose, issuer, jti, expiresAt }) =>
    insert.run({ purpose, issuer, jti, expires_at: expiresAt }).changes === 1;
}

type JwtIdVerbs = Pick<Store, "rememberJwtId" | "deleteRememberedJwtIds">;

/** Builds the verbs of remembered ids. */
export function createJwtIdVerbs(connection: Connection, remember: RememberJwtId): JwtIdVerbs {
  // An id whose time is over stays refused until it is deleted: no clock decides here.
  const forget = connection.prepare(
    `DELETE FROM seen_jwt_ids WHERE rowid IN
       (SELECT rowid FROM seen_jwt_ids WHERE expires_at < @before ORDER BY expires_at LIMIT @limit)`,
  );

  return {
    async rememberJwtId({ purpose, issuer, jti, expiresAt }) {
      return connection.spend(() => remember({ purpose, issuer, jti, expiresAt }));
    },

    async deleteRememberedJwtIds(before, limit) {
      return connection.grant(() => forget.run({ before, limit }).changes);
    },
  };
}
