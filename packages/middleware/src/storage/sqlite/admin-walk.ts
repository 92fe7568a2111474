/**
 * Owns how a page of any listing is read: along one index, or several merged in order, from where the last page ended,
 * for no more than `longestScan` rows. There is no OFFSET, so page 10 000 costs what page 1 does.
 */
import { type Cursor, longestScan, type PageRequest } from "../../admin-queries-port.js";
import type { Connection } from "./connection.js";

/** One stretch of an index. Parameters are named like in the walk. */
export interface Arm {
  /** Table and index. */
  from: string;
  where: string;
  /** A range of its rows, as names of a column and of two parameters. The second bound is exclusive. */
  range?: { column: string; from: string; before: string };
}

/** Values of the columns a listing is sorted by: where a page ended. */
export type Place = (number | string)[];

/** What is walked. */
export interface Walk {
  /** Names the order in cursors, so that one of another listing is recognised. */
  name: string;
  /** Columns to sort by; together they are unique. */
  columns: string[];
  direction: "ascending" | "descending";
  /** Comes before everything asked for. Its types are those a cursor must have. */
  start: Place;
  arms: Arm[];
  /** What must hold beyond the arms. Looked at row by row. */
  residual: string;
  parameters: Record<string, string | number | null>;
}

/** Keys of the rows of a page. */
export interface WalkedPage {
  places: Place[];
  next: Cursor | null;
}

/** Reads pages and sizes. */
export interface Walker {
  walk(walk: Walk, page: PageRequest): WalkedPage;
  /** Whether the arms hold no more rows than one page may look at. */
  isShort(arms: Arm[], parameters: Walk["parameters"]): boolean;
}

/** Longer than any cursor of ours; anything longer is not worth decoding. */
const longestCursor = 4096;

function cursorOf(name: string, place: Place): Cursor {
  return Buffer.from(JSON.stringify([name, ...place])).toString("base64url");
}

/** Where a cursor points, or null when it is none of this listing: malformed, foreign or made up. */
function placeOf(cursor: Cursor, { name, start }: Walk): Place | null {
  if (cursor.length > longestCursor) return null;
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return null;
  }
  if (!Array.isArray(content) || content[0] !== name || content.length !== start.length + 1) return null;
  const place: unknown[] = content.slice(1);
  const isSound = start.every((example, index) => {
    const value = place[index];
    return typeof value === typeof example && (typeof value === "string" || Number.isSafeInteger(value));
  });
  return isSound ? (place as Place) : null;
}

/** The later of two places, seen in the direction of the walk: a cursor leads no further back than the listing starts. */
function laterOf(one: Place, other: Place, { direction }: Walk): Place {
  const index = one.findIndex((value, at) => value !== other[at]);
  const [left, right] = [one[index], other[index]];
  if (left === undefined || right === undefined) return one;
  return left > right === (direction === "ascending") ? one : other;
}

function conditionOf({ where, range }: Arm, walk?: Walk): string {
  if (range === undefined) return where;
  const { column, from, before } = range;
  const bounds = [`${column} >= @${from}`, `${column} < @${before}`];
  // SQLite seeks by one bound on either side. The one the walk starts at is in its first key already, and next to it
  // would be taken in its place: every page would then read all those before it.
  if (walk?.columns[0] === column) bounds.splice(walk.direction === "ascending" ? 0 : 1, 1);
  return [where, ...bounds].join(" AND ");
}

function statementOf(walk: Walk): string {
  const { columns, direction, arms, residual } = walk;
  const keys = columns.map((_, index) => `@k${index}`).join(", ");
  const [comparison, order] = direction === "ascending" ? [">", "ASC"] : ["<", "DESC"];
  const selected = columns.map((column, index) => `${column} AS k${index}`).join(", ");
  const stretches = arms.map(
    (arm) =>
      `SELECT ${selected}, (${residual}) AS matches FROM ${arm.from}
       WHERE ${conditionOf(arm, walk)} AND (${columns.join(", ")}) ${comparison} (${keys})`,
  );
  const sorting = columns.map((_, index) => `k${index} ${order}`).join(", ");
  return `${stretches.join(" UNION ALL ")} ORDER BY ${sorting} LIMIT ${longestScan}`;
}

/** Builds the reader. Statements are compiled when they are first needed, one per combination of arms. */
export function createWalker(connection: Connection): Walker {
  const compiled = new Map<string, ReturnType<typeof connection.prepare<unknown[]>>>();
  const statementFor = (sql: string) => {
    let statement = compiled.get(sql);
    if (statement === undefined) {
      // Filters are made of a closed set of parts, so this is a bound on memory rather than a cache that turns over.
      if (compiled.size >= 500) compiled.clear();
      statement = connection.prepare<unknown[]>(sql).raw(true);
      compiled.set(sql, statement);
    }
    return statement;
  };

  return {
    walk(walk, page) {
      const limit = Math.min(Math.max(Math.trunc(page.limit) || 1, 1), 500);
      const after = page.after === null ? null : placeOf(page.after, walk);
      const start = after === null ? walk.start : laterOf(walk.start, after, walk);
      const keys = Object.fromEntries(start.map((value, index) => [`k${index}`, value]));
      const places: Place[] = [];
      return connection.read(() => {
        let looked = 0;
        let last: Place = start;
        const rows = statementFor(statementOf(walk)).iterate({ ...walk.parameters, ...keys });
        for (const row of rows) {
          looked += 1;
          const matches = row.pop() === 1;
          // One more than the page holds: only then is there certainly something after it.
          if (matches && places.length === limit) return { places, next: cursorOf(walk.name, last) };
          last = row as Place;
          if (matches) places.push(last);
          if (looked === longestScan) return { places, next: cursorOf(walk.name, last) };
        }
        return { places, next: null };
      });
    },

    isShort(arms, parameters) {
      if (arms.length === 0) return true;
      const stretches = arms.map((arm) => `SELECT 1 FROM ${arm.from} WHERE ${conditionOf(arm)}`);
      const sql = `SELECT count(*) FROM (${stretches.join(" UNION ALL ")} LIMIT ${longestScan + 1})`;
      const [count] = connection.read(() => statementFor(sql).get(parameters)) as [number];
      return count <= longestScan;
    },
  };
}
