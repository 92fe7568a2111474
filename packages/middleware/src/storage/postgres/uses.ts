/** Owns when registrations and their scopes were last used: written in batches, read by a dashboard. */
import type { AdminQueries } from "../../admin-queries-port.js";
import type { Store } from "../../ports.js";
import type { Connection } from "./connection.js";
import { storableJson } from "./statements.js";

/** Whether the text of a registration's scopes holds a scope. */
const holds = (scopes: string, scope: string) => `${scope} = ANY(string_to_array(${scopes}, ' '))`;

/** Builds the verb that stores a batch. */
export function createUseVerbs(connection: Connection): Pick<Store, "recordUse"> {
  // Locked in the order of ids: batches of other nodes name the same registrations. A lock is a write as well, so only
  // what will change is locked.
  const lock = connection.prepare(
    `SELECT 1 FROM agent_auth.registrations
       JOIN json_to_recordset(@uses::json) AS used (id text, at bigint) USING (id)
     WHERE last_used_at IS NULL OR last_used_at < used.at - @resolution::bigint
     ORDER BY id FOR NO KEY UPDATE OF registrations`,
  );
  const touch = connection.prepare(
    `UPDATE agent_auth.registrations SET last_used_at = used.at
     FROM (SELECT id, max(at) AS at FROM json_to_recordset(@uses::json) AS given (id text, at bigint) GROUP BY id) AS used
     WHERE registrations.id = used.id AND (last_used_at IS NULL OR last_used_at < used.at - @resolution::bigint)`,
  );
  const keep = connection.prepare(
    `INSERT INTO agent_auth.scope_uses (registration_id, scope, last_used_at)
     SELECT registrations.id, scope, max(at)
     FROM json_to_recordset(@uses::json) AS given (id text, at bigint, scopes text[])
       JOIN agent_auth.registrations ON registrations.id = given.id, unnest(given.scopes) AS scope
     WHERE ${holds("registrations.scopes", "scope")} GROUP BY registrations.id, scope ORDER BY 1, 2
     ON CONFLICT (registration_id, scope) DO UPDATE SET last_used_at = excluded.last_used_at
       WHERE scope_uses.last_used_at < excluded.last_used_at - @resolution::bigint`,
  );
  // What was taken away since: rows stay as few as the scopes a registration holds.
  const forget = connection.prepare(
    `DELETE FROM agent_auth.scope_uses USING agent_auth.registrations
     WHERE registrations.id = registration_id AND registration_id = ANY(@ids::text[])
       AND NOT (${holds("registrations.scopes", "scope_uses.scope")})`,
  );

  return {
    async recordUse(uses, resolution = 0) {
      if (uses.length === 0) return;
      const given = uses.map(({ registrationId, at, scopes }) => ({ id: registrationId, at, scopes }));
      const json = storableJson(JSON.stringify(given));
      const scoped = uses
        .filter(({ scopes }) => scopes.length > 0)
        .map(({ registrationId }) => registrationId);
      await connection.grant(async (transaction) => {
        transaction.send(lock, { uses: json, resolution });
        transaction.send(touch, { uses: json, resolution });
        if (scoped.length === 0) return;
        transaction.send(keep, { uses: json, resolution });
        transaction.send(forget, { ids: scoped });
      });
    },
  };
}

/** Builds the query of what was stored. */
export function createUseQueries(connection: Connection): Pick<AdminQueries, "listScopeUses"> {
  const select = connection.prepare<{ scope: string; last_used_at: number }>(
    `SELECT scope, scope_uses.last_used_at FROM agent_auth.scope_uses
       JOIN agent_auth.registrations ON id = registration_id
     WHERE registration_id = @registrationId AND ${holds("scopes", "scope")} ORDER BY scope`,
  );

  return {
    async listScopeUses(registrationId) {
      const rows = await connection.read(select, { registrationId });
      return rows.map(({ scope, last_used_at }) => ({ scope, lastUsedAt: last_used_at }));
    },
  };
}
