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
import type { Connection } from "./connection.js";
import { countedDays, phaseOfRow } from "./counter-schema.js";
import { statusAtNow } from "./statements.js";

type CountingQueries = Pick<AdminQueries, "overview" | "countByIssuer" | "providerCounts" | "countOutcome">;

/** Builds the queries. */
export function createCountingQueries(connection: Connection): CountingQueries {
  const selectCounters = connection.prepare<{ key: string; count: number }>(
    "SELECT key, count FROM counters WHERE name = ? AND count > 0",
  );
  const selectCounter = connection.prepare<{ count: number }>(
    "SELECT count FROM counters WHERE name = ? AND key = ?",
  );
  const selectDays = connection.prepare<{ day: number; count: number }>(
    `SELECT day, sum(count) AS count FROM ${countedDays}
     WHERE what = @what AND issuer = '' AND day BETWEEN @first AND @last GROUP BY day`,
  );
  const selectOutcomes = connection.prepare<{ refusal: string; count: number }>(
    `SELECT refusal, sum(count) AS count FROM daily_counts
     WHERE what = @what AND issuer = @issuer AND day BETWEEN @first AND @last GROUP BY refusal`,
  );
  const selectTokens = connection.prepare<{ looked: number; active: number }>(
    `SELECT count(*) AS looked, count(*) FILTER (WHERE revoked_at IS NULL) AS active
     FROM (SELECT revoked_at FROM access_tokens WHERE expires_at > ? ORDER BY expires_at DESC LIMIT ${mostTokensLookedAt})`,
  );
  const countPassed = (status: string, rows: string) =>
    connection.prepare<PassedCount>(
      `SELECT phase, status, count(*) AS count
       FROM (SELECT ${phaseOfRow} AS phase, ${status} AS status FROM registrations ${rows} LIMIT ${mostPassed})
       GROUP BY phase, status`,
    );
  const countDated = countPassed(
    statusAtNow,
    "INDEXED BY registrations_by_end WHERE ends_at IS NOT NULL ORDER BY created_at DESC, id DESC",
  );
  const countDue = countPassed(
    `CASE WHEN ends_at IS NULL THEN ${statusAtNow} END`,
    `INDEXED BY registrations_to_expire
     WHERE claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL AND claim_expires_at <= @now
     ORDER BY claim_expires_at, id`,
  );
  const count = connection.prepare(
    `INSERT INTO daily_counts (what, issuer, day, refusal, count) VALUES (@what, @issuer, @day, @refusal, 1)
     ON CONFLICT (what, issuer, day, refusal) DO UPDATE SET count = count + 1`,
  );

  return {
    async overview(input) {
      const [first, last] = [firstDayOf(input), dayOf(input.now)];
      return connection.read(() => {
        const days = shownEvents.flatMap((what) =>
          selectDays.all({ what, first, last }).map((row) => ({ what, ...row })),
        );
        const refused = failingParts.flatMap((what) =>
          selectOutcomes.all({ what, issuer: "", first, last }).map((row) => ({ what, ...row })),
        );
        return {
          ...standingOf(selectCounters.all("registrations"), {
            dated: countDated.all({ now: input.now }),
            due: countDue.all({ now: input.now }),
          }),
          perDay: daysOf([first, last], days),
          failures: failuresOf(refused),
          activeTokens: activeTokensOf(selectTokens.get(input.now) ?? { looked: 0, active: 0 }),
          topScopes: topScopesOf(selectCounters.all("scopes")),
        };
      });
    },

    async countByIssuer(issuer, limit) {
      return Math.min(connection.read(() => selectCounter.get("issuer", issuer))?.count ?? 0, limit);
    },

    async providerCounts({ issuer, ...input }) {
      const days = { first: firstDayOf(input), last: dayOf(input.now) };
      return connection.read(() => ({
        idJags: outcomesOf(selectOutcomes.all({ what: "id_jag", issuer, ...days })),
        events: outcomesOf(selectOutcomes.all({ what: "event", issuer, ...days })),
      }));
    },

    async countOutcome({ what, issuer, refusal, now }) {
      const outcome = { what, day: dayOf(now), refusal: refusal ?? "" };
      connection.grant(() => {
        // Once for everybody, once for the provider: an overview must not add up what many of them did.
        count.run({ ...outcome, issuer: "" });
        if (issuer !== null && issuer !== "") count.run({ ...outcome, issuer });
      });
    },
  };
}
