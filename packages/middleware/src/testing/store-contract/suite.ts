/** Owns what all groups of the contract share: the runner's functions, the store under test, races and non-effects. */
import assert from "node:assert/strict";
import type { Store } from "../../ports.js";
import type {
  AccessToken,
  AuditEvent,
  ClaimAttempt,
  RefreshFamily,
  Registration,
} from "../../protocol/model.js";
import { anAttempt, anAuditEvent, aRegistration, someTime } from "../builders.js";

/** A store ready for one test. */
export interface OpenedStore {
  store: Store;
  /** Closes the store and opens the same data again. Leave it out for a store that dies with its process. */
  reopen?: () => Promise<Store>;
  destroy: () => Promise<void>;
}

/** Opens an empty store. */
export type OpenStore = () => Promise<OpenedStore>;

interface Runner {
  describe(name: string, body: () => void): void;
  it(name: string, body: () => Promise<void>): void;
  beforeEach(body: () => Promise<void>): void;
  afterEach(body: () => Promise<void>): void;
}

/** What a group of the contract is written with. */
export interface Suite extends Pick<Runner, "describe" | "it"> {
  openForEachTest(): void;
  /** The store of the running test. */
  store(): Store;
  /** The same data after a restart, where there is such a thing. */
  restarted(): Promise<Store>;
}

/** Takes the runner's functions from the global scope, so that no runner has to be a dependency. */
export function prepareSuite(open: OpenStore, callers = 20): Suite {
  const runner = globalThis as unknown as Runner;
  let opened: OpenedStore | null = null;
  const current = () => {
    assert.ok(opened, "A store is open only while a test runs.");
    return opened;
  };
  return {
    describe: (name, body) => runner.describe(name, body),
    it: (name, body) => runner.it(name, body),
    store: () => current().store,
    async restarted() {
      const { reopen } = current();
      if (reopen !== undefined) current().store = await reopen();
      return current().store;
    },
    openForEachTest() {
      runner.beforeEach(async () => {
        crowd = callers;
        opened = await open();
      });
      runner.afterEach(async () => {
        await opened?.destroy();
        opened = null;
      });
    },
  };
}

/** Callers that start together, of the suite that runs. */
export let crowd = 20;

/** Lets a crowd call at once and returns their answers. */
export function race<Answer>(call: (caller: number) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: crowd }, (_, caller) => call(caller)));
}

/** Asserts that exactly one answer is the winner's. */
export function assertOneWinner<Answer>(answers: Answer[], winning: Answer): void {
  assert.equal(answers.filter((answer) => answer === winning).length, 1, `one winner among ${answers}`);
}

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value) ?? "null");
}

/**
 * Asserts that two plain values are the same, strictly. A native driver builds its arrays in the realm of the
 * process while jest runs tests in one of their own, and `deepStrictEqual` tells those apart; JSON does not.
 */
export function assertSame(actual: unknown, expected: unknown): void {
  assert.deepEqual(plain(actual), plain(expected));
}

/** What to look at when nothing may have changed. */
export interface Watched {
  registrations?: Registration[];
  attempts?: ClaimAttempt[];
  tokens?: AccessToken[];
  families?: RefreshFamily[];
  /** Persons at providers: their delegation and their registration. */
  pairs?: { issuer: string; subject: string }[];
}

async function picture(store: Store, watched: Watched): Promise<unknown> {
  return {
    registrations: await Promise.all(
      (watched.registrations ?? []).map(({ id }) => store.findRegistration(id)),
    ),
    attempts: await Promise.all((watched.attempts ?? []).map(({ id }) => store.findAttempt(id))),
    tokens: await Promise.all((watched.tokens ?? []).map(({ hash }) => store.findAccessToken(hash))),
    families: await Promise.all((watched.families ?? []).map(({ id }) => store.findRefreshFamily(id))),
    pairs: await Promise.all(
      (watched.pairs ?? []).map(async ({ issuer, subject }) => ({
        delegation: await store.findDelegation(issuer, subject),
        registration: await store.findRegistrationBySubject(issuer, subject),
      })),
    ),
    providers: await store.listProviders(),
    keys: await store.listSigningKeys(),
    audit: await store.listAudit({ limit: 1000 }),
  };
}

/** Runs `act` and asserts that it left no trace on what is watched, on keys and providers, or in the audit log. */
export async function withoutEffect<Answer>(
  store: Store,
  watched: Watched,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const before = await picture(store, watched);
  const answer = await act();
  assertSame(await picture(store, watched), before);
  return answer;
}

/** The registration as it is stored now. */
export async function reread(store: Store, registration: Registration): Promise<Registration> {
  const found = await store.findRegistration(registration.id);
  assert.ok(found);
  return found;
}

/** Types of a registration's audit events, oldest first. */
export async function auditOf(store: Store, registration: Registration): Promise<string[]> {
  const events = await store.listAudit({ registrationId: registration.id, limit: 1000 });
  return events.map((event) => event.type);
}

/** An audit event about a registration. */
export function eventOf(registration: Registration, type: AuditEvent["type"]): AuditEvent {
  return anAuditEvent({ type, registrationId: registration.id });
}

/** Stores a registration as it is. */
export async function store(into: Store, overrides: Partial<Registration> = {}): Promise<Registration> {
  const registration = aRegistration(overrides);
  await into.createRegistration({ registration, attempt: null, audit: [] });
  return registration;
}

/** A registration with its current attempt. */
export interface Claim {
  registration: Registration;
  attempt: ClaimAttempt;
}

/** Stores a registration with a current attempt, open unless the overrides say otherwise. */
export async function openClaim(
  into: Store,
  overrides: { registration?: Partial<Registration>; attempt?: Partial<ClaimAttempt> } = {},
): Promise<Claim> {
  const attempt = anAttempt(overrides.attempt);
  const registration = aRegistration({
    kind: "service_auth",
    currentAttemptId: attempt.id,
    ...overrides.registration,
  });
  attempt.registrationId = registration.id;
  await into.createRegistration({ registration, attempt, audit: [] });
  return { registration, attempt };
}

/** The moment the cases below are decided at. */
export const now = someTime + 60;

/** Fields of a revoked registration. */
export const revoked = { revokedAt: someTime, revokedBy: "operator", revokedReason: "abuse" } as const;

/** Registrations that are no longer in good standing at `now`, the boundary second of the end date included. */
export const outOfStanding: [string, Partial<Registration>][] = [
  ["revoked", revoked],
  ["suspended", { suspendedAt: someTime }],
  ["ended, in the second of its end date", { endsAt: now }],
];

/** Registrations whose claim is over at `now`, the boundary second of the window included. */
export const closedClaims: [string, Partial<Registration>][] = [
  ...outOfStanding,
  ["claimed", { claimedAt: someTime, userId: "user_bob" }],
  ["refused by the person", { claimEndedAt: someTime, claimEndReason: "denied" }],
  ["locked", { claimEndedAt: someTime, claimEndReason: "locked" }],
  ["past its window, in the boundary second", { claimExpiresAt: now }],
  ["noted as expired, whatever this node's clock says", { expiredAt: someTime }],
];
