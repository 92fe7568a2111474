/** Owns which page of a listing an address asks for, and the ways from it to the pages around it. */
import type { Call, Query } from "./call.js";
import type { PagingBlock } from "./views/page.js";

const longestCursor = 1000;

/** A cut between two rows: the page starts behind it, or ends in front of it. */
interface Turn {
  after: string | null;
  before: string | null;
}

/** One page of a listing, as it is read. */
export interface ListPage<Row> {
  rows: Row[];
  next: string | null;
  previous: string | null;
}

/** What is no cursor counts as none. */
function cursorOf({ query }: Call, name: keyof Turn): string | null {
  const text = query.get(name);
  return text === null || text === "" || text.length > longestCursor ? null : text;
}

/**
 * Reads the page the address asks for. Whoever turns back to where the listing starts gets the whole first page, and
 * whoever stands behind its end, because rows have gone since, the last one.
 */
export async function readPage<Row>(
  call: Call,
  read: (turn: Turn) => Promise<ListPage<Row>>,
): Promise<ListPage<Row>> {
  const after = cursorOf(call, "after");
  const before = after === null ? cursorOf(call, "before") : null;
  const page = await read({ after, before });
  if (before !== null) return page.previous === null ? read({ after: null, before: null }) : page;
  if (page.rows.length > 0 || page.next !== null || page.previous === null) return page;
  const last = await read({ after: null, before: page.previous });
  return last.previous === null ? read({ after: null, before: null }) : last;
}

/** Links to the pages around a page. `query` is what else the address says. */
export function pagingBlock(
  call: Call,
  { path, query = {}, anchor = "" }: { path: string; query?: Query; anchor?: string },
  { next, previous }: Pick<ListPage<unknown>, "next" | "previous">,
  shown: string,
): PagingBlock {
  const link = (turn: Query) => call.link(path, { ...query, ...turn }) + anchor;
  return {
    kind: "paging",
    shown,
    firstHref: previous === null ? null : link({}),
    previousHref: previous === null ? null : link({ before: previous }),
    nextHref: next === null ? null : link({ after: next }),
  };
}
