/**
 * Owns how a page of any listing is read: along one index, or several merged in order, forward or back from a cut, for
 * no more than `longestScan` rows unless a walk is worth more. There is no OFFSET, so page 10 000 costs what page 1 does.
 * Statements are planned for the values of each call, because which index is short depends on them.
 */
import { type Cursor, longestScan, type PageRequest } from "../../admin-queries-port.js";
import { type Cut, cursorOf, cutOf, type Place } from "../sqlite/admin-cursor.js";
import type { Connection } from "./connection.js";
import type { Values } from "./statements.js";

/** One stretch of an index: the condition that it serves. */
export interface Arm {
  where: string;
  /** A range of its rows, as names of a column and of two parameters. The second bound is exclusive. */
  range?: { column: string; from: string; before: string };
  /**
   * What its index is sorted by, where the server would guess wrong how many rows it holds: rows that are asked for in
   * this order are not looked for in the whole table.
   */
  sorting?: string;
  /** A column its index has in front of the order walked, for the same reason: the condition without it, and its value. */
  lead?: { where: string; column: string; value: string };
}

/** What is walked. */
export interface Walk {
  /** Names the order in cursors, so that one of another listing is recognised. */
  name: string;
  table: string;
  /** Columns to sort by; together they are unique. */
  columns: string[];
  direction: "ascending" | "descending";
  /** Comes before everything asked for. Its types are those a cursor must have. */
  start: Place;
  /** Comes after everything asked for. Null: no range of the listing ends there. */
  end: Place | null;
  arms: Arm[];
  /** What must hold beyond the arms. Looked at row by row. */
  residual: string;
  /** Rows to look at, at most, where it is worth more than the rule. */
  rows?: number;
  parameters: Values;
}

/** The places of the rows of a page, in order. */
export interface WalkedPage {
  places: Place[];
  next: Cursor | null;
  previous: Cursor | null;
}

/** Reads pages and sizes. */
export interface Walker {
  walk(walk: Walk, page: PageRequest): Promise<WalkedPage>;
  /** Whether the arms hold no more than that many rows. */
  isShort(table: string, arms: Arm[], parameters: Values, most: number): Promise<boolean>;
}

/** Rows that are read and sorted at once without a thought, at most. */
export const few = 1000;
/** To see whether a page has a neighbour, a glance will do: where it finds nothing, there may be more. */
const glance = 100;

function conditionOf({ where, range }: Arm, startsBy: string | null, isAscending: boolean): string {
  if (range === undefined) return where;
  const { column, from, before } = range;
  const bounds = [`${column} >= @${from}`, `${column} < @${before}`];
  // PostgreSQL seeks by one of two bounds on the same side, and not always by the narrower one. The one the walk starts
  // at is in its first key already; next to it, a deep page would read all those before it.
  if (startsBy === column) bounds.splice(isAscending ? 0 : 1, 1);
  return [where, ...bounds].join(" AND ");
}

/** A walk in one direction from a place, which may belong to it or not. */
interface Leg {
  from: Place;
  isAscending: boolean;
  isInclusive: boolean;
}

const comparisonOf = ({ isAscending, isInclusive }: Leg) =>
  `${isAscending ? ">" : "<"}${isInclusive ? "=" : ""}`;

/**
 * Rows of one arm on the way, in an order that only its own index is in: where it has none, the server would look for
 * them along the whole order if it takes them for common. Null where no index has something in front of the order.
 */
function ledOf({ table, columns }: Walk, { lead, range }: Arm, leg: Leg, selected: string, most: number) {
  if (lead === undefined || range === undefined || range.column !== columns[0]) return null;
  const led = [lead.column, ...columns];
  const keys = [lead.value, ...columns.map((_, index) => `@k${index}`)].join(", ");
  const [end, bound] = leg.isAscending ? ["<", range.before] : [">=", range.from];
  const sorting = led.map((column) => `${column} ${leg.isAscending ? "ASC" : "DESC"}`).join(", ");
  return `(SELECT ${selected} FROM agent_auth.${table}
    WHERE ${lead.where} AND (${led.join(", ")}) ${comparisonOf(leg)} (${keys})
      AND (${lead.column}, ${range.column}) ${end} (${lead.value}, @${bound})
    ORDER BY ${sorting} LIMIT ${most})`;
}

