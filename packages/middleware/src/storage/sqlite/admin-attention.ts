/** Owns what a dashboard says needs a look: counters of days, and rows counted along an index for as far as they matter. */
import type { AdminQueries } from "../../admin-queries-port.js";
import { dayOf, firstDayOf } from "../overview-rows.js";
import type { Connection } from "./connection.js";
import { countedDays, mailStateOfRow } from "./counter-schema.js";

/** Counted up to here: whoever has that many needs no more exact number. */
const most = 1000;

/** Builds the query. */
export function createAttentionQuery(connection: Connection): Pick<AdminQueries, "attention"> {
  const count = (rows: string) =>
    connection.prepare<{ count: number }>(`SELECT count(*) AS count FROM (${rows} LIMIT ${most})`);
  const countSuspended = count(
    `SELECT 1 FROM registrations INDEXED BY registrations_by_suspension
     WHERE suspended_at IS NOT NULL AND revoked_at IS NULL AND suspended_at < @suspendedBefore`,
  );
  const countFailed = count(
    `SELECT 1 FROM mail_outbox INDEXED BY mail_outbox_by_state WHERE ${mailStateOfRow} = 'failed'`,
  );
  const sumDays = (condition: string) =>
    connection.prepare<{ count: number }>(
      `SELECT coalesce(sum(count), 0) AS count FROM ${countedDays}
       WHERE ${condition} AND issuer = '' AND day BETWEEN @first AND @last`,
    );
  const sumLocked = sumDays("what = 'claim.locked'");
  const sumRejected = sumDays("what = 'event' AND refusal <> ''");
  // A job that is held and does not move fails; one that is not held may wait for another one, if that one moves.
  const selectJobs = connection.prepare<{ open: number; still: number; stuck: number }>(
    `SELECT count(*) AS open, count(*) FILTER (WHERE advanced_at < @stalledBefore) AS still,
       count(*) FILTER (WHERE advanced_at < @stalledBefore AND lease_until IS NOT NULL) AS stuck
     FROM (SELECT advanced_at, lease_until FROM admin_jobs INDEXED BY admin_jobs_open
           WHERE finished_at IS NULL AND created_at <= @now LIMIT ${most})`,
  );

  return {
    async attention(input) {
      const { suspendedBefore, stalledBefore, now } = input;
      const days = { first: firstDayOf(input), last: dayOf(now) };
      return connection.read(() => {
        const { open = 0, still = 0, stuck = 0 } = selectJobs.get({ stalledBefore, now }) ?? {};
        return {
          longSuspended: countSuspended.get({ suspendedBefore })?.count ?? 0,
          failedMails: countFailed.get()?.count ?? 0,
          lockedClaims: sumLocked.get(days)?.count ?? 0,
          rejectedEvents: sumRejected.get(days)?.count ?? 0,
          openJobs: open,
          stalledJobs: open > still ? stuck : still,
        };
      });
    },
  };
}
