/** Owns the list of registrations: every agent, and where it stands. */
import { isIPv4 } from "node:net";
import { type Call, exportButton, may, pageReply } from "../call.js";
import { type ListPage, pagingBlock, readPage } from "../paging.js";
import {
  contradictionOf,
  filterQuery,
  isEmptyFilter,
  parseSearch,
  userPrefix,
} from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Registration, RegistrationFilter } from "../surface.js";
import type { Block, EmptyBlock, PostButton, TableBlock } from "../views/page.js";
import { sections } from "../views/texts-en.js";
import { filterWords, registrationsPage as texts } from "../views/texts-registrations-en.js";
import { code, moment, plural, say, words } from "../views/words.js";
import { bulkActions, chips, searchForm, wordsForPeople } from "./registrations-search.js";
import { ignoredIn, orderQuery, type View, viewOf } from "./registrations-view.js";

const rowsPerPage = 50;

export async function showRegistrations(call: Call): Promise<Reply> {
  const view = viewOf(call);
  const search = call.query.get("q") ?? "";
  const searched = await parseSearch(search, (email) => call.surface.findUserByEmail(email));
  // An address leaves the URL at once: what is shared and kept in histories is the id of its user.
  if (searched !== null && !isEmptyFilter(searched)) {
    const found = {
      ...filterQuery(view.filter),
      ...filterQuery(await asStored(call, searched)),
      ...orderQuery(view),
    };
    return { kind: "redirect", location: call.link("/registrations", found) };
  }
  const isUnknownAddress = searched === null;
  const [names, page] = await Promise.all([
    shown.providerNames(call),
    isUnknownAddress
      ? { rows: [], next: null, previous: null }
      : readPage(call, (turn) =>
          call.queries.listRegistrations({ ...view, ...turn, limit: rowsPerPage, now: call.now }),
        ),
  ]);
  return pageReply({
    title: sections.registrations,
    current: "registrations",
    lead: words(texts.lead),
    actions: headActions(call, view),
    message: shown.messageOf(call),
    blocks: [
      searchForm(call, view, { search: isUnknownAddress ? search : "", providers: names }),
      ...chips(call, view),
      ...notices(call, view, page),
      ...(!isEmptyFilter(view.filter) && page.rows.length > 0 && may(call, "operator")
        ? [bulkActions(call, view.filter)]
        : []),
      page.rows.length > 0
        ? table(call, view, page.rows, names)
        : nothing(call, view, page, isUnknownAddress),
      pagingBlock(
        call,
        { path: "/registrations", query: { ...filterQuery(view.filter), ...orderQuery(view) } },
        page,
        plural(page.rows.length, texts.shown.one, texts.shown.many),
      ),
    ],
  });
}

/** Where a server listens to IPv4 and IPv6 at once, an IPv4 address is known by its IPv6 form. */
async function asStored(call: Call, filter: RegistrationFilter): Promise<RegistrationFilter> {
  const { ip } = filter;
  if (ip === undefined || !isIPv4(ip)) return filter;
  const hasAny = async (one: string) => {
    const listing = { sort: "created", direction: "newest", after: null, limit: 1, now: call.now } as const;
    return (await call.queries.listRegistrations({ ...listing, filter: { ip: one } })).rows.length > 0;
  };
  const mapped = `::ffff:${ip}`;
  return !(await hasAny(ip)) && (await hasAny(mapped)) ? { ...filter, ip: mapped } : filter;
}

/** What is to be known about what is shown, beyond the filter. */
function notices(call: Call, view: View, page: ListPage<Registration>): Block[] {
  const ignored = ignoredIn(call);
  const found: Block[] = [];
  if (ignored !== null) found.push({ kind: "notice", tone: "attention", text: filterWords.ignored(ignored) });
  if (view.sort === "last_used" && page.rows.length > 0)
    found.push({ kind: "notice", tone: "neutral", text: words(texts.onlyUsed) });
  return found;
}

function headActions(call: Call, view: View): PostButton[] {
  // Its order is that of creation, or those that were never used would be missing.
  const order = orderQuery({ sort: "created", direction: view.direction });
  const query = { ...filterQuery(view.filter), ...order };
  return [exportButton(call, texts.exportCsv, "/registrations.csv", query)];
}

function table(call: Call, view: View, rows: Registration[], names: Map<string, string>): TableBlock {
  const { columns } = texts;
  const sortable = (label: string, sort: View["sort"]) => {
    const isSorted = view.sort === sort;
    const direction = isSorted && view.direction === "newest" ? "oldest" : "newest";
    const href = call.link("/registrations", {
      ...filterQuery(view.filter),
      ...orderQuery({ sort, direction }),
    });
    const state = !isSorted ? "none" : view.direction === "newest" ? "descending" : "ascending";
    return { label, sort: { href, direction: state } as const };
  };
  return {
    kind: "table",
    caption: texts.caption,
    columns: [
      { label: columns.agent },
      { label: columns.status },
      { label: columns.kind },
      { label: columns.user },
      { label: columns.scopes },
      sortable(columns.created, "created"),
      sortable(columns.lastUsed, "last_used"),
    ],
    rows: rows.map((row) => [
      say`${shown.agentName(row)} ${shown.registrationLink(call, row.id)}`,
      shown.statusBadge(shown.statusOf(row, call.now)),
      row.issuer === null ? shown.kindOf(row) : shown.providerName(names, row.issuer),
      shown.userLink(call, row.userId),
      shown.scopeList(row.scopes),
      moment(row.createdAt),
      moment(row.lastUsedAt, texts.never),
    ]),
  };
}

function nothing(
  call: Call,
  view: View,
  page: ListPage<Registration>,
  isUnknownAddress: boolean,
): EmptyBlock {
  if (page.next !== null)
    return {
      kind: "empty",
      heading: texts.inStretch.heading,
      paragraphs: [words(texts.inStretch.text)],
      links: [],
    };
  const { noMatch } = texts;
  const isUnfiltered = isEmptyFilter(view.filter) && ignoredIn(call) === null && !isUnknownAddress;
  if (isUnfiltered && view.sort === "created") return shown.firstAgent(call);
  const byCreation = call.link("/registrations", {
    ...filterQuery(view.filter),
    ...orderQuery({ ...view, sort: "created" }),
  });
  const contradiction = contradictionOf(view.filter);
  const isUnused = view.sort === "last_used" && !isUnknownAddress && contradiction === null;
  const people = wordsForPeople(call);
  const reason = isUnknownAddress
    ? people.unknownAddress(code(userPrefix))
    : words(isUnused ? noMatch.noneUsed : people.noMatch);
  return {
    kind: "empty",
    heading: noMatch.heading,
    paragraphs: [contradiction ?? reason],
    links: [
      ...(isUnused ? [{ label: texts.byCreation, href: byCreation, tone: "primary" as const }] : []),
      { label: texts.showAll, href: call.link("/registrations"), tone: "quiet" },
    ],
  };
}
