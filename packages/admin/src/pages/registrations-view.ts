/** Owns what an address says about the list of registrations: its filter and its order. */
import type { Call } from "../call.js";
import { parseFilter } from "../registration-filter.js";
import type { RegistrationFilter, RegistrationListing } from "../surface.js";

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
