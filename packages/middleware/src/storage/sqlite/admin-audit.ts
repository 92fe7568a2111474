/**
 * Owns the listing of the audit log, newest line first. Lines are in the order they were written; a time range becomes
 * a range of ids by halving, so that the busiest table needs no index by time.
 */
import type { AdminQueries, AuditFilter } from "../../admin-queries-port.js";
import type { EpochSeconds } from "../../protocol/model.js";
import { type AuditRow, auditFromRow } from "../service-rows.js";
import { type Arm, mostRows, type Walker } from "./admin-walk.js";
import type { Connection } from "./connection.js";
import { auditEvents } from "./schema.js";
import { columnsOf } from "./statements.js";

/** How far the clocks of nodes that write one log may be apart for every line of a time range to be found. */
const clocksApartSeconds = 300;
const never = Number.MAX_SAFE_INTEGER;

const range = { column: "id", from: "fromId", before: "beforeId" };
const wholeFilter = `(@registrationId IS NULL OR registration_id = @registrationId) AND (@type IS NULL OR type = @type)
  AND (@actorKind IS NULL OR actor_kind = @actorKind) AND (@actorId IS NULL OR actor_id = @actorId)
  AND at >= @from AND at < @before`;

const everything: Arm = { from: "audit_events", where: "true", range };
const along = (index: string, where: string): Arm => ({
  from: `audit_events INDEXED BY ${index}`,
  where,
  range,
});
const ofRegistration = along("audit_events_by_registration", "registration_id = @registrationId");
const ofType = along("audit_events_by_type", "type = @type");
const ofKind = along(
  "audit_events_by_actor_kind",
  "actor_kind = @actorKind AND actor_kind <> 'agent' AND @actorKind <> 'agent'",
);
const ofActor = along("audit_events_by_actor", "actor_id = @actorId AND actor_kind <> 'agent'");
// What an agent did is told of its own registration, so an index by actor leaves agents out.
const ofAgent = along(
  "audit_events_by_registration",
  "registration_id = @actorId AND actor_id = @actorId AND actor_kind = 'agent'",
);

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
    `SELECT ${columnsOf(auditEvents)} FROM audit_events WHERE id = ?`,
  );
  const selectFrom = connection.prepare<{ id: number; at: number }>(
    "SELECT id, at FROM audit_events WHERE id >= ? ORDER BY id LIMIT 1",
  );
  const selectLast = connection.prepare<{ id: number }>(
    "SELECT id FROM audit_events ORDER BY id DESC LIMIT 1",
  );

  /** The first id whose line is not before `at`, in a log whose times only rise. */
  function firstIdAt(at: EpochSeconds): number {
    let [low, high] = [0, (selectLast.get()?.id ?? 0) + 1];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const line = selectFrom.get(middle);
      if (line === undefined || line.at >= at) high = middle;
      else low = line.id + 1;
    }
    return low;
  }

  return {
    async pageAudit(filter, page) {
      const { from, before, registrationId, type, actorKind, actorId } = filter;
      const parameters = connection.read(() => ({
        ...{ registrationId: registrationId ?? null, type: type ?? null },
        ...{ actorKind: actorKind ?? null, actorId: actorId ?? null },
        ...{ from: from ?? 0, before: before ?? never },
        fromId: from === undefined ? 0 : firstIdAt(from - clocksApartSeconds),
        beforeId: before === undefined ? never : firstIdAt(before + clocksApartSeconds),
      }));
      const sources = sourcesOf(filter);
      const [first = [everything], ...others] = sources;
      const arms =
        others.length === 0
          ? first
          : (sources.find((arm) => walker.isShort(arm, parameters, mostRows)) ?? first);
      const { entries, next, previous } = walker.walk(
        {
          ...{ name: "audit", table: "audit_events", columns: ["id"], direction: "descending" },
          ...{ start: [parameters.beforeId], end: [parameters.fromId - 1] },
          ...{ arms, members: [], parameters, residual: wholeFilter },
        },
        page,
      );
      const rows = connection.read(() => entries.map((id) => select.get(id)));
      return { rows: rows.filter((row) => row !== undefined).map(auditFromRow), next, previous };
    },
  };
}
