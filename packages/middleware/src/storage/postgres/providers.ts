/** Owns the operators' part of the trust list. */
import type { Store } from "../../ports.js";
import type { EpochSeconds } from "../../protocol/model.js";
import { changedPolicy, type TrustedProvider } from "../../protocol/provider.js";
import { type ProviderRow, providerFromRow, providerToRow } from "../identity-rows.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { Locks } from "./locks.js";
import { providers } from "./schema.js";
import { columnNames, columnsOf, insertInto, storableJson, type Values } from "./statements.js";

type ProviderVerbs = Pick<Store, "findProvider" | "listProviders" | "saveProvider" | "setProviderDisabled">;

/** What stays when an entry is replaced: an edit must not undo a stop that came between. */
const lasting = ["issuer", "created_at", "disabled_at"];
const jsonColumns = ["client_ids", "algorithms", "allowed_email_domains", "required_amr"];

function valuesOf(provider: TrustedProvider, now: EpochSeconds): Values {
  return Object.fromEntries(
    Object.entries(providerToRow(provider, now)).map(([column, value]) => [
      column,
      jsonColumns.includes(column) && typeof value === "string" ? storableJson(value) : value,
    ]),
  );
}

/** Builds the verbs of the trust list. */
export function createProviderVerbs(
  connection: Connection,
  { writeAudit, locks }: { writeAudit: WriteAudit; locks: Locks },
): ProviderVerbs {
  const columns = columnsOf(providers);
  const select = connection.prepare<ProviderRow>(
    `SELECT ${columns} FROM agent_auth.providers WHERE issuer = @issuer`,
  );
  const lock = connection.prepare<ProviderRow>(
    `SELECT ${columns} FROM agent_auth.providers WHERE issuer = @issuer FOR NO KEY UPDATE`,
  );
  const list = connection.prepare<ProviderRow>(`SELECT ${columns} FROM agent_auth.providers ORDER BY issuer`);
  const add = connection.prepare(`${insertInto(providers)} ON CONFLICT (issuer) DO NOTHING RETURNING 1`);
  const assignments = columnNames(providers)
    .filter((column) => !lasting.includes(column))
    .map((column) => `${column} = @${column}`);
  const replace = connection.prepare(
    `UPDATE agent_auth.providers SET ${assignments.join(", ")} WHERE issuer = @issuer`,
  );
  const disable = connection.prepare(
    `UPDATE agent_auth.providers SET disabled_at = @now, changed_at = @now
     WHERE issuer = @issuer AND disabled_at IS NULL RETURNING 1`,
  );
  const enable = connection.prepare(
    `UPDATE agent_auth.providers SET disabled_at = NULL, changed_at = @now
     WHERE issuer = @issuer AND disabled_at IS NOT NULL RETURNING 1`,
  );
  const remove = connection.prepare(
    "DELETE FROM agent_auth.providers WHERE issuer = @issuer AND disabled_at IS NOT NULL RETURNING 1",
  );

  return {
    async findProvider(issuer) {
      const [row] = await connection.read(select, { issuer });
      return row === undefined ? null : providerFromRow(row);
    },

    async listProviders() {
      return (await connection.read(list)).map(providerFromRow);
    },

    async saveProvider({ provider, seen, now, audit }) {
      const values = valuesOf(provider, now);
      return connection.spend(async (transaction) => {
        if (seen === null) {
          if ((await transaction.run(add, values)).length === 0) return transaction.refuse(false);
        } else {
          const [row] = await transaction.run(lock, { issuer: provider.issuer });
          if (row === undefined || changedPolicy(providerFromRow(row), seen).length > 0)
            return transaction.refuse(false);
          transaction.send(replace, values);
        }
        writeAudit(transaction, audit);
        return true;
      });
    },

    async setProviderDisabled({ issuer, disabled, now, audit, entry = null }) {
      return connection.spend(async (transaction) => {
        locks.switching(transaction, issuer);
        if (disabled && entry !== null) transaction.send(add, valuesOf({ ...entry, disabledAt: null }, now));
        const change = disabled ? disable : entry === null ? enable : remove;
        if ((await transaction.run(change, { issuer, now })).length === 0) return transaction.refuse(false);
        writeAudit(transaction, audit);
        return true;
      });
    },
  };
}
