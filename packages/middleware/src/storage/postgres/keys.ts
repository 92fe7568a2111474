/** Owns stored signing keys: who may add the next one, and when an old one is forgotten. */
import type { Store } from "../../ports.js";
import { type SigningKeyRow, signingKeyFromRow, signingKeyToRow } from "../service-rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { signingKeys } from "./schema.js";
import { columnsOf, insertInto, storableJson } from "./statements.js";

type KeyVerbs = Pick<Store, "listSigningKeys" | "addSigningKey" | "deleteRetiredKeys">;

const newestFirst = "ORDER BY signs_from DESC, created_at DESC, kid DESC";

/** Builds the verbs of signing keys. */
export function createKeyVerbs(connection: Connection, writeAudit: WriteAudit): KeyVerbs {
  const list = connection.prepare<SigningKeyRow>(
    `SELECT ${columnsOf(signingKeys)} FROM agent_auth.signing_keys ${newestFirst}`,
  );
  // Nodes that all want the next key: there may be no row yet to lock, so the few writers of this table take turns.
  const takeTurns = connection.prepare("LOCK TABLE agent_auth.signing_keys IN SHARE ROW EXCLUSIVE MODE");
  const selectNewest = connection.prepare<{ kid: string }>(
    `SELECT kid FROM agent_auth.signing_keys ${newestFirst} LIMIT 1`,
  );
  const insert = connection.prepare(insertInto(signingKeys));
  const retire = connection.prepare("UPDATE agent_auth.signing_keys SET retired_at = @at WHERE kid = @kid");
  const forget = connection.prepare(
    "DELETE FROM agent_auth.signing_keys WHERE retired_at < @before RETURNING 1",
  );

  return {
    async listSigningKeys() {
      return (await connection.read(list)).map(signingKeyFromRow);
    },

    async addSigningKey({ key, newestKid, audit }) {
      return connection.spend(async (transaction) => {
        transaction.send(takeTurns, {});
        const [newest] = await transaction.run(selectNewest, {});
        if ((newest?.kid ?? null) !== newestKid) return transaction.refuse(false);
        if (newest !== undefined) transaction.send(retire, { kid: newest.kid, at: key.signsFrom });
        const row = signingKeyToRow(key);
        transaction.send(insert, { ...row, public_jwk: storableJson(row.public_jwk) });
        writeAudit(transaction, audit);
        return true;
      });
    },

    async deleteRetiredKeys(before) {
      return connection.grant(async (transaction) => {
        transaction.send(takeTurns, {});
        return (await transaction.run(forget, { before })).length;
      });
    },
  };
}
