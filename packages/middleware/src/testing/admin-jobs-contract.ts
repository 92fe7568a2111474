/**
 * Owns the executable meaning of `AdminJobs`, in the way of `store-contract.ts`: whoever brings a store of their own
 * with a dashboard runs `describeAdminJobs` on it.
 */
import type { AdminJobs } from "../admin-jobs-port.js";
import type { Store } from "../ports.js";
import { describeBulkChanges } from "./admin-jobs-contract/bulk.js";
import { describeChanges } from "./admin-jobs-contract/changes.js";
import { describeJobs } from "./admin-jobs-contract/jobs.js";
import { describeNarrowing } from "./admin-jobs-contract/narrowing.js";
import { prepareSuite } from "./store-contract/suite.js";

/** A store and the verbs beside it, ready for one test. */
export interface OpenedAdminJobs {
  store: Store;
  jobs: AdminJobs;
  destroy: () => Promise<void>;
}

/**
 * Describes what operators' changes must do. `open` gives an empty store; both parts work on the same data. `crowd` is
 * how many callers race.
 */
export function describeAdminJobs(
  name: string,
  open: () => Promise<OpenedAdminJobs>,
  { crowd = 20 } = {},
): void {
  let jobs: AdminJobs | null = null;
  const suite = prepareSuite(async () => {
    const opened = await open();
    jobs = opened.jobs;
    return opened;
  }, crowd);
  const current = () => {
    if (jobs === null) throw new Error("A store is open only while a test runs.");
    return jobs;
  };
  suite.describe(`${name} keeps the contract of AdminJobs`, () => {
    suite.openForEachTest();
    describeJobs(suite, current);
    describeBulkChanges(suite, current);
    describeChanges(suite, current);
    describeNarrowing(suite, current);
  });
}
