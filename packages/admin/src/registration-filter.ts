/** Owns the filter of registrations: read from and written to a query string, shown as chips, and found by a search. */
import { isIP } from "node:net";
import type { Query } from "./call.js";
import type { Kind, RegistrationFilter, Status } from "./surface.js";
import { kindWords, statusWords } from "./views/texts-en.js";
import { filterNames, filterWords } from "./views/texts-registrations-en.js";
import type { Inline } from "./views/words.js";

/** Names in the query string. */
export type FilterName = keyof typeof filterNames;
const names = Object.keys(filterNames) as FilterName[];

const daySeconds = 86_400;
const longestValue = 300;

/** A day such as `2026-11-22` as its first second, or undefined. */
export function parseDay(text: string | null): number | undefined {
  if (text === null || !/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const at = Date.parse(`${text}T00:00:00Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? undefined : at / 1000;
}

/** The last day of a range is part of it. */
export function parseLastDay(text: string | null): number | undefined {
  const day = parseDay(text);
  return day === undefined ? undefined : day + daySeconds;
}

/** `2026-11-22`, in UTC. */
export const dayOf = (at: number): string => new Date(at * 1000).toISOString().slice(0, 10);

/** One line of text as it can be stored, or undefined for nothing. */
export function plainText(text: string | null): string | undefined {
  const trimmed = (text ?? "").replaceAll("\0", "").trim().slice(0, longestValue);
  return trimmed === "" ? undefined : trimmed;
}

/** Reads a filter. What makes no sense is left out, so that any query string is a filter. */
export function parseFilter(query: { get(name: string): string | null }): RegistrationFilter {
  const text = (name: FilterName) => plainText(query.get(name));
  const status = text("status");
  const kind = text("kind");
  const given: RegistrationFilter = {
    id: text("id"),
    userId: text("user"),
    clientName: text("name"),
    issuer: text("issuer"),
    ip: text("ip"),
    status: status !== undefined && Object.hasOwn(statusWords, status) ? (status as Status) : undefined,
    kind: kind !== undefined && Object.hasOwn(kindWords, kind) ? (kind as Kind) : undefined,
    scope: text("scope"),
    createdFrom: parseDay(query.get("created_from")),
    createdBefore: parseLastDay(query.get("created_to")),
    lastUsedFrom: parseDay(query.get("used_from")),
    lastUsedBefore: parseLastDay(query.get("used_to")),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** The filter as it stands in a query string. */
export function filterQuery(filter: RegistrationFilter): Partial<Record<FilterName, string>> {
  const day = (at: number | undefined) => (at === undefined ? undefined : dayOf(at));
  const lastDay = (before: number | undefined) => (before === undefined ? undefined : dayOf(before - 1));
  const all: Record<FilterName, string | undefined> = {
    id: filter.id,
    user: filter.userId,
    name: filter.clientName,
    issuer: filter.issuer,
    ip: filter.ip,
    status: filter.status,
    kind: filter.kind,
    scope: filter.scope,
    created_from: day(filter.createdFrom),
    created_to: lastDay(filter.createdBefore),
    used_from: day(filter.lastUsedFrom),
    used_to: lastDay(filter.lastUsedBefore),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** What of a query string would be a filter and means none: unknown words, no days, and everything given twice. */
export function ignoredParts(query: URLSearchParams): { label: string; value: string }[] {
  const read = filterQuery(parseFilter(query));
  return names.flatMap((name) => {
    const given = query.getAll(name).filter((text) => text.trim() !== "");
    if (given.length > 1) return [{ label: filterNames[name], value: filterWords.twice }];
    return given[0] === undefined || read[name] !== undefined
      ? []
      : [{ label: filterNames[name], value: given[0] }];
  });
}

/** Why nothing can match, whatever there is; null when something could. */
export function contradictionOf(filter: RegistrationFilter): Inline | null {
  const { createdFrom = 0, createdBefore = Infinity, lastUsedFrom = 0, lastUsedBefore = Infinity } = filter;
  const { contradictions } = filterWords;
  if (createdFrom >= createdBefore) return contradictions.created;
  if (lastUsedFrom >= lastUsedBefore) return contradictions.used;
  return lastUsedBefore <= createdFrom ? contradictions.order : null;
}

export function isEmptyFilter(filter: RegistrationFilter): boolean {
  return Object.keys(filterQuery(filter)).length === 0;
}

/** Each part of the filter in words, with the query that is left without it. */
export function filterParts(filter: RegistrationFilter): { label: string; value: string; without: Query }[] {
  const query = filterQuery(filter);
  return names.flatMap((name) => {
    const raw = query[name];
    const label = filterNames[name];
    if (raw === undefined) return [];
    const value =
      name === "status" ? statusWords[raw as Status].label : name === "kind" ? kindWords[raw as Kind] : raw;
    return [{ label, value, without: { ...query, [name]: undefined } }];
  });
}

/** In front of the id of a user in the search box: an id may look like anything. */
export const userPrefix = "user:";

/**
 * What somebody typed into the search box, as a filter: an id, an address of a verified user, an issuer, an IP address,
 * `user:` and a user id, or else the start of a name. Null: there is no user with that address.
 */
export async function parseSearch(
  text: string,
  findUserByEmail: (email: string) => Promise<string | null>,
): Promise<RegistrationFilter | null> {
  const search = plainText(text);
  if (search === undefined) return {};
  if (/^reg_[0-9a-z]+$/i.test(search)) return { id: search.toLowerCase() };
  if (/^https?:\/\//i.test(search)) return { issuer: search };
  if (isIP(search) !== 0) return { ip: canonicalAddress(search) };
  if (search.startsWith(userPrefix) && search !== userPrefix)
    return { userId: search.slice(userPrefix.length).trim() };
  if (/^[^\s@]+@[^\s@]+$/.test(search)) {
    const userId = await findUserByEmail(search);
    return userId === null ? null : { userId };
  }
  return { clientName: search };
}

/** An address as systems print it, such as `2001:db8::1` or `::ffff:192.0.2.1`. */
function canonicalAddress(address: string): string {
  if (address.includes(".")) return address.toLowerCase();
  const host = `http://[${address}]`;
  return isIP(address) === 6 && URL.canParse(host) ? new URL(host).hostname.slice(1, -1) : address;
}
