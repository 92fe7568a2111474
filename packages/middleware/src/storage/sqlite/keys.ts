/** Owns stored signing keys: who may add the next one, and when an old one is forgotten. */
import type { Store } from "../../ports.js";
import { type SigningKeyRow, signingKeyFromRow, signingKeyToRow } from "../service-rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { signingKeys } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

type KeyVerbs = Pick<Store, "listSigningKeys" | "addSigningKey" | "deleteRetiredKeys">;

const newestFirst = "ORDER BY signs_from DESC, created_at DESC, kid DESC";

/** Builds the verbs of signing keys. */
export function createKeyVerbs(connection: Connection, writeAudit: WriteAudit): KeyVerbs {
  const list = connection.prepare<SigningKeyRow>(
    `SELECT ${columnsOf(signingKeys)} FROM signing_keys ${newestFirst}`,
  );
  const selectNewest = connection.prepare<{ kid: string }>(
    `SELECT kid FROM signing_keys ${newestFirst} LIMIT 1`,
  );
  const insert = connection.prepare(insertInto(signingKeys));
  const retire = connection.prepare("UPDATE signing_keys SET retired_at = @at WHERE kid = @kid");
  const forget = connection.prepare("DELETE FROM signing_keys WHERE retired_at < ?");

  return {
    async listSigningKeys() {
      return connection.read(() => list.all()).map(signingKeyFromRow);
    },

    async addSigningKey({ key, newestKid, audit }) {
      return connection.spend(() => {
        const newest = selectNewest.get()?.kid ?? null;
        if (newest !== newestKid) return false;
        if (newest !== null) retire.run({ kid: newest, at: key.signsFrom });
        insert.run(signingKeyToRow(key));
        writeAudit(audit);
        return true;
      });
    },

    async deleteRetiredKeys(before) {
      return connection.grant(() => forget.run(before).changes);
    },
  };
}
