/**
 * Owns counting audit events by their day, into `dailyCounts`. By the one writer of the log and not by triggers: a
 * trigger makes SQLite copy every page an INSERT changes, in case it has to undo half of it.
 */
import type { Connection } from "./connection.js";

/** How many events are counted at a time. Whoever reads adds those that came since (`countedDays`). */
const atOnce = 64;

const addUp = "ON CONFLICT (what, issuer, day, refusal) DO UPDATE SET count = count + excluded.count";

/** Counts what is not counted yet, up to the event `@id`. To be run in this order, in one transaction. */
export const foldEvents = [
  `INSERT INTO daily_counts (what, issuer, day, refusal, count)
   SELECT type, '', at / 86400, '', count(*) FROM audit_events NOT INDEXED
   WHERE id > (SELECT count FROM counters WHERE name = 'folded' AND key = 'audit_events') AND id <= @id
   GROUP BY type, at / 86400 ${addUp}`,
  "UPDATE counters SET count = @id WHERE name = 'folded' AND key = 'audit_events'",
] as const;

/** Counts a mail that failed, by its reason; `which` picks the events. */
export const countFailedMail = (which: string) =>
  `INSERT INTO daily_counts (what, issuer, day, refusal, count)
   SELECT 'mail', '', at / 86400, coalesce(json_extract(detail, '$.reason'), 'unknown'), 1 FROM audit_events
   WHERE ${which} ${addUp}`;

// For all providers together and for the one it came from, which are the same when it came from nobody known.
const countProviderEvent = `INSERT INTO daily_counts (what, issuer, day, refusal, count)
  SELECT DISTINCT 'event', CASE column1 WHEN 1 THEN coalesce(actor_id, '') ELSE '' END, at / 86400,
    CASE type WHEN 'event.received' THEN ''
      ELSE coalesce(json_extract(detail, '$.reason'), json_extract(detail, '$.error'), 'unknown') END, 1
  FROM audit_events, (VALUES (0), (1)) WHERE id = @id ${addUp}`;

/** Counts an event of the log that was just written, inside the running transaction. */
export type CountEvent = (id: number | bigint, type: string) => void;

/** Builds what the writer of the log calls for each event. */
export function createEventCounter(connection: Connection): CountEvent {
  const folding = foldEvents.map((sql) => connection.prepare(sql));
  const failedMail = connection.prepare(countFailedMail("id = @id"));
  const providerEvent = connection.prepare(countProviderEvent);
  return (id, type) => {
    if (type === "mail.failed") failedMail.run({ id });
    if (type === "event.received" || type === "event.rejected") providerEvent.run({ id });
    if (Number(id) % atOnce === 0) for (const step of folding) step.run({ id });
  };
}
