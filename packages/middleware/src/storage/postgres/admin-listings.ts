/**
 * Owns the listing of registrations: the way through the indexes for any combination of filters, sort and direction.
 *
 * The most selective condition that few rows meet, or some thousand that an index counts by itself, is read and sorted
 * at once, so its page is full. Where all are met by many, the first one that lies in the order asked for is walked and
 * the rest is compared row by row. A page that met too few is read a second time: as what a condition of some thousand
 * rows has in common with the others, or else on a longer walk, after which it ends early and `next` goes on. Cursors are
 * the same in each way, so pages may differ in how they were read.
 */
import {
  type AdminQueries,
  longestScan,
  type PageRequest,
  type RegistrationFilter,
  type RegistrationListing,
} from "../../admin-queries-port.js";
import { type RegistrationRow, registrationFromRow } from "../rows.js";
import type { Place } from "../sqlite/admin-cursor.js";
import {
  all,
  byId,
  byIp,
  byIssuer,
  byName,
  byScopes,
  byStanding,
  byUse,
  byUser,
  dueArm,
  inAll,
  type Source,
  wholeFilter,
} from "./admin-sources.js";
import { few, type Walk, type Walker } from "./admin-walk.js";
import type { Connection } from "./connection.js";
import { registrations } from "./schema.js";
import { columnsOf, type Values } from "./statements.js";

const table = "registrations";
/** Texts of scopes that are merged at most. A scope found in more of them is so common that any walk meets it. */
const mostTexts = 60;
/** Rows of a condition that are compared with others at once, at most, where none is met by few. */
const mostCompared = 10_000;
/** Rows that are walked when the rule (`longestScan`) has not filled a page. */
const longestWalk = 20_000;
const never = Number.MAX_SAFE_INTEGER;

/** What is read, and how much of it where that is worth more than the rule. */
type Way = Pick<Walk, "arms" | "rows">;

/** How a page is read: `second` where the first way has not filled it and there may be more. */
interface Ways {
  first: Way;
  second: (() => Promise<Way>) | null;
}

const alone = ({ arms }: Source): Ways => ({ first: { arms }, second: null });

function parametersOf(filter: RegistrationFilter, now: number) {
  const { id, userId, clientName, issuer, ip, status, kind, scope } = filter;
  const { createdFrom = 0, createdBefore = never, lastUsedFrom = 0, lastUsedBefore = never } = filter;
  return {
    ...{ id, userId, clientName, issuer, ip, status, kind, scope, createdFrom, createdBefore, now },
    ...{ usedFrom: lastUsedFrom, usedBefore: lastUsedBefore },
    usedMatters: filter.lastUsedFrom !== undefined || filter.lastUsedBefore !== undefined,
  };
}

/** Whether no registration can match: no name holds a NUL, and no scope a space. */
function isHopeless({ clientName, scope }: RegistrationFilter): boolean {
  if (clientName?.includes("\0")) return true;
  return scope !== undefined && (scope === "" || /[ \0]/.test(scope));
}

