/** Owns what an address says about the list of registrations: its filter and its order. */
import type { Call } from "../call.js";
import { ignoredParts, parseFilter } from "../registration-filter.js";
import type { RegistrationFilter, RegistrationListing } from "../surface.js";
import { type Inline, muted, value } from "../views/words.js";

/** What of the listing an address asks for. */
export interface View {
  filter: RegistrationFilter;
  sort: RegistrationListing["sort"];
  direction: RegistrationListing["direction"];
}

export function viewOf(call: Call): View {
  const sort = call.query.get("sort") === "last_used" ? "last_used" : "created";
  return {
    filter: parseFilter(call.query),
    sort,
    direction: call.query.get("order") === "oldest" ? "oldest" : "newest",
  };
}

/** The order in a query string; what goes without saying is left out. */
export function orderQuery({ sort, direction }: Pick<View, "sort" | "direction">) {
  return {
    sort: sort === "created" ? null : sort,
    order: direction === "newest" ? null : direction,
  };
}

/** What an address says that is no filter, to be told; null when all of it was understood. */
export function ignoredIn(call: Call): Inline | null {
  const parts = ignoredParts(call.query);
  if (parts.length === 0) return null;
  return parts.flatMap(({ label, value: given }, index) => [
    ...(index === 0 ? [] : [{ kind: "words", text: ", " } as const]),
    ...muted(`${label} `),
    ...value(given),
  ]);
}
