/** Owns what a dashboard counts. Nothing is counted when asked, but tokens; triggers keep the rest (`counter-schema.ts`). */
import type { AdminQueries, Overview, ProviderCounts } from "../../admin-queries-port.js";
import type { EpochSeconds } from "../../protocol/model.js";
import { scopesFromText } from "../scope-text.js";
import type { Connection } from "./connection.js";

type CountingQueries = Pick<AdminQueries, "overview" | "countByIssuer" | "providerCounts" | "countOutcome">;

const daySeconds = 86_400;
const mostDays = 366;
const mostTokens = 10_000;
/** Tokens looked at to find that many good ones. */
const mostTokensLookedAt = 20_000;
const mostScopes = 20;
const mostFailures = 50;

/** Columns of a day, by the audit event that is counted there. */
const shown = {
  "registration.created": "registrations",
  "claim.confirmed": "claims",
  "registration.revoked": "revocations",
  "mail.failed": "mailFailures",
} as const;

const dayOf = (at: EpochSeconds) => Math.floor(at / daySeconds);
const nameOfDay = (day: number) => new Date(day * daySeconds * 1000).toISOString().slice(0, 10);
const byCount = (one: { count: number }, other: { count: number }) => other.count - one.count;

function firstDayOf({ days, now }: { days: number; now: EpochSeconds }): number {
  return dayOf(now) - Math.min(Math.max(Math.trunc(days) || 1, 1), mostDays) + 1;
}

/** Builds the queries. */
export function createCountingQueries(connection: Connection): CountingQueries {
  const selectCounters = connection.prepare<{ key: string; count: number }>(
    "SELECT key, count FROM counters WHERE name = ? AND count > 0",
  );
  const selectCounter = connection.prepare<{ count: number }>(
    "SELECT count FROM counters WHERE name = ? AND key = ?",
  );
  const selectDays = connection.prepare<{ day: number; count: number }>(
    `SELECT day, sum(count) AS count FROM daily_counts
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
  const count = connection.prepare(
    `INSERT INTO daily_counts (what, issuer, day, refusal, count) VALUES (@what, @issuer, @day, @refusal, 1)
     ON CONFLICT (what, issuer, day, refusal) DO UPDATE SET count = count + 1`,
  );

  function standing(): Pick<Overview, "byStatus" | "byKind"> {
    const totals: { byStatus: Record<string, number>; byKind: Record<string, number> } = {
      byStatus: {},
      byKind: {},
    };
    for (const row of selectCounters.all("registrations")) {
      const [phase = "", kind = ""] = row.key.split(" ");
      totals.byStatus[phase] = (totals.byStatus[phase] ?? 0) + row.count;
      totals.byKind[kind] = (totals.byKind[kind] ?? 0) + row.count;
    }
    return totals;
  }

  function scopes(): Overview["topScopes"] {
    const totals = new Map<string, number>();
    for (const row of selectCounters.all("scopes"))
      for (const scope of new Set(scopesFromText(row.key)))
        totals.set(scope, (totals.get(scope) ?? 0) + row.count);
    return [...totals]
      .map(([scope, total]) => ({ scope, count: total }))
      .sort((one, other) => byCount(one, other) || (one.scope < other.scope ? -1 : 1))
      .slice(0, mostScopes);
  }

  function daysFrom(first: number, last: number): Overview["perDay"] {
    const days = Array.from({ length: last - first + 1 }, (_, index) => ({
      ...{ day: nameOfDay(first + index), registrations: 0, claims: 0, revocations: 0, mailFailures: 0 },
    }));
    for (const [what, column] of Object.entries(shown))
      for (const row of selectDays.all({ what, first, last })) {
        const day = days[row.day - first];
        if (day !== undefined) day[column] = row.count;
      }
    return days;
  }

  function failures(first: number, last: number): Overview["failures"] {
    return (["event", "id_jag", "mail"] as const)
      .flatMap((what) =>
        selectOutcomes
          .all({ what, issuer: "", first, last })
          .filter(({ refusal }) => refusal !== "")
          .map((row) => ({ what, reason: row.refusal, count: row.count })),
      )
      .sort(byCount)
      .slice(0, mostFailures);
  }

  function outcomes(what: string, issuer: string, first: number, last: number): ProviderCounts["events"] {
    const rows = selectOutcomes.all({ what, issuer, first, last });
    return {
      accepted: rows.find(({ refusal }) => refusal === "")?.count ?? 0,
      refused: rows
        .filter(({ refusal }) => refusal !== "")
        .map((row) => ({ reason: row.refusal, count: row.count }))
        .sort(byCount),
    };
  }

  return {
    async overview(input) {
      const [first, last] = [firstDayOf(input), dayOf(input.now)];
      return connection.read(() => {
        const { looked = 0, active = 0 } = selectTokens.get(input.now) ?? {};
        return {
          ...standing(),
          perDay: daysFrom(first, last),
          failures: failures(first, last),
          activeTokens: {
            count: Math.min(active, mostTokens),
            isMore: active > mostTokens || looked === mostTokensLookedAt,
          },
          topScopes: scopes(),
        };
      });
    },

    async countByIssuer(issuer, limit) {
      return Math.min(connection.read(() => selectCounter.get("issuer", issuer))?.count ?? 0, limit);
    },

    async providerCounts(input) {
      const [first, last] = [firstDayOf(input), dayOf(input.now)];
      return connection.read(() => ({
        idJags: outcomes("id_jag", input.issuer, first, last),
        events: outcomes("event", input.issuer, first, last),
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
