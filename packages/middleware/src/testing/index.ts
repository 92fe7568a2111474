/** What a host, or the author of a Store, needs for tests. Explicit, and pinned by a test. */
export { describeAdminQueries } from "./admin-contract.js";
export { describeAdminJobs } from "./admin-jobs-contract.js";
export { anAttempt, aRegistration, aSigningKey, aToken } from "./builders.js";
export { type FixedClock, fixedClock } from "./fixed-clock.js";
export { seededRandom } from "./seeded-random.js";
export { describeStore } from "./store-contract.js";
