/**
 * Owns how a page of any listing is read: along one index, or several merged in order, forward or back from a cut.
 * There is no OFFSET, so page 10 000 costs what page 1 does.
 *
 * An index is read in order for next to nothing, a row of the table costs a page of the file each. So what indexes can
 * tell is asked before any row is read (`members`), and both are bounded: `longestStretch` entries, `mostRows` rows.
 */
import type { Cursor, PageRequest } from "../../admin-queries-port.js";
import { type Cut, cursorOf, cutOf, type Place } from "./admin-cursor.js";
import type { Connection } from "./connection.js";

/** One stretch of an index. Parameters are named like in the walk. */
export interface Arm {
  /** Table and index. */
  from: string;
  where: string;
  /** A range of its rows, as names of a column and of two parameters. The second bound is exclusive. */
  range?: { column: string; from: string; before: string };
}

/** What is walked. */
export interface Walk {
  /** Names the order in cursors, so that one of another listing is recognised. */
  name: string;
  table: string;
  /** Columns to sort by; together they are unique. */
  columns: string[];
  /** A further column that every index walked holds, for `members` to speak of as `made`. */
  made?: string;
  direction: "ascending" | "descending";
  /** Comes before everything asked for. Its types are those a cursor must have. */
  start: Place;
  /** Comes after everything asked for. Null: no range of the listing ends there. */
  end: Place | null;
  arms: Arm[];
  /** What an entry must meet, told by indexes: `k0`, `k1`… are the columns sorted by, `entry` is the rowid. */
  members: string[];
  /** What the row itself must meet. */
  residual: string;
  /** Rows and entries to look at, at most, where it is worth more or less than the rule. */
  rows?: number;
  entries?: number;
  parameters: Record<string, string | number | null>;
}

/** The rows of a page by their rowids, in order. */
export interface WalkedPage {
  entries: number[];
  next: Cursor | null;
  previous: Cursor | null;
  /** It holds fewer rows than asked for although there may be more: enough was looked at. */
  isCutShort: boolean;
}

/** Reads pages and sizes. */
export interface Walker {
  walk(walk: Walk, page: PageRequest): WalkedPage;
  /** Whether the arms hold no more than that many rows. */
  isShort(arms: Arm[], parameters: Walk["parameters"], most: number): boolean;
}

/** Rows of the table a page looks at, as a rule. */
export const mostRows = 800;
/** Entries of indexes a page looks at, at most. Merging many arms is dearer than following one. */
const longestStretch = 40_000;

/** How much is looked at. */
interface Bounds {
  rows: number;
  entries: number;
}

function boundsOf({ arms, members, rows = mostRows, entries = longestStretch }: Walk): Bounds {
  return { rows, entries: members.length === 0 ? rows : Math.max(Math.floor(entries / arms.length), rows) };
}

/** To see whether a page has a neighbour, a glance will do: where it finds nothing, there may be more. */
const glance: Bounds = { rows: 100, entries: 1000 };

function conditionOf({ where, range }: Arm, startsBy: string | null, isAscending: boolean): string {
  if (range === undefined) return where;
  const { column, from, before } = range;
  const bounds = [`${column} >= @${from}`, `${column} < @${before}`];
  // SQLite seeks by one bound on either side. The one the walk starts at is in its first key already, and next to it
  // would be taken in its place: every page would then read all those before it.
  if (startsBy === column) bounds.splice(isAscending ? 0 : 1, 1);
  return [where, ...bounds].join(" AND ");
}

/** A walk in one direction: which way the columns go, and whether the place it starts at belongs to it. */
interface Leg {
  isAscending: boolean;
  isInclusive: boolean;
}

function stretchOf({ columns, made, arms }: Walk, { isAscending, isInclusive }: Leg): string {
  const keys = columns.map((_, index) => `@k${index}`).join(", ");
  const comparison = `${isAscending ? ">" : "<"}${isInclusive ? "=" : ""}`;
  const order = isAscending ? "ASC" : "DESC";
  const selected = columns.map((column, index) => `${column} AS k${index}`);
  if (made !== undefined) selected.push(`${made} AS made`);
  const stretches = arms.map(
    (arm) =>
      `SELECT ${selected.join(", ")}, rowid AS entry FROM ${arm.from}
       WHERE ${conditionOf(arm, columns[0] ?? null, isAscending)} AND (${columns.join(", ")}) ${comparison} (${keys})`,
  );
  const sorting = columns.map((_, index) => `k${index} ${order}`).join(", ");
  return `${stretches.join(" UNION ALL ")} ORDER BY ${sorting} LIMIT @entries`;
}

/** The order of the stretch is the order of the result: it is the outer loop of a join that may not be turned round. */
function statementOf(walk: Walk, leg: Leg): string {
  const { table, columns, members, residual } = walk;
  const keys = columns.map((_, index) => `stretch.k${index}`).join(", ");
  const where = members.length === 0 ? "" : `WHERE ${members.join(" AND ")}`;
  return `SELECT ${keys}, stretch.entry, (${residual}) FROM (${stretchOf(walk, leg)}) AS stretch
    CROSS JOIN ${table} ON ${table}.rowid = stretch.entry ${where} LIMIT @rows`;
}