/** One arm on the way, in order. */
function armOf(walk: Walk, arm: Arm, leg: Leg, most: number): string {
  const { table, columns, residual } = walk;
  const keys = columns.map((_, index) => `@k${index}`).join(", ");
  const order = leg.isAscending ? "ASC" : "DESC";
  const selected = columns.map((column, index) => `${column} AS k${index}`).join(", ");
  const sorting = columns.map((column) => `${column} ${order}`).join(", ");
  const any = ledOf(walk, arm, leg, "true", 1);
  return `(SELECT ${selected}, (${residual}) AS matches FROM agent_auth.${table}
    WHERE ${conditionOf(arm, columns[0] ?? null, leg.isAscending)}
      AND (${columns.join(", ")}) ${comparisonOf(leg)} (${keys}) ${any === null ? "" : `AND ${any}`}
    ORDER BY ${sorting} LIMIT ${most})`;
}

/** The rows on the way, `most` of them: `k0`, `k1`… and whether they match. Each arm ends by itself, so all stay short. */
function stretchOf(walk: Walk, leg: Leg, most: number): string {
  const order = leg.isAscending ? "ASC" : "DESC";
  const merged = walk.columns.map((_, index) => `k${index} ${order}`).join(", ");
  const stretches = walk.arms.map((arm) => armOf(walk, arm, leg, most));
  return `SELECT * FROM (${stretches.join(" UNION ALL ")}) AS merged ORDER BY ${merged} LIMIT ${most}`;
}

/** Whether some rows on the way match, each arm's by itself. */
function glanceOf(walk: Walk, leg: Leg): string {
  const matches = `(${walk.residual}) AS matches`;
  const stretches = walk.arms.map(
    (arm) =>
      `SELECT matches FROM ${ledOf(walk, arm, leg, matches, glance) ?? armOf(walk, arm, leg, glance)} AS arm`,
  );
  return `SELECT * FROM (${stretches.join(" UNION ALL ")}) AS arms LIMIT ${glance}`;
}

const mostOf = ({ rows = longestScan }: Walk) => rows;

/** The first matching rows on the way. Stops reading when it has them. */
function matchesOf(walk: Walk, leg: Leg): string {
  const keys = walk.columns.map((_, index) => `k${index}`).join(", ");
  return `SELECT ${keys} FROM (${stretchOf(walk, leg, mostOf(walk))}) AS stretch WHERE matches LIMIT @wanted`;
}

/** The same and the last row of the stretch, if that is as long as it may be: in one statement, so that they agree. */
function wholeOf(walk: Walk, leg: Leg): string {
  const keys = walk.columns.map((_, index) => `k${index}`);
  const order = (isAscending: boolean) =>
    keys.map((key) => `${key} ${isAscending ? "ASC" : "DESC"}`).join(", ");
  return `WITH stretch AS MATERIALIZED (${stretchOf(walk, leg, mostOf(walk))})
    (SELECT ${keys.join(", ")}, true AS matches FROM stretch WHERE matches
     ORDER BY ${order(leg.isAscending)} LIMIT @wanted)
    UNION ALL
    (SELECT ${keys.join(", ")}, false FROM stretch WHERE (SELECT count(*) FROM stretch) = ${mostOf(walk)}
     ORDER BY ${order(!leg.isAscending)} LIMIT 1)`;
}

/** The one of two places that comes later on the way. */
function laterOf(one: Place, other: Place, isAscending: boolean): Place {
  const index = one.findIndex((value, at) => value !== other[at]);
  const [left, right] = [one[index], other[index]];
  if (left === undefined || right === undefined) return one;
  return left > right === isAscending ? one : other;
}

