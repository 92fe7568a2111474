/** Owns the list of registrations: every agent, and where it stands. */
import { type Call, may, pageReply } from "../call.js";
import { filterQuery, isEmptyFilter, parseSearch } from "../registration-filter.js";
import type { Reply } from "../reply.js";
import * as shown from "../shown.js";
import type { Registration } from "../surface.js";
import type { Block, EmptyBlock, LinkButton, TableBlock } from "../views/page.js";
import { moment, plural, say, words } from "../views/words.js";
import { bulkActions, chips, searchForm } from "./registrations-search.js";
import { orderQuery, type View, viewOf } from "./registrations-view.js";

const rowsPerPage = 50;

export async function showRegistrations(call: Call): Promise<Reply> {
  const view = viewOf(call);
  const search = call.query.get("q") ?? "";
  const searched = await parseSearch(search, (email) => call.surface.findUserByEmail(email));
  // An address leaves the URL at once: what is shared and kept in histories is the id of its user.
  if (searched !== null && !isEmptyFilter(searched)) {
    const found = { ...filterQuery(view.filter), ...filterQuery(searched) };
    return { kind: "redirect", location: call.link("/registrations", { ...found, ...orderQuery(view) }) };
  }
  const after = shown.cursorOf(call);
  const [names, page] = await Promise.all([
    shown.providerNames(call),
    searched === null
      ? { rows: [], next: null }
      : call.queries.listRegistrations({ ...view, after, limit: rowsPerPage, now: call.now }),
  ]);
  const query = { ...filterQuery(view.filter), ...orderQuery(view) };
  const hasFilter = !isEmptyFilter(view.filter) || searched === null;
  const results: Block[] =
    page.rows.length > 0
      ? [table(call, view, page.rows, names)]
      : [
          nothing(call, view, {
            hasFilter,
            hasMore: page.next !== null,
            isUnknownAddress: searched === null,
            after,
          }),
        ];
  return pageReply({
    title: "Registrations",
    current: "registrations",
    lead: words("Every agent that has registered, and where it stands."),
    actions: headActions(call, view),
    message: shown.messageOf(call),
    blocks: [
      searchForm(call, view, searched === null ? search : ""),
      ...chips(call, view),
      ...(hasFilter && page.rows.length > 0 && may(call, "operator") ? [bulkActions(call, view.filter)] : []),
      ...results,
      {
        kind: "paging",
        shown: plural(page.rows.length, "registration on this page", "registrations on this page"),
        firstHref: after === null ? null : call.link("/registrations", query),
        nextHref: page.next === null ? null : call.link("/registrations", { ...query, after: page.next }),
      },
    ],
  });
}

function headActions(call: Call, view: View): LinkButton[] {
  const href = call.link("/registrations.csv", { ...filterQuery(view.filter), ...orderQuery(view) });
  return [{ label: "Export as CSV", href, tone: "quiet" }];
}

function table(call: Call, view: View, rows: Registration[], names: Map<string, string>): TableBlock {
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
    caption: "Registrations",
    columns: [
      { label: "Agent" },
      { label: "Status" },
      { label: "Kind" },
      { label: "On behalf of" },
      { label: "Scopes" },
      sortable("Created", "created"),
      sortable("Last used", "last_used"),
    ],
    rows: rows.map((row) => [
      say`${shown.agentName(row)} ${shown.registrationLink(call, row.id)}`,
      shown.statusBadge(shown.statusOf(row, call.now)),
      row.issuer === null ? shown.kindOf(row) : shown.providerName(names, row.issuer),
      shown.userLink(call, row.userId),
      shown.scopeList(row.scopes),
      moment(row.createdAt),
      moment(row.lastUsedAt, "Never"),
    ]),
  };
}

function nothing(
  call: Call,
  view: View,
  state: { hasFilter: boolean; hasMore: boolean; isUnknownAddress: boolean; after: string | null },
): EmptyBlock {
  if (state.hasMore)
    return {
      kind: "empty",
      heading: "Nothing in this stretch",
      paragraphs: [words("Many registrations were looked through. There are more: go on to the next page.")],
      links: [],
    };
  if (!state.hasFilter && state.after === null && view.sort === "created") return shown.firstAgent(call);
  const reason = state.isUnknownAddress
    ? "No user of this service has verified that e-mail address."
    : "Remove a filter, or search for the start of a name, a whole id, an e-mail address, an issuer or an IP address.";
  return {
    kind: "empty",
    heading: "Nothing matches",
    paragraphs: [words(reason)],
    links: [{ label: "Show all registrations", href: call.link("/registrations"), tone: "quiet" }],
  };
}
