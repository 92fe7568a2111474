/** Owns when registrations and their scopes were last used: written in batches, read by a dashboard. */
import type { AdminQueries } from "../../admin-queries-port.js";
import type { Store } from "../../ports.js";
import { intersect } from "../../protocol/scopes.js";
import { scopesFromText } from "../scope-text.js";
import type { Connection } from "./connection.js";

/** Whether the text of a registration's scopes holds `scope`. */
const holds = (scopes: string) => `instr(' ' || ${scopes} || ' ', ' ' || scope || ' ') > 0`;

/** One row of a registration, or one for each scope it has used. */
interface UsedRow {
  scopes: string;
  lastUsedAt: number | null;
  scope: string | null;
  scopeUsedAt: number | null;
}

/** Builds the verb that stores a batch. */
export function createUseVerbs(connection: Connection): Pick<Store, "recordUse"> {
  const select = connection.prepare<UsedRow>(
    `SELECT scopes, registrations.last_used_at AS lastUsedAt, scope, scope_uses.last_used_at AS scopeUsedAt
     FROM registrations LEFT JOIN scope_uses ON registration_id = id WHERE id = ?`,
  );
  const touch = connection.prepare("UPDATE registrations SET last_used_at = @at WHERE id = @registrationId");
  const keep = connection.prepare(
    `INSERT INTO scope_uses (registration_id, scope, last_used_at) VALUES (@registrationId, @scope, @at)
     ON CONFLICT (registration_id, scope) DO UPDATE SET last_used_at = excluded.last_used_at`,
  );
  const forget = connection.prepare(
    "DELETE FROM scope_uses WHERE registration_id = @registrationId AND scope = @scope",
  );

  return {
    async recordUse(uses, resolution = 0) {
      if (uses.length === 0) return;
      connection.grant(() => {
        for (const { registrationId, at, scopes } of uses) {
          const rows = select.all(registrationId);
          const [row] = rows;
          if (row === undefined) continue;
          const isOld = (known: number | null | undefined) => known == null || known < at - resolution;
          if (isOld(row.lastUsedAt)) touch.run({ registrationId, at });
          if (scopes.length === 0) continue;
          const held = scopesFromText(row.scopes);
          const usedAt = new Map(rows.map(({ scope, scopeUsedAt }) => [scope, scopeUsedAt]));
          for (const scope of intersect(scopes, held))
            if (isOld(usedAt.get(scope))) keep.run({ registrationId, scope, at });
          // What was taken away since: rows stay as few as the scopes a registration holds.
          for (const scope of usedAt.keys())
            if (scope !== null && !held.includes(scope)) forget.run({ registrationId, scope });
        }
      });
    },
  };
}

/** Builds the query of what was stored. */
export function createUseQueries(connection: Connection): Pick<AdminQueries, "listScopeUses"> {
  const select = connection.prepare<{ scope: string; last_used_at: number }>(
    `SELECT scope, scope_uses.last_used_at FROM scope_uses JOIN registrations ON id = registration_id
     WHERE registration_id = ? AND ${holds("scopes")} ORDER BY scope`,
  );

  return {
    async listScopeUses(registrationId) {
      const rows = connection.read(() => select.all(registrationId));
      return rows.map(({ scope, last_used_at }) => ({ scope, lastUsedAt: last_used_at }));
    },
  };
}
