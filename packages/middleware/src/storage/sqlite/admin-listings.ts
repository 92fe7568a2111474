/**
 * Owns the listing of registrations: the way through the indexes for any combination of filters, sort and direction.
 *
 * The most selective condition that a page can look at as a whole is read and sorted at once, so its pages are full.
 * Where all are longer, the first one that lies in the order asked for is walked and the rest is compared row by row;
 * a page that met too few then ends early and `next` goes on. Cursors are the same either way, so pages may differ in
 * how they were read.
 */
import type { AdminQueries, RegistrationFilter, RegistrationListing } from "../../admin-queries-port.js";
import { type RegistrationRow, registrationFromRow } from "../rows.js";
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
  type Source,
  wholeFilter,
} from "./admin-sources.js";
import type { Walk, Walker } from "./admin-walk.js";
import type { Connection } from "./connection.js";
import { registrations } from "./schema.js";
import { columnsOf } from "./statements.js";

/** Texts of scopes that are merged at most. A scope found in more of them is so common that any walk meets it. */
const mostTexts = 60;
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
    `SELECT ${columnsOf(registrations)} FROM registrations WHERE id = ?`,
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
      sources.push(byStanding(filter, () => walker.isShort([dueArm], parameters)));
    const isBounded = { created: filter.createdFrom ?? filter.createdBefore, used: parameters.usedMatters };
    if (sort === "last_used" && isBounded.created !== undefined) sources.push(all);
    if (sort === "created" && isBounded.used === 1) sources.push(byUse);
    return sources;
  }

  function choose(listing: RegistrationListing, parameters: Walk["parameters"]): Source {
    const everything = listing.sort === "created" ? all : byUse;
    const sources = sourcesOf(listing, parameters);
    const inOrder = sources.find(({ order }) => order === listing.sort) ?? everything;
    // Alone and in order: there is nothing to compare, so nothing to gain from knowing its length.
    if (sources.length === 0 || (sources.length === 1 && sources[0] === inOrder)) return inOrder;
    return sources.find(({ arms }) => walker.isShort(arms, parameters)) ?? inOrder;
  }

  return {
    async listRegistrations(listing) {
      const { filter, sort, direction, now } = listing;
      if (isHopeless(filter)) return { rows: [], next: null };
      const parameters = parametersOf(filter, now);
      const { arms } = choose(listing, parameters);
      // A scope nobody was ever granted.
      if (arms.length === 0) return { rows: [], next: null };
      const edge = direction === "newest" ? "Before" : "From";
      const start = parameters[`${sort === "created" ? "created" : "used"}${edge}`] as number;
      const page = walker.walk(
        {
          name: sort,
          columns: [sort === "created" ? "created_at" : "last_used_at", "id"],
          direction: direction === "newest" ? "descending" : "ascending",
          start: [start, ""],
          ...{ arms, parameters, residual: wholeFilter },
        },
        listing,
      );
      const rows = connection.read(() => page.places.map(([, id]) => select.get(id)));
      return {
        rows: rows.filter((row) => row !== undefined).map(registrationFromRow),
        next: page.next,
      };
    },
  };
}
