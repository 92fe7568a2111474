/** Owns the operators' part of the trust list. */
import { getTableColumns } from "drizzle-orm";
import type { Store } from "../../ports.js";
import { changedPolicy } from "../../protocol/provider.js";
import { type ProviderRow, providerFromRow, providerToRow } from "../identity-rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import { providers } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

type ProviderVerbs = Pick<Store, "findProvider" | "listProviders" | "saveProvider" | "setProviderDisabled">;

/** What stays when an entry is replaced: an edit must not undo a stop that came between. */
const lasting = ["issuer", "created_at", "disabled_at"];

/** Builds the verbs of the trust list. */
export function createProviderVerbs(connection: Connection, writeAudit: WriteAudit): ProviderVerbs {
  const columns = columnsOf(providers);
  const select = connection.prepare<ProviderRow>(`SELECT ${columns} FROM providers WHERE issuer = ?`);
  const list = connection.prepare<ProviderRow>(`SELECT ${columns} FROM providers ORDER BY issuer`);
  const replaced = Object.keys(getTableColumns(providers)).filter((column) => !lasting.includes(column));
  const save = connection.prepare(
    `${insertInto(providers)}
     ON CONFLICT (issuer) DO UPDATE SET ${replaced.map((column) => `${column} = excluded.${column}`).join(", ")}`,
  );
  const add = connection.prepare(`${insertInto(providers)} ON CONFLICT (issuer) DO NOTHING`);
  const disable = connection.prepare(
    "UPDATE providers SET disabled_at = @now, changed_at = @now WHERE issuer = @issuer AND disabled_at IS NULL",
  );
  const enable = connection.prepare(
    "UPDATE providers SET disabled_at = NULL, changed_at = @now WHERE issuer = @issuer AND disabled_at IS NOT NULL",
  );

  const remove = connection.prepare(
    "DELETE FROM providers WHERE issuer = @issuer AND disabled_at IS NOT NULL",
  );

  return {
    async findProvider(issuer) {
      const row = connection.read(() => select.get(issuer));
      return row === undefined ? null : providerFromRow(row);
    },

    async listProviders() {
      return connection.read(() => list.all()).map(providerFromRow);
    },

    async saveProvider({ provider, seen, now, audit }) {
      return connection.spend(() => {
        const row = select.get(provider.issuer);
        const known = row === undefined ? null : providerFromRow(row);
        const isAsSeen =
          known === null || seen === null ? known === seen : changedPolicy(known, seen).length === 0;
        if (!isAsSeen) return false;
        save.run(providerToRow(provider, now));
        writeAudit(audit);
        return true;
      });
    },

    async setProviderDisabled({ issuer, disabled, now, audit, entry = null }) {
      return connection.spend(() => {
        if (disabled && entry !== null) add.run(providerToRow({ ...entry, disabledAt: null }, now));
        const change = disabled ? disable : entry === null ? enable : remove;
        if (change.run({ issuer, now }).changes === 0) return false;
        writeAudit(audit);
        return true;
      });
    },
  };
}
