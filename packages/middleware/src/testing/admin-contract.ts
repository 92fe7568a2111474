/**
 * Owns the executable meaning of `AdminQueries`. Whoever brings a store of their own with queries for a dashboard runs
 * `describeAdminQueries` on it, in the way of `describeStore`.
 */
import { describeAttention } from "./admin-contract/attention.js";
import { describeCounting } from "./admin-contract/counting.js";
import { describeFiltering } from "./admin-contract/filtering.js";
import { describePaging } from "./admin-contract/paging.js";
import { describePagingBack } from "./admin-contract/paging-back.js";
import { describePassing } from "./admin-contract/passing.js";
import { describeRecords } from "./admin-contract/records.js";
import { describeScopeUses } from "./admin-contract/scope-uses.js";
import { type OpenAdmin, prepareAdminSuite } from "./admin-contract/suite.js";

export type { OpenAdmin, OpenedAdmin } from "./admin-contract/suite.js";

/** Describes what all queries must answer. `open` gives an empty store, the queries and the jobs on it; `destroy` ends them. */
export function describeAdminQueries(name: string, open: OpenAdmin): void {
  const suite = prepareAdminSuite(open);
  suite.describe(`${name} keeps the contract of AdminQueries`, () => {
    suite.openForEachTest();
    describeFiltering(suite);
    describePaging(suite);
    describePagingBack(suite);
    describeRecords(suite);
    describeScopeUses(suite);
    describeCounting(suite);
    describePassing(suite);
    describeAttention(suite);
  });
}
