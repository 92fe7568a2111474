/**
 * Owns how many registrations a bulk action would change: exactly, up to a bound, from a counter where one tells. The
 * listing is read in pages, and between two of them requests go first.
 */
import type { Call } from "./call.js";
import type { JobAction, Registration, RegistrationFilter } from "./surface.js";
import { bulkPage as texts } from "./views/texts-jobs-en.js";
import { count } from "./views/words.js";

/** More than any service has. */
const mostRegistrations = 1_000_000_000;
/** Counted one by one up to here. */
const mostCounted = 10_000;
const rowsPerPage = 500;
/** Pages that are looked at, at most: one may hold few rows that match, or none. */
const mostPages = 30;
const rowsShown = 10;
/** How far a number may be from the one somebody confirmed. */
const tolerance = 0.1;

/** What an action would change. */
export interface Reach {
  /** The newest of them. */
  newest: Registration[];
  count: number;
  /** `more`: there are more than `count`. `least`: there may be, looking further would take too long. */
  bound: "exact" | "more" | "least";
}

/** What the store changes; the rest is found and left as it is. */
const changes: Record<JobAction, (registration: Registration) => boolean> = {
  revoke: ({ revokedAt }) => revokedAt === null,
  suspend: ({ revokedAt, suspendedAt }) => revokedAt === null && suspendedAt === null,
  resume: ({ suspendedAt }) => suspendedAt !== null,
};

export async function reachOf(call: Call, action: JobAction, filter: RegistrationFilter): Promise<Reach> {
  const newest: Registration[] = [];
  let found = 0;
  let after: string | null = null;
  for (let page = 0; page < mostPages && found <= mostCounted; page += 1) {
    const { rows, next }: { rows: Registration[]; next: string | null } =
      await call.queries.listRegistrations({
        filter,
        ...{ sort: "created", direction: "newest", after, limit: rowsPerPage, now: call.now },
      });
    const changed = rows.filter(changes[action]);
    newest.push(...changed.slice(0, rowsShown - newest.length));
    found += changed.length;
    after = next;
    if (after === null) return { newest, count: found, bound: "exact" };
    if (page === 0) {
      const known = await countedBefore(call, action, filter);
      if (known !== null) return { newest, count: known, bound: "exact" };
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return found > mostCounted
    ? { newest, count: mostCounted, bound: "more" }
    : { newest, count: found, bound: "least" };
}

/** What a maintained counter says, where one counts just what the action would change. */
async function countedBefore(
  { queries, now }: Call,
  action: JobAction,
  filter: RegistrationFilter,
): Promise<number | null> {
  const { issuer, status } = filter;
  const parts = Object.values(filter).filter((part) => part !== undefined).length;
  if (parts === 0 && action === "revoke") {
    const { revoked: _gone, ...left } = (await queries.overview({ days: 1, now })).byStatus;
    return Object.values(left).reduce((sum, number) => sum + number, 0);
  }
  if (parts !== 1) return null;
  if (issuer !== undefined && action === "revoke") return queries.countByIssuer(issuer, mostRegistrations);
  if (status === "suspended" && action !== "suspend")
    return (await queries.overview({ days: 1, now })).byStatus.suspended ?? 0;
  return null;
}

/** "1,234 registrations", or as much as is known. */
export function amountOf(reach: Reach): string {
  const amount = texts.amount(reach.count);
  return reach.bound === "exact" ? amount : texts[reach.bound](amount);
}

/** The same without the noun, for a button. */
export function numberOf({ count: number, bound }: Reach): string {
  return bound === "exact" ? count(number) : texts.allThatMatch;
}

const boundWords = { exact: "", more: "more than ", least: "at least " } as const;

/** What has to be typed: it names what is done, and to how many. */
export function phraseOf(action: JobAction, { count: number, bound }: Reach): string {
  return `${action} ${boundWords[bound]}${number}`;
}

/**
 * Whether a confirmation still means what it meant: what would be changed now is within a tenth of what its phrase says.
 * Of "more than" it is enough that there still are.
 */
export function isStillMeant(action: JobAction, phrase: string, reach: Reach): boolean {
  const match = /^(\w+) (more than |at least |)(\d{1,15})$/.exec(phrase);
  if (match === null || match[1] !== action) return false;
  const seen = Number(match[3]);
  const wasMore = match[2] === boundWords.more;
  if (wasMore || reach.bound === "more") return wasMore && reach.bound === "more" && seen === reach.count;
  return Math.abs(reach.count - seen) <= seen * tolerance;
}