/** The last entry of the stretch, if it is as long as it may be. */
function endOfStretch(walk: Walk, leg: Leg): string {
  const keys = walk.columns.map((_, index) => `k${index}`);
  const sorting = keys.map((key) => `${key} ${leg.isAscending ? "DESC" : "ASC"}`).join(", ");
  return `WITH stretch AS MATERIALIZED (${stretchOf(walk, leg)})
    SELECT ${keys.join(", ")} FROM stretch WHERE (SELECT count(*) FROM stretch) = @entries ORDER BY ${sorting} LIMIT 1`;
}

/** The one of two places that comes later on the way. */
function laterOf(one: Place, other: Place, isAscending: boolean): Place {
  const index = one.findIndex((value, at) => value !== other[at]);
  const [left, right] = [one[index], other[index]];
  if (left === undefined || right === undefined) return one;
  return left > right === isAscending ? one : other;
}

/** What was found on the way, and up to where everything was looked at; null: to the end. */
interface Found {
  entries: number[];
  last: Place | null;
}

/** Builds the reader. Statements are compiled when they are first needed, one per combination of arms. */
export function createWalker(connection: Connection): Walker {
  const compiled = new Map<string, ReturnType<typeof connection.prepare<unknown[]>>>();
  const statementFor = (sql: string) => {
    let statement = compiled.get(sql);
    if (statement === undefined) {
      // Filters are made of a closed set of parts, so this is a bound on memory rather than a cache that turns over.
      if (compiled.size >= 500) compiled.clear();
      statement = connection.prepare<unknown[]>(sql, { asArrays: true });
      compiled.set(sql, statement);
    }
    return statement;
  };

  /** Goes from a cut, or from the start, until it has found that many rows and one more, or has looked enough. */
  function go(walk: Walk, way: "forward" | "back", cut: Cut | null, limit: number, bounds: Bounds): Found {
    const isAscending = (walk.direction === "ascending") === (way === "forward");
    const edge = way === "forward" ? walk.start : walk.end;
    // A cursor leads no further than the listing reaches: its range is not asked about on this side.
    const from =
      cut === null ? walk.start : edge === null ? cut.place : laterOf(cut.place, edge, isAscending);
    const isInclusive = cut !== null && from === cut.place && (cut.side === "before") === (way === "forward");
    const leg = { isAscending, isInclusive };
    const keys = Object.fromEntries(from.map((value, index) => [`k${index}`, value]));
    const parameters = { ...walk.parameters, ...keys, ...bounds };
    const entries: number[] = [];
    let last = from;
    let looked = 0;
    for (const row of statementFor(statementOf(walk, leg)).iterate(parameters)) {
      const [matches, entry] = [row.pop() === 1, row.pop() as number];
      // One more than the page holds: only then is there certainly something after it.
      if (matches && entries.length === limit) return { entries, last };
      looked += 1;
      last = row as Place;
      if (matches) entries.push(entry);
      if (looked === bounds.rows) return { entries, last };
    }
    if (walk.members.length === 0) return { entries, last: null };
    const end = statementFor(endOfStretch(walk, leg)).get(parameters);
    return { entries, last: (end as Place | undefined) ?? null };
  }

  return {
    walk(walk, page) {
      const limit = Math.min(Math.max(Math.trunc(page.limit) || 1, 1), 500);
      const cutAt = (cursor: Cursor | null | undefined) =>
        cursor === null || cursor === undefined ? null : cutOf(cursor, walk.name, walk.start);
      const ahead = cutAt(page.after);
      const cut = page.after === null ? cutAt(page.before) : ahead;
      const way = cut !== null && ahead === null ? "back" : "forward";
      return connection.read(() => {
        const { entries, last } = go(walk, way, cut, limit, boundsOf(walk));
        const side = way === "forward" ? "after" : "before";
        const onward = last === null ? null : cursorOf(walk.name, { place: last, side });
        const hasMore = () => go(walk, way === "forward" ? "back" : "forward", cut, 0, glance).last !== null;
        const backward = cut === null || !hasMore() ? null : cursorOf(walk.name, cut);
        const isCutShort = entries.length < limit && last !== null;
        return way === "forward"
          ? { entries, next: onward, previous: backward, isCutShort }
          : { entries: entries.reverse(), next: backward, previous: onward, isCutShort };
      });
    },

    isShort(arms, parameters, most) {
      if (arms.length === 0) return true;
      const stretches = arms.map((arm) => `SELECT 1 FROM ${arm.from} WHERE ${conditionOf(arm, null, true)}`);
      const sql = `SELECT count(*) FROM (${stretches.join(" UNION ALL ")} LIMIT ${most + 1})`;
      const [count] = connection.read(() => statementFor(sql).get(parameters)) as [number];
      return count <= most;
    },
  };
}
