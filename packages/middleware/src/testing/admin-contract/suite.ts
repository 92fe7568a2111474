/** Owns what the groups of the dashboard's contract share: the runner, random registrations, and the filter in plain words. */
import type { AdminJobs } from "../../admin-jobs-port.js";
import type { AdminQueries, Page, PageRequest, RegistrationFilter } from "../../admin-queries-port.js";
import type { Store } from "../../ports.js";
import type { Registration } from "../../protocol/model.js";
import { statusOf } from "../../protocol/state.js";
import { aRegistration, someTime } from "../builders.js";

/** A store with the queries and the jobs on it, ready for one test. */
export interface OpenedAdmin {
  store: Store;
  queries: AdminQueries;
  jobs: AdminJobs;
  destroy: () => Promise<void>;
}

/** Opens an empty store with its queries. */
export type OpenAdmin = () => Promise<OpenedAdmin>;

interface Runner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>, timeout?: number): void;
  beforeEach(body: () => Promise<void>): void;
  afterEach(body: () => Promise<void>): void;
}

/** What a group is written with. */
export interface AdminSuite extends Pick<Runner, "describe" | "it"> {
  store(): Store;
  queries(): AdminQueries;
  jobs(): AdminJobs;
  openForEachTest(): void;
}

/** Takes the runner's functions from the global scope, as the contract of `Store` does. */
export function prepareAdminSuite(open: OpenAdmin): AdminSuite {
  const runner = globalThis as unknown as Runner;
  let opened: OpenedAdmin | null = null;
  const current = () => {
    if (opened === null) throw new Error("A store is open only while a test runs.");
    return opened;
  };
  return {
    describe: (name, body) => runner.describe(name, body),
    it: (name, body) => runner.it(name, body, 60_000),
    store: () => current().store,
    queries: () => current().queries,
    jobs: () => current().jobs,
    openForEachTest() {
      runner.beforeEach(async () => {
        opened = await open();
      });
      runner.afterEach(async () => {
        await opened?.destroy();
        opened = null;
      });
    },
  };
}

/** The moment the listings below are asked for. */
export const now = someTime + 50_000;