/** Where a walk starts: at a cut, but no further back than the listing reaches. */
function legOf(walk: Walk, way: "forward" | "back", cut: Cut | null): Leg {
  const isAscending = (walk.direction === "ascending") === (way === "forward");
  const edge = way === "forward" ? walk.start : walk.end;
  const from = cut === null ? walk.start : edge === null ? cut.place : laterOf(cut.place, edge, isAscending);
  const isInclusive = cut !== null && from === cut.place && (cut.side === "before") === (way === "forward");
  return { from, isAscending, isInclusive };
}

/** Builds the reader. */
export function createWalker(connection: Connection): Walker {
  type Keys = Record<string, number | string>;
  const read = <Row>(sql: string, walk: Walk, leg: Leg, wanted: number) => {
    const keys = Object.fromEntries(leg.from.map((value, index) => [`k${index}`, value]));
    return connection.read(connection.prepareAnew<Row>(sql), { ...walk.parameters, ...keys, wanted });
  };

  /** The matching rows on the way, one more than `limit` at most, and up to where all was looked at; null: to the end. */
  async function go(walk: Walk, leg: Leg, limit: number): Promise<{ places: Place[]; last: Place | null }> {
    const placeOf = (row: Keys) => walk.columns.map((_, index) => row[`k${index}`] as number | string);
    const cut = (places: Place[]) => ({
      places: places.slice(0, limit),
      last: places[limit - 1] ?? leg.from,
    });
    const first = (await read<Keys>(matchesOf(walk, leg), walk, leg, limit + 1)).map(placeOf);
    // One more than the page holds: only then is there certainly something after it.
    if (first.length > limit) return cut(first);
    const rows = await read<Keys & { matches: boolean }>(wholeOf(walk, leg), walk, leg, limit + 1);
    const found = rows.filter(({ matches }) => matches).map(placeOf);
    if (found.length > limit) return cut(found);
    const end = rows.find(({ matches }) => !matches);
    return { places: found, last: end === undefined ? null : placeOf(end) };
  }

  async function mayHaveMore(walk: Walk, leg: Leg): Promise<boolean> {
    const sql = `SELECT count(*) AS looked, count(*) FILTER (WHERE matches) AS met
      FROM (${glanceOf(walk, leg)}) AS stretch`;
    const [seen] = await read<{ looked: number; met: number }>(sql, walk, leg, 0);
    return seen !== undefined && (seen.met > 0 || seen.looked === glance);
  }

  return {
    async walk(walk, page) {
      const limit = Math.min(Math.max(Math.trunc(page.limit) || 1, 1), 500);
      const cutAt = (cursor: Cursor | null | undefined) =>
        cursor === null || cursor === undefined ? null : cutOf(cursor, walk.name, walk.start);
      const ahead = cutAt(page.after);
      const cut = page.after === null ? cutAt(page.before) : ahead;
      const way = cut !== null && ahead === null ? "back" : "forward";
      const isBehind = legOf(walk, way === "forward" ? "back" : "forward", cut);
      const [{ places, last }, hasMore] = await Promise.all([
        go(walk, legOf(walk, way, cut), limit),
        cut === null ? false : mayHaveMore(walk, isBehind),
      ]);
      const side = way === "forward" ? "after" : "before";
      const onward = last === null ? null : cursorOf(walk.name, { place: last, side });
      const backward = cut === null || !hasMore ? null : cursorOf(walk.name, cut);
      return way === "forward"
        ? { places, next: onward, previous: backward }
        : { places: places.reverse(), next: backward, previous: onward };
    },

    async isShort(table, arms, parameters, most) {
      const stretches = arms.map(
        (arm) =>
          `(SELECT 1 FROM agent_auth.${table} WHERE ${conditionOf(arm, null, true)}
            ${arm.sorting === undefined ? "" : `ORDER BY ${arm.sorting}`} LIMIT ${most + 1})`,
      );
      const sql = `SELECT count(*) AS found
        FROM (SELECT 1 FROM (${stretches.join(" UNION ALL ")}) AS all_of_them LIMIT ${most + 1}) AS counted`;
      const [counted] = await connection.read(connection.prepareAnew<{ found: number }>(sql), parameters);
      return (counted?.found ?? 0) <= most;
    },
  };
}