/** Builds the listing. */
export function createRegistrationListing(
  connection: Connection,
  walker: Walker,
): Pick<AdminQueries, "listRegistrations"> {
  const select = connection.prepare<RegistrationRow>(
    `SELECT ${columnsOf(registrations)} FROM agent_auth.registrations WHERE id = ANY(@ids::text[])`,
  );
  const selectTexts = connection.prepare<{ key: string }>(
    `SELECT DISTINCT key FROM agent_auth.counters
     WHERE name = 'scopes' AND @scope = ANY(string_to_array(key, ' '))
     LIMIT ${mostTexts + 1}`,
  );

  /** What is given, the most selective and the cheapest to count first. May add parameters. */
  async function sourcesOf({ filter, sort }: RegistrationListing, parameters: Values): Promise<Source[]> {
    const given = (value: unknown, source: Source) => (value === undefined ? [] : [source]);
    const sources = [
      ...given(filter.id, byId),
      ...given(filter.userId, byUser),
      ...given(filter.ip, byIp),
      ...given(filter.issuer, byIssuer),
    ];
    if (filter.scope !== undefined) {
      const texts = await connection.read(selectTexts, { scope: filter.scope });
      if (texts.length <= mostTexts) {
        for (const [index, { key }] of texts.entries()) parameters[`scopes${index}`] = key;
        sources.push(byScopes(texts.length));
      }
    }
    sources.push(...given(filter.clientName, byName));
    if (filter.status !== undefined || filter.kind !== undefined)
      sources.push(await byStanding(filter, () => walker.isShort(table, [dueArm], parameters, few)));
    const isBounded = filter.createdFrom !== undefined || filter.createdBefore !== undefined;
    if (sort === "last_used" && isBounded) sources.push(all);
    if (sort === "created" && parameters.usedMatters === true) sources.push(byUse);
    return sources;
  }

  async function choose(listing: RegistrationListing, parameters: Values): Promise<Ways> {
    const everything = listing.sort === "created" ? all : byUse;
    const sources = await sourcesOf(listing, parameters);
    // A scope nobody was ever granted.
    const empty = sources.find(({ arms }) => arms.length === 0);
    if (empty !== undefined) return alone(empty);
    const inOrder = sources.find(({ order }) => order === listing.sort) ?? everything;
    // Alone and in order: nothing is gained from knowing its length.
    if (sources.length === 0 || (sources.length === 1 && sources[0] === inOrder)) return alone(inOrder);
    const findShort = async (from: Source[], most: number, when: "first" | "second") => {
      for (const source of from) {
        const counted = Math.min(most, source.mostCounted?.[when] ?? most);
        if (await walker.isShort(table, source.arms, parameters, counted)) return source;
      }
      return null;
    };
    const short = await findShort(sources, few, "first");
    if (short !== null) return alone(short);
    const common = (base: Source, rows: number): Way => ({
      arms: inAll(
        base,
        sources.filter((source) => source !== base),
      ),
      rows,
    });
    const covered = sources.filter(({ isCountedAlone }) => isCountedAlone);
    const bounded = await findShort(covered, longestScan, "first");
    if (bounded !== null) return { first: common(bounded, longestScan), second: null };
    return {
      first: inOrder,
      async second() {
        const base = await findShort(sources, mostCompared, "second");
        return base === null ? { ...inOrder, rows: longestWalk } : common(base, mostCompared);
      },
    };
  }

  async function read({ first, second }: Ways, walkOf: (way: Way) => Walk, page: PageRequest) {
    const found = await walker.walk(walkOf(first), page);
    const onward = page.after === null && page.before != null ? found.previous : found.next;
    if (second === null || onward === null || found.places.length >= page.limit) return found;
    return walker.walk(walkOf(await second()), page);
  }

  return {
    async listRegistrations(listing) {
      const { filter, sort, direction, now } = listing;
      const nothing = { rows: [], next: null, previous: null };
      if (isHopeless(filter)) return nothing;
      const parameters: ReturnType<typeof parametersOf> & Values = parametersOf(filter, now);
      const ways = await choose(listing, parameters);
      if (ways.first.arms.length === 0) return nothing;
      const [oldest, newest]: [Place, Place] =
        sort === "created"
          ? [
              [parameters.createdFrom, ""],
              [parameters.createdBefore, ""],
            ]
          : [
              [parameters.usedFrom, ""],
              [parameters.usedBefore, ""],
            ];
      const walkOf = (way: Way): Walk => ({
        ...{ name: sort, table, columns: [sort === "created" ? "created_at" : "last_used_at", "id"] },
        ...(direction === "newest"
          ? { direction: "descending", start: newest, end: oldest }
          : { direction: "ascending", start: oldest, end: newest }),
        ...{ ...way, parameters, residual: wholeFilter },
      });
      const { places, next, previous } = await read(ways, walkOf, listing);
      const ids = places.map(([, id]) => String(id));
      const rows = new Map((await connection.read(select, { ids })).map((row) => [row.id, row]));
      return {
        rows: ids.flatMap((id) => rows.get(id) ?? []).map(registrationFromRow),
        ...{ next, previous },
      };
    },
  };
}
