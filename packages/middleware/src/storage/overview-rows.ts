/** Owns what the rows of counters mean to a dashboard. For every store: rows in, what is shown out. */
import type { Overview, ProviderCounts } from "../admin-queries-port.js";
import type { EpochSeconds } from "../protocol/model.js";
import type { Status } from "../protocol/state.js";
import { scopesFromText } from "./scope-text.js";

const daySeconds = 86_400;
const mostDays = 366;
const mostScopes = 20;
const mostFailures = 50;
/** Good tokens counted at most. */
export const mostTokens = 10_000;
/** Tokens looked at to find that many good ones. */
export const mostTokensLookedAt = 20_000;
/** Registrations looked at, of either sort, to find those that time has ended or expired since they were written. */
export const mostPassed = 1000;

/** Columns of a day, by the audit event that is counted there. */
const shown = {
  "registration.created": "registrations",
  "claim.confirmed": "claims",
  "registration.revoked": "revocations",
  "mail.failed": "mailFailures",
} as const;
type ShownEvent = keyof typeof shown;
/** What `daysOf` has to be given rows of. */
export const shownEvents = Object.keys(shown) as ShownEvent[];
/** What `failuresOf` has to be given rows of. */
export const failingParts = ["event", "id_jag", "mail"] as const;

/** A counter, or an outcome of some days. */
interface KeyCount {
  key: string;
  count: number;
}
interface RefusalCount {
  refusal: string;
  count: number;
}
/** How many registrations were last written as one status and are in another one now. */
export interface PassedCount {
  phase: Status;
  /** Null: it has an end date, and those are counted apart. */
  status: Status | null;
  count: number;
}

/** The day of a moment, counted like `daily_counts.day`. */
export const dayOf = (at: EpochSeconds) => Math.floor(at / daySeconds);
const nameOfDay = (day: number) => new Date(day * daySeconds * 1000).toISOString().slice(0, 10);
const byCount = (one: { count: number }, other: { count: number }) => other.count - one.count;

/** The first of the days asked for, counted like `daily_counts.day`. */
export function firstDayOf({ days, now }: { days: number; now: EpochSeconds }): number {
  return dayOf(now) - Math.min(Math.max(Math.trunc(days) || 1, 1), mostDays) + 1;
}

/**
 * Of the counters named `registrations`, and of what time alone has changed: those that have an end date, and those whose
 * claim is over without a sweep having noted it.
 */
export function standingOf(
  rows: readonly KeyCount[],
  passed: { dated: readonly PassedCount[]; due: readonly PassedCount[] },
): Pick<Overview, "byStatus" | "byKind" | "statusIsMore"> {
  const byStatus: Record<string, number> = {};
  const byKind: Record<string, number> = {};
  for (const row of rows) {
    const [phase = "", kind = ""] = row.key.split(" ");
    byStatus[phase] = (byStatus[phase] ?? 0) + row.count;
    byKind[kind] = (byKind[kind] ?? 0) + row.count;
  }
  for (const { phase, status, count } of [...passed.dated, ...passed.due]) {
    if (phase === status || (status !== "ended" && status !== "expired")) continue;
    // The counters may have been read a moment earlier.
    const moved = Math.min(count, byStatus[phase] ?? 0);
    byStatus[phase] = (byStatus[phase] ?? 0) - moved;
    byStatus[status] = (byStatus[status] ?? 0) + moved;
  }
  const isMore = (counts: readonly PassedCount[]) =>
    counts.reduce((sum, { count }) => sum + count, 0) === mostPassed;
  const [isMoreDated, isMoreDue] = [isMore(passed.dated), isMore(passed.due)];
  return { byStatus, byKind, statusIsMore: { ended: isMoreDated, expired: isMoreDated || isMoreDue } };
}

/** Of the counters named `scopes`. */
export function topScopesOf(rows: readonly KeyCount[]): Overview["topScopes"] {
  const totals = new Map<string, number>();
  for (const row of rows)
    for (const scope of new Set(scopesFromText(row.key)))
      totals.set(scope, (totals.get(scope) ?? 0) + row.count);
  return [...totals]
    .map(([scope, total]) => ({ scope, count: total }))
    .sort((one, other) => byCount(one, other) || (one.scope < other.scope ? -1 : 1))
    .slice(0, mostScopes);
}

/** The days, those without anything included. */
export function daysOf(
  [first, last]: readonly [number, number],
  rows: readonly { what: string; day: number; count: number }[],
): Overview["perDay"] {
  const days = Array.from({ length: last - first + 1 }, (_, index) => ({
    ...{ day: nameOfDay(first + index), registrations: 0, claims: 0, revocations: 0, mailFailures: 0 },
  }));
  for (const row of rows) {
    const day = days[row.day - first];
    if (day !== undefined) day[shown[row.what as ShownEvent]] = row.count;
  }
  return days;
}

/** What was refused or failed, most first. */
export function failuresOf(
  rows: readonly (RefusalCount & { what: (typeof failingParts)[number] })[],
): Overview["failures"] {
  return rows
    .filter(({ refusal }) => refusal !== "")
    .map((row) => ({ what: row.what, reason: row.refusal, count: row.count }))
    .sort(byCount)
    .slice(0, mostFailures);
}

/** How often something was taken or refused. */
export function outcomesOf(rows: readonly RefusalCount[]): ProviderCounts["events"] {
  return {
    accepted: rows.find(({ refusal }) => refusal === "")?.count ?? 0,
    refused: rows
      .filter(({ refusal }) => refusal !== "")
      .map((row) => ({ reason: row.refusal, count: row.count }))
      .sort(byCount),
  };
}

/** Good tokens, as far as they were counted. */
export function activeTokensOf({
  looked,
  active,
}: {
  looked: number;
  active: number;
}): Overview["activeTokens"] {
  return {
    count: Math.min(active, mostTokens),
    isMore: active > mostTokens || looked === mostTokensLookedAt,
  };
}
