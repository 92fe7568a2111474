/** Owns stored signing keys: who may add the next one. */
import type { Database } from "better-sqlite3";
import type { Store } from "../ports.js";
import type { StoredKey } from "../protocol/model.js";
import { type KeyRow, keyOf, keyRow } from "./rows.js";
import { signingKeys } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

const newestFirst = "ORDER BY signs_from DESC, created_at DESC, rowid DESC";

export function createKeyVerbs(database: Database): Pick<Store, "listKeys" | "addKey" | "deleteKeys"> {
  const list = database.prepare<[], KeyRow>(
    `SELECT ${columnsOf(signingKeys)} FROM signing_keys ${newestFirst}`,
  );
  const insert = database.prepare(insertInto(signingKeys));
  const remove = database.prepare("DELETE FROM signing_keys WHERE kid = ?");
  const add = database.transaction((key: StoredKey, newestKid: string | null) => {
    if ((list.get()?.kid ?? null) !== newestKid) return false;
    insert.run(keyRow(key));
    return true;
  });
  return {
    listKeys: () => list.all().map(keyOf),
    addKey: (key, newestKid) => add.immediate(key, newestKid),
    deleteKeys: (kids) => {
      for (const kid of kids) remove.run(kid);
    },
  };
}