/** Numbers that repeat with their seed (Lehmer's generator): `below(6)` is a throw of a die, counted from 0. */
export function dice(seed: number): {
  below(sides: number): number;
  oneOf<Value>(values: readonly Value[]): Value;
} {
  let state = seed;
  const below = (sides: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
  return {
    below,
    oneOf(values) {
      const value = values[below(values.length)];
      if (value === undefined) throw new Error("Nothing to choose from.");
      return value;
    },
  };
}

const names = [
  "Example Agent",
  "EXAMPLE two",
  "example_3",
  "100% agent",
  "Ärger",
  "ärger",
  'o\'neil "x"',
  null,
];
const scopeSets = [
  ["api.read"],
  ["api.read", "api.write"],
  ["api.write"],
  ["api.write", "admin"],
  ["api"],
  [],
];

/** Registrations of every sort, many of them made in the same second. */
export function someRegistrations(count: number, seed: number): Registration[] {
  const { below, oneOf } = dice(seed);
  const maybe = <Value>(value: Value, outOf = 4) => (below(outOf) === 0 ? value : null);
  return Array.from({ length: count }, () => {
    const kind = oneOf(["anonymous", "service_auth", "identity_assertion"] as const);
    const createdAt = someTime + below(60);
    const claimed = below(3) === 0;
    const claimExpiresAt = claimed || below(2) === 0 ? now + 1 - below(3) : now + 1000;
    const revokedAt = maybe(createdAt, 6);
    const subject = `subject_${below(1_000_000_000)}`;
    const carries = kind === "identity_assertion" || below(4) === 0;
    return aRegistration({
      ...{ kind, createdAt, claimExpiresAt, revokedAt, suspendedAt: maybe(createdAt, 6) },
      ...(revokedAt === null ? {} : { revokedBy: "operator" as const, revokedReason: "abuse" }),
      ...{ clientName: oneOf(names), createdIp: oneOf(["192.0.2.1", "192.0.2.2", "2001:db8::1", null]) },
      ...{ claimedAt: claimed ? createdAt : null, currentAttemptId: maybe("att_of_nobody", 2) },
      ...{ userId: claimed ? oneOf(["user_alice", "user_bob"]) : null, scopes: [...oneOf(scopeSets)] },
      endsAt: maybe(now + 1 - below(3), 3),
      expiredAt: !claimed && claimExpiresAt <= now ? maybe(now, 2) : null,
      lastUsedAt: below(3) === 0 ? null : someTime + below(40),
      ...(carries ? { issuer: oneOf(["https://a.example", "https://b.example"]), subject } : {}),
    });
  });
}

/** Stores them all. */
export async function storeAll(store: Store, registrations: Registration[]): Promise<void> {
  for (const registration of registrations)
    await store.createRegistration({ registration, attempt: null, audit: [] });
}

const foldAscii = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** The filter in plain words. */
export function isMeant(registration: Registration, filter: RegistrationFilter): boolean {
  const { id, userId, clientName, issuer, ip, status, kind, scope } = filter;
  const { createdFrom, createdBefore, lastUsedFrom, lastUsedBefore } = filter;
  const { createdAt, lastUsedAt } = registration;
  if (id !== undefined && registration.id !== id) return false;
  if (userId !== undefined && registration.userId !== userId) return false;
  if (issuer !== undefined && registration.issuer !== issuer) return false;
  if (ip !== undefined && registration.createdIp !== ip) return false;
  if (kind !== undefined && registration.kind !== kind) return false;
  if (scope !== undefined && !registration.scopes.includes(scope)) return false;
  if (status !== undefined && statusOf(registration, now) !== status) return false;
  if (createdFrom !== undefined && createdAt < createdFrom) return false;
  if (createdBefore !== undefined && createdAt >= createdBefore) return false;
  if (lastUsedFrom !== undefined && (lastUsedAt === null || lastUsedAt < lastUsedFrom)) return false;
  if (lastUsedBefore !== undefined && (lastUsedAt === null || lastUsedAt >= lastUsedBefore)) return false;
  if (clientName === undefined) return true;
  const name = registration.clientName;
  return name !== null && foldAscii(name).startsWith(foldAscii(clientName));
}

/** The ids that a listing must give, in order. */
export function expectedIds(
  registrations: Registration[],
  filter: RegistrationFilter,
  sort: "created" | "last_used",
  direction: "newest" | "oldest",
): string[] {
  const timeOf = ({ createdAt, lastUsedAt }: Registration) =>
    sort === "created" ? createdAt : (lastUsedAt ?? 0);
  const ascending = registrations
    .filter((one) => isMeant(one, filter) && (sort === "created" || one.lastUsedAt !== null))
    .sort((one, other) => timeOf(one) - timeOf(other) || (one.id < other.id ? -1 : 1))
    .map(({ id }) => id);
  return direction === "oldest" ? ascending : ascending.reverse();
}

/** Walks every page of a listing. */
export async function walkAll<Row>(
  read: (page: PageRequest) => Promise<Page<Row>>,
  limit = 500,
  between: () => Promise<void> = async () => {},
): Promise<Row[]> {
  const rows: Row[] = [];
  let after: string | null = null;
  do {
    const page: Page<Row> = await read({ after, limit });
    if (page.rows.length > limit) throw new Error(`A page of ${limit} holds ${page.rows.length} rows.`);
    rows.push(...page.rows);
    after = page.next;
    if (after !== null) await between();
  } while (after !== null);
  return rows;
}

/**
 * Turns the pages of a listing to the last one and back to the first, and returns the names of the rows on each, both
 * times in the order of the walk.
 */
export async function walkThereAndBack<Row>(
  read: (page: PageRequest) => Promise<Page<Row>>,
  nameOf: (row: Row) => string,
  limit: number,
  between: () => Promise<void> = async () => {},
): Promise<{ there: string[][]; back: string[][] }> {
  const there: string[][] = [];
  const back: string[][] = [];
  const note = (pages: string[][], { rows }: Page<Row>) => {
    if (rows.length > limit) throw new Error(`A page of ${limit} holds ${rows.length} rows.`);
    pages.push(rows.map(nameOf));
  };
  let page = await read({ after: null, limit });
  note(there, page);
  while (page.next !== null) {
    await between();
    page = await read({ after: page.next, limit });
    note(there, page);
  }
  while (page.previous !== null) {
    await between();
    page = await read({ after: null, before: page.previous, limit });
    note(back, page);
  }
  return { there, back };
}
