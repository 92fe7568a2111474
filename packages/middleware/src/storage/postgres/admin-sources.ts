/**
 * Owns which conditions, each served by an index, hold the registrations a filter can mean. They may hold more, never
 * less: every row is still compared with the whole filter. Read next: `admin-listings.ts`, which chooses among them.
 */
import type { RegistrationFilter } from "../../admin-queries-port.js";
import { phaseOfRow, statusAtNow } from "../row-standing.js";
import { type Arm, few } from "./admin-walk.js";

/** Where the rows of one condition are. */
export interface Source {
  arms: Arm[];
  /** The order its index is in. */
  order: "created" | "last_used" | "none";
  /** Its index holds all that its condition speaks of, so that counting reads no row of the table. */
  isCountedAlone?: true;
  /** Rows that may be counted, at most, to see whether it is short: at first, and when a page was not filled. */
  mostCounted?: { first: number; second: number };
}

const phases = ["revoked", "suspended", "claimed", "expired", "pending_claim", "unclaimed"] as const;
const kinds = ["anonymous", "service_auth", "identity_assertion"] as const;

const created = "created_at >= @createdFrom AND created_at < @createdBefore";
const range = { column: "created_at", from: "createdFrom", before: "createdBefore" };
const used = "last_used_at >= @usedFrom AND last_used_at < @usedBefore";

/** Folds ASCII only, like the index. */
const wantedName = `lower(@clientName::text COLLATE "C")`;
/** No name is longer than 100 characters, and no character is greater than the last one there is. */
const named = `client_name IS NOT NULL AND lower(client_name) >= ${wantedName}
  AND lower(client_name) < ${wantedName} || repeat(chr(1114111), 101)`;

/** The whole filter, row by row. What is not given is null. */
export const wholeFilter = `(@id::text IS NULL OR id = @id) AND (@userId::text IS NULL OR user_id = @userId)
  AND (@clientName::text IS NULL OR starts_with(lower(client_name), ${wantedName}))
  AND (@issuer::text IS NULL OR issuer = @issuer) AND (@ip::text IS NULL OR created_ip = @ip)
  AND (@kind::text IS NULL OR kind = @kind)
  AND (@scope::text IS NULL OR @scope = ANY(string_to_array(scopes, ' ')))
  AND ${created} AND (NOT @usedMatters::boolean OR (${used}))
  AND (@status::text IS NULL OR @status = ${statusAtNow})`;

const ordered = (where: string): Source => ({ arms: [{ where, range }], order: "created" });
const covered = (where: string): Source => ({ ...ordered(where), isCountedAlone: true });

/** At most one row. */
export const byId: Source = { arms: [{ where: "id = @id" }], order: "none" };
export const byUser = covered("user_id = @userId");
export const byIp = covered("created_ip = @ip");
export const byIssuer = covered("issuer = @issuer");
export const byUse: Source = {
  arms: [
    {
      where: "last_used_at IS NOT NULL",
      range: { column: "last_used_at", from: "usedFrom", before: "usedBefore" },
    },
  ],
  order: "last_used",
};
/** Sorted by name, so it serves only where all of it can be sorted. */
export const byName: Source = {
  arms: [{ where: named, sorting: "lower(client_name), created_at, id" }],
  order: "none",
  // In the order of names rows lie all over the table.
  mostCounted: { first: 500, second: 3000 },
};

/** The registrations whose scopes are one of `count` texts, given as `@scopes0` and so on. */
export function byScopes(count: number): Source {
  const arms = Array.from({ length: count }, (_, index) => ({
    where: `hashtextextended(scopes, 0) = hashtextextended(@scopes${index}::text COLLATE "C", 0)
      AND scopes = @scopes${index}::text`,
    range,
  }));
  return { arms, order: "created" };
}

/** Registrations whose claim window is over at `@now` and that no sweep has noted yet. Usually a handful. */
const due = "claimed_at IS NULL AND revoked_at IS NULL AND expired_at IS NULL AND claim_expires_at <= @now";
const dueSorting = "claim_expires_at, id";
export const dueArm: Arm = { where: due, range, sorting: dueSorting };
/**
 * The same where they are few. They are collected first: the server takes each part of the condition for as common as it
 * is by itself, expects a quarter of the table, and would look through all of it for them.
 */
const collectedDueArm: Arm = {
  where: `ctid = ANY(ARRAY(SELECT ctid FROM agent_auth.registrations WHERE ${due} ORDER BY ${dueSorting} LIMIT ${2 * few}))`,
  range,
};

function inPhases(ofPhases: readonly (typeof phases)[number][], kind: RegistrationFilter["kind"]): Arm[] {
  return ofPhases.flatMap((phase) =>
    (kind === undefined ? kinds : [kind]).map((oneKind) => ({
      where: `(${phaseOfRow}) = '${phase}' AND kind = '${oneKind}'`,
      lead: { where: `(${phaseOfRow}) = '${phase}'`, column: "kind", value: `'${oneKind}'` },
      range,
    })),
  );
}

/**
 * Where the rows of a status and a kind are. `dueIsShort` tells whether those that expired unnoticed can be sorted at
 * once; if not, they are picked out of everything that waits for its claim.
 */
export async function byStanding(
  { status, kind }: Pick<RegistrationFilter, "status" | "kind">,
  dueIsShort: () => Promise<boolean>,
): Promise<Source> {
  const arms = (...ofPhases: (typeof phases)[number][]) => inPhases(ofPhases, kind);
  switch (status) {
    case undefined:
      return { arms: arms(...phases), order: "created" };
    case "ended":
      return covered("ends_at IS NOT NULL");
    case "expired": {
      const unnoticed = (await dueIsShort()) ? [collectedDueArm] : arms("pending_claim", "unclaimed");
      return { arms: [...arms("expired"), ...unnoticed], order: "created" };
    }
    default:
      return { arms: arms(status), order: "created" };
  }
}

/** Every registration. */
export const all = ordered("true");

/**
 * The rows of one source that are in the others as well. The server looks their indexes through together, and reads no
 * row that is missing in one of them.
 */
export function inAll(source: Source, others: Source[]): Arm[] {
  const conditions = others.map(({ arms }) => `(${arms.map(({ where }) => `(${where})`).join(" OR ")})`);
  return source.arms.map(({ where, range }) => ({
    where: [`(${where})`, ...conditions].join(" AND "),
    ...(range === undefined ? {} : { range }),
  }));
}
