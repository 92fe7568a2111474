/** Owns when registrations and their scopes were last used: written in batches, read by a dashboard. */
import type { AdminQueries } from "../../admin-queries-port.js";
import type { Store } from "../../ports.js";
import { intersect } from "../../protocol/scopes.js";
import { scopesFromText } from "../scope-text.js";
import type { Connection } from "./connection.js";

/** Whether the text of a registration's scopes holds `scope`. */
const holds = (scopes: string) => `instr(' ' || ${scopes} || ' ', ' ' || scope || ' ') > 0`;

/** Builds the verb that stores a batch. */
export function createUseVerbs(connection: Connection): Pick<Store, "recordUse"> {
  const touch = connection.prepare(
    `UPDATE registrations SET last_used_at = @at
     WHERE id = @registrationId AND (last_used_at IS NULL OR last_used_at < @at - @resolution)`,
  );
  const selectScopes = connection.prepare<{ scopes: string }>(
    "SELECT scopes FROM registrations WHERE id = ?",
  );
  const keep = connection.prepare(
    `INSERT INTO scope_uses (registration_id, scope, last_used_at) VALUES (@registrationId, @scope, @at)
     ON CONFLICT (registration_id, scope) DO UPDATE SET last_used_at = excluded.last_used_at
       WHERE last_used_at < excluded.last_used_at - @resolution`,
  );
  // What was taken away since: rows stay as few as the scopes a registration holds.
  const forget = connection.prepare(
    `DELETE FROM scope_uses WHERE registration_id = @registrationId AND NOT (${holds("@scopes")})`,
  );

  return {
    async recordUse(uses, resolution = 0) {
      if (uses.length === 0) return;
      connection.grant(() => {
        for (const { registrationId, at, scopes } of uses) {
          touch.run({ registrationId, at, resolution });
          if (scopes.length === 0) continue;
          const held = selectScopes.get(registrationId)?.scopes;
          if (held === undefined) continue;
          for (const scope of intersect(scopes, scopesFromText(held)))
            keep.run({ registrationId, scope, at, resolution });
          forget.run({ registrationId, scopes: held });
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
