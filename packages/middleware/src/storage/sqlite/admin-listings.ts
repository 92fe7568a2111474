/**
 * Owns the listing of registrations: the way through the indexes for any combination of filters, sort and direction.
 *
 * A condition that few rows meet is read as a whole and sorted at once, so its page is full. Else an index in the order
 * asked for is followed, and the indexes of the other conditions are asked about each entry, so that hardly a row is
 * read that is not on the page. What no index can tell is compared row by row; a page that met too few then ends early
 * and `next` goes on. Cursors are the same either way, so pages may differ in how they were read.
 */
import {
  type AdminQueries,
  longestScan,
  type RegistrationFilter,
  type RegistrationListing,
} from "../../admin-queries-port.js";
import { type RegistrationRow, registrationFromRow } from "../rows.js";
import type { Place } from "./admin-cursor.js";
import {
  all,
  byCreationRange,
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
import { mostRows, type Walk, type Walker } from "./admin-walk.js";
import type { Connection } from "./connection.js";
import { registrations } from "./schema.js";
import { columnsOf } from "./statements.js";

/** Texts of scopes that are merged at most. A scope found in more of them is so common that any walk meets it. */
const mostTexts = 60;
/** Entries of an index that are sorted, or collected to be looked up in, at most. */
const mostCollected = 20_000;
/**
 * Places of other indexes that are asked about an entry, at most, when the condition is a long one. In the order of
 * creation the next entry's are beside them; in that of use they are anywhere.
 */
const mostPlaces = { created: 6, last_used: 1 };
/** Entries of one condition that the others are asked about, at most, to see whether all have little in common. */
const mostCombined = 10_000;
/** Entries that show whether following the order leads anywhere. */
const trialStretch = 8000;
const never = Number.MAX_SAFE_INTEGER;

function parametersOf(filter: RegistrationFilter, now: number): Walk["parameters"] {
  const { id, userId, clientName, issuer, ip, status, kind, scope } = filter;
  const { createdFrom = 0, createdBefore = never, lastUsedFrom, lastUsedBefore } = filter;
  return {
    ...{ id: id ?? null, userId: userId ?? null, clientName: clientName ?? null, issuer: issuer ?? null },
    ...{ ip: ip ?? null, status: status ?? null, kind: kind ?? null, scope: scope ?? null },
    ...{ createdFrom, createdBefore, now },
    usedFrom: lastUsedFrom ?? 0,
    usedBefore: lastUsedBefore ?? never,
    usedMatters: lastUsedFrom === undefined && lastUsedBefore === undefined ? 0 : 1,
  };
}

/** What is followed, and what is asked about each of its entries. */
type Way = Pick<Walk, "arms" | "members" | "rows">;

/** How a page may be read. `whole` is for what lies far from the start of the order. */
interface Ways {
  followed: Way;
  whole: Way | null;
}

/** Whether no registration can match: SQLite ends some comparisons at a NUL, and no scope holds a space. */
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
    `SELECT ${columnsOf(registrations)} FROM registrations WHERE rowid = ?`,
  );
  const selectTexts = connection.prepare<{ key: string }>(
    `SELECT key FROM counters
     WHERE name = 'scopes' AND instr(' ' || key || ' ', ' ' || @scope || ' ') > 0 LIMIT ${mostTexts + 1}`,
  );

  /** What is given, the most selective first. May add parameters. */
  function sourcesOf({ filter, sort }: RegistrationListing, parameters: Walk["parameters"]): Source[] {
    const given = (value: unknown, source: Source) => (value === undefined ? [] : [source]);
    const sources = [
      ...given(filter.id, byId),
      ...given(filter.userId, byUser),
      ...given(filter.ip, byIp),
      ...given(filter.clientName, byName),
      ...given(filter.issuer, byIssuer),
    ];
    if (filter.scope !== undefined) {
      const texts = connection.read(() => selectTexts.all({ scope: filter.scope }));
      if (texts.length <= mostTexts) {
        for (const [index, { key }] of texts.entries()) parameters[`scopes${index}`] = key;
        sources.push(byScopes(texts.length));
      }
    }
    if (filter.status !== undefined || filter.kind !== undefined)
      sources.push(byStanding(filter, () => walker.isShort([dueArm], parameters, mostRows)));
    const isBounded = { created: filter.createdFrom ?? filter.createdBefore, used: parameters.usedMatters };
    if (sort === "last_used" && isBounded.created !== undefined) sources.push(byCreationRange);
    if (sort === "created" && isBounded.used === 1) sources.push(byUse);
    return sources;
  }

  function waysOf(listing: RegistrationListing, parameters: Walk["parameters"]): Ways {
    const alone = (arms: Walk["arms"]): Ways => ({ followed: { arms, members: [] }, whole: null });
    const { sort } = listing;
    const everything = sort === "created" ? all : byUse;
    const sources = sourcesOf(listing, parameters);
    const isShort = ({ arms }: Source, most: number) => walker.isShort(arms, parameters, most);
    const [only = everything] = sources;
    // Alone and in order: nothing is gained from knowing its length.
    if (sources.length < 2 && only.order === sort) return alone(only.arms);
    const few = sources.find((source) => isShort(source, mostRows));
    if (few !== undefined) return alone(few.arms);

    const short = new Set(sources.filter((source) => isShort(source, mostCollected)));
    const membersBut = (followed: Source, order: RegistrationListing["sort"]) =>
      sources.flatMap((source) =>
        source === followed ||
        source.member === null ||
        (source.places > mostPlaces[order] && !short.has(source))
          ? []
          : [source.member],
      );
    const isFollowed = (source: Source) =>
      source.order === sort || (source.covers.includes(sort) && short.has(source));
    const leading = sources.find(isFollowed) ?? everything;
    const followed = { arms: leading.arms, members: membersBut(leading, sort) };
    if (sort === "created") return { followed, whole: null };

    // Each may be long and yet have hardly a row in common with the others.
    const base = sources.find((source) => source.covers.includes("created") && isShort(source, mostCombined));
    const others = base === undefined ? [] : membersBut(base, "created");
    if (base !== undefined && others.length > 0) {
      const common = [inAll(base, others)];
      if (walker.isShort(common, parameters, mostRows)) return alone(common);
    }
    // What meets the filter may all be at the far end of the order, such as what waits for a claim in that of its use.
    const bounded = sources.find((source) => isShort(source, longestScan));
    return { followed, whole: bounded ? { arms: bounded.arms, members: [], rows: longestScan } : null };
  }

  return {
    async listRegistrations(listing) {
      const { filter, sort, direction, now } = listing;
      const nothing = { rows: [], next: null, previous: null };
      if (isHopeless(filter)) return nothing;
      const parameters = parametersOf(filter, now);
      const { followed, whole } = waysOf(listing, parameters);
      // A scope nobody was ever granted.
      if (followed.arms.length === 0) return nothing;
      const [column, edge] = sort === "created" ? ["created_at", "created"] : ["last_used_at", "used"];
      const [oldest, newest] = [`${edge}From`, `${edge}Before`].map((name) => [
        parameters[name] as number,
        "",
      ]) as [Place, Place];
      const read = (way: Way & Pick<Walk, "entries">) =>
        walker.walk(
          {
            ...{ name: sort, table: "registrations", columns: [column, "id"], made: "created_at" },
            ...(direction === "newest"
              ? { direction: "descending", start: newest, end: oldest }
              : { direction: "ascending", start: oldest, end: newest }),
            ...{ ...way, parameters, residual: wholeFilter },
          },
          listing,
        );
      const readBest = () => {
        if (whole === null) return read(followed);
        const trial = read({ ...followed, entries: trialStretch });
        if (!trial.isCutShort) return trial;
        return read(trial.entries.length < listing.limit / 12 ? whole : followed);
      };
      const { entries, next, previous } = readBest();
      const rows = connection.read(() => entries.map((entry) => select.get(entry)));
      return { rows: rows.filter((row) => row !== undefined).map(registrationFromRow), next, previous };
    },
  };
}
