/**
 * Owns what a dashboard counts. Nothing is counted when asked, but tokens and what time alone has changed, both of them
 * up to a bound; triggers keep the rest (`counter-schema.ts`).
 */
import type { AdminQueries } from "../../admin-queries-port.js";
import {
  activeTokensOf,
  dayOf,
  daysOf,
  failingParts,
  failuresOf,
  firstDayOf,
  mostPassed,
  mostTokensLookedAt,
  outcomesOf,
  type PassedCount,
  shownEvents,
  standingOf,
  topScopesOf,
} from "../overview-rows.js";
import { mailStateOfRow, phaseOfRow, statusAtNow } from "../row-standing.js";
import type { Connection } from "./connection.js";

type CountingQueries = Pick<
  AdminQueries,
  "overview" | "attention" | "countByIssuer" | "providerCounts" | "countOutcome"
>;

/** What waits for an operator is counted up to here: whoever has that many needs no more exact number. */
const mostCounted = 1000;

/** Builds the queries. A count is a sum: rows are added, never changed. */
export function createCountingQueries(connection: Connection): CountingQueries {
  const selectCounters = connection.prepare<{ name: string; key: string; count: number }>(
    `SELECT name, key, sum(count)::bigint AS count FROM agent_auth.counters
     WHERE name = ANY(ARRAY['registrations', 'scopes']) GROUP BY name, key HAVING sum(count) > 0`,
  );
  const selectCounter = connection.prepare<{ count: number }>(
    `SELECT coalesce(sum(count), 0)::bigint AS count FROM agent_auth.counters
     WHERE name = @name AND hashtextextended(key, 0) = hashtextextended(@key::text COLLATE "C", 0)
       AND key = @key::text`,
  );
  const selectDays = connection.prepare<{ what: string; day: number; count: number }>(
    `SELECT what, day, sum(count)::bigint AS count FROM agent_auth.daily_counts
     WHERE what = ANY(@whats::text[]) AND issuer = '' AND day BETWEEN @first AND @last GROUP BY what, day`,
  );
  const selectOutcomes = connection.prepare<{
    what: (typeof failingParts)[number];
    refusal: string;
    count: number;
  }>(
    `SELECT what, refusal, sum(count)::bigint AS count FROM agent_auth.daily_counts
     WHERE what = ANY(@whats::text[]) AND issuer = @issuer AND day BETWEEN @first AND @last
     GROUP BY what, refusal`,
  );
  const selectTokens = connection.prepare<{ looked: number; active: number }>(
    `SELECT count(*) AS looked, count(*) FILTER (WHERE revoked_at IS NULL) AS active
     FROM (SELECT revoked_at FROM agent_auth.access_tokens WHERE expires_at > @now
           ORDER BY expires_at DESC LIMIT ${mostTokensLookedAt}) AS living`,
  );
  const countPassed = (status: string, rows: string) =>
    connection.prepare<PassedCount>(
      `SELECT phase, status, count(*) AS count
       FROM (SELECT ${phaseOfRow} AS phase, ${status} AS status FROM agent_auth.registrations
             ${rows} LIMIT ${mostPassed}) AS passed
       GROUP BY phase, status`,
    );
  const countDated = countPassed(statusAtNow, "WHERE ends_at IS NOT NULL ORDER BY created_at DESC, id DESC");
  const countDue = countPassed(
    `CASE WHEN ends_at IS NULL THEN ${statusAtNow} END`,
    `WHERE claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL AND claim_expires_at <= @now
     ORDER BY claim_expires_at, id`,
  );
  const count = connection.prepare(
    `INSERT INTO agent_auth.daily_counts (what, issuer, day, refusal, count)
     SELECT @what::text, issuer, @day::bigint, @refusal::text, 1 FROM unnest(@issuers::text[]) AS issuer`,
  );
  // A job that is held and does not move fails; one that is not held may wait for another one, if that one moves.
  const selectAttention = connection.prepare<{
    suspended: number;
    failed: number;
    locked: number;
    rejected: number;
    open: number;
    still: number;
    stuck: number;
  }>(
    `SELECT
       (SELECT count(*) FROM (
          SELECT 1 FROM agent_auth.registrations
          WHERE suspended_at IS NOT NULL AND revoked_at IS NULL AND suspended_at < @suspendedBefore
          LIMIT ${mostCounted}) AS counted) AS suspended,
       (SELECT count(*) FROM (
          SELECT 1 FROM agent_auth.mail_outbox WHERE ${mailStateOfRow} = 'failed'
          LIMIT ${mostCounted}) AS counted) AS failed,
       (SELECT coalesce(sum(count), 0)::bigint FROM agent_auth.daily_counts
        WHERE what = 'claim.locked' AND issuer = '' AND day BETWEEN @first AND @last) AS locked,
       (SELECT coalesce(sum(count), 0)::bigint FROM agent_auth.daily_counts
        WHERE what = 'event' AND refusal <> '' AND issuer = '' AND day BETWEEN @first AND @last) AS rejected,
       count(*) AS open, count(*) FILTER (WHERE advanced_at < @stalledBefore) AS still,
       count(*) FILTER (WHERE advanced_at < @stalledBefore AND lease_until IS NOT NULL) AS stuck
     FROM (SELECT advanced_at, lease_until FROM agent_auth.admin_jobs
           WHERE finished_at IS NULL AND created_at <= @now LIMIT ${mostCounted}) AS jobs`,
  );

  return {
    async overview(input) {
      const days = { first: firstDayOf(input), last: dayOf(input.now) };
      const { now } = input;
      const [counters, dated, due, perDay, refused, tokens] = await Promise.all([
        connection.read(selectCounters),
        connection.read(countDated, { now }),
        connection.read(countDue, { now }),
        connection.read(selectDays, { whats: shownEvents, ...days }),
        connection.read(selectOutcomes, { whats: [...failingParts], issuer: "", ...days }),
        connection.read(selectTokens, { now }),
      ]);
      return {
        ...standingOf(
          counters.filter(({ name }) => name === "registrations"),
          { dated, due },
        ),
        perDay: daysOf([days.first, days.last], perDay),
        failures: failuresOf(refused),
        activeTokens: activeTokensOf(tokens[0] ?? { looked: 0, active: 0 }),
        topScopes: topScopesOf(counters.filter(({ name }) => name === "scopes")),
      };
    },

    async attention({ suspendedBefore, stalledBefore, now, days }) {
      const [found] = await connection.read(selectAttention, {
        ...{ suspendedBefore, stalledBefore, now },
        ...{ first: firstDayOf({ days, now }), last: dayOf(now) },
      });
      const {
        suspended = 0,
        failed = 0,
        locked = 0,
        rejected = 0,
        open = 0,
        still = 0,
        stuck = 0,
      } = found ?? {};
      return {
        ...{ longSuspended: suspended, failedMails: failed, lockedClaims: locked, rejectedEvents: rejected },
        ...{ openJobs: open, stalledJobs: open > still ? stuck : still },
      };
    },

    async countByIssuer(issuer, limit) {
      const [found] = await connection.read(selectCounter, { name: "issuer", key: issuer });
      return Math.min(found?.count ?? 0, limit);
    },

    async providerCounts({ issuer, ...input }) {
      const days = { first: firstDayOf(input), last: dayOf(input.now) };
      const rows = await connection.read(selectOutcomes, { whats: ["id_jag", "event"], issuer, ...days });
      return {
        idJags: outcomesOf(rows.filter(({ what }) => what === "id_jag")),
        events: outcomesOf(rows.filter(({ what }) => what === "event")),
      };
    },

    async countOutcome({ what, issuer, refusal, now }) {
      // Once for everybody, once for the provider: an overview must not add up what many of them did.
      const issuers = issuer === null || issuer === "" ? [""] : ["", issuer];
      await connection.grant(async (transaction) =>
        transaction.send(count, { what, day: dayOf(now), refusal: refusal ?? "", issuers }),
      );
    },
  };
}
