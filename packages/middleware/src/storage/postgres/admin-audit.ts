/**
 * Owns the listing of the audit log, newest line first. Lines are nearly in the order they were written; a time range
 * becomes a range of ids by halving, so that the busiest table needs no index by time.
 */
import type { AdminQueries, AuditFilter } from "../../admin-queries-port.js";
import type { EpochSeconds } from "../../protocol/model.js";
import { type AuditRow, auditFromRow } from "../service-rows.js";
import { type Arm, few, type Walker } from "./admin-walk.js";
import type { Connection } from "./connection.js";
import { auditEvents } from "./schema.js";
import { columnsOf } from "./statements.js";

const table = "audit_events";
/** How far the clocks of nodes that write one log may be apart for every line of a time range to be found. */
const clocksApartSeconds = 300;
const never = Number.MAX_SAFE_INTEGER;

const range = { column: "id", from: "fromId", before: "beforeId" };
const wholeFilter = `(@registrationId::text IS NULL OR registration_id = @registrationId)
  AND (@type::text IS NULL OR type = @type) AND (@actorKind::text IS NULL OR actor_kind = @actorKind)
  AND (@actorId::text IS NULL OR actor_id = @actorId) AND at >= @from AND at < @before`;

const along = (where: string): Arm => ({ where, range });
const everything = along("true");
const ofRegistration = along("registration_id = @registrationId");
const ofType = along("type = @type");
const ofKind = along("actor_kind = @actorKind AND actor_kind <> 'agent'");
const ofActor = along("actor_id = @actorId AND actor_kind <> 'agent'");
// What an agent did is told of its own registration, so an index by actor leaves agents out.
const ofAgent = along("registration_id = @actorId AND actor_id = @actorId AND actor_kind = 'agent'");

/** What is given, the most selective first. */
function sourcesOf({ registrationId, actorId, actorKind, type, from, before }: AuditFilter): Arm[][] {
  const sources: Arm[][] = [];
  if (registrationId !== undefined) sources.push([ofRegistration]);
  if (actorId !== undefined) {
    if (actorKind === undefined) sources.push([ofActor, ofAgent]);
    else sources.push(actorKind === "agent" ? [ofAgent] : [ofActor]);
  }
  if (actorKind !== undefined && actorKind !== "agent") sources.push([ofKind]);
  if (type !== undefined) sources.push([ofType]);
  if (from !== undefined || before !== undefined) sources.push([everything]);
  return sources;
}

/** Builds the listing. */
export function createAuditListing(connection: Connection, walker: Walker): Pick<AdminQueries, "pageAudit"> {
  const select = connection.prepare<AuditRow>(
    `SELECT ${columnsOf(auditEvents)} FROM agent_auth.audit_events WHERE id = ANY(@ids::bigint[])
     ORDER BY id DESC`,
  );
  // Halves the range of ids until one is left: some thirty looks at the primary key, in one statement.
  const selectFirst = connection.prepare<{ id: number }>(
    `WITH RECURSIVE search AS (
       SELECT 0::bigint AS low, (SELECT coalesce(max(id), 0) + 1 FROM agent_auth.audit_events) AS high
       UNION ALL
       SELECT CASE WHEN line.at < @at THEN line.id + 1 ELSE low END,
         CASE WHEN line.at < @at THEN high ELSE (low + high) / 2 END
       FROM search LEFT JOIN LATERAL (
         SELECT id, at FROM agent_auth.audit_events WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1
       ) AS line ON true
       WHERE low < high)
     SELECT low AS id FROM search WHERE low >= high LIMIT 1`,
  );

  /** The first id whose line is not before `at`, in a log whose times only rise. */
  async function firstIdAt(at: EpochSeconds): Promise<number> {
    return (await connection.read(selectFirst, { at }))[0]?.id ?? 0;
  }

  return {
    async pageAudit(filter, page) {
      const { from, before, registrationId, type, actorKind, actorId } = filter;
      const parameters = {
        ...{ registrationId, type, actorKind, actorId, from: from ?? 0, before: before ?? never },
        fromId: from === undefined ? 0 : await firstIdAt(from - clocksApartSeconds),
        beforeId: before === undefined ? never : await firstIdAt(before + clocksApartSeconds),
      };
      const sources = sourcesOf(filter);
      const [first = [everything], ...others] = sources;
      let arms = first;
      if (others.length > 0)
        for (const source of sources)
          if (await walker.isShort(table, source, parameters, few)) {
            arms = source;
            break;
          }
      const { places, next, previous } = await walker.walk(
        {
          ...{ name: "audit", table, columns: ["id"], direction: "descending" },
          ...{ start: [parameters.beforeId], end: [parameters.fromId - 1] },
          ...{ arms, parameters, residual: wholeFilter },
        },
        page,
      );
      const rows = await connection.read(select, { ids: places.map(([id]) => Number(id)) });
      return { rows: rows.map(auditFromRow), next, previous };
    },
  };
}
