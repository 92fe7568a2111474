/**
 * Owns worlds that trust test issuers: the host's account book, a database that can be looked into, and the one way to
 * assert that a refusal changed nothing.
 */
import { randomUUID } from "node:crypto";
import type { AgentAuthOptions } from "@agent-auth/middleware";
import { fixedClock } from "@agent-auth/middleware/testing";
import { expect } from "@jest/globals";
import type { NewAccount, Store } from "../../src/ports.js";
import { expectAgentRefusal } from "../http/observed-world.js";
import type { Row, TestDatabase } from "./database.js";
import { idJagTokenType, type TestIssuer, testIssuer } from "./issuer.js";
import { closeAfterTest, stage as openStage, ownDatabase } from "./stages.js";
import { type Person, people, personHeader, type Response, type World } from "./world.js";

type Provider = NonNullable<AgentAuthOptions["trustedProviders"]>[number];
type Accounts = AgentAuthOptions["accounts"];

interface Account {
  id: string;
  email: string;
  /** Whether the host has proven the address. */
  verified: boolean;
  phone?: string;
}

/** The host's accounts. `created` holds every call of `create`, repeated ones too. */
export class AccountBook {
  readonly created: NewAccount[] = [];
  readonly byKey = new Map<string, Account>();
  accounts: Account[] = Object.values(people)
    .filter(({ emailVerified }) => emailVerified)
    .map(({ id, email }) => ({ id, email, verified: true }));

  hooks(): Required<Accounts> {
    return {
      currentUser: (request) => people[request.get(personHeader) as Person] ?? null,
      loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
      findById: (id) => this.accounts.find((account) => account.id === id) ?? null,
      findByEmail: (email) =>
        this.accounts.find((account) => account.verified && account.email.toLowerCase() === email) ?? null,
      findByPhone: (phone) => this.accounts.find((account) => account.phone === phone) ?? null,
      create: (person) => this.create(person),
    };
  }

  /** Idempotent by key, as the hook has to be. The address of a new account is not proven by the host. */
  create(person: NewAccount): Account {
    this.created.push(person);
    const known = this.byKey.get(person.idempotencyKey);
    if (known !== undefined) return known;
    const account = { id: `usr_${randomUUID()}`, email: person.email ?? "", verified: false };
    this.byKey.set(person.idempotencyKey, account);
    this.accounts.push(account);
    return account;
  }

  delete(id: string): void {
    this.accounts = this.accounts.filter((account) => account.id !== id);
  }
}

const tables = [
  "signing_keys",
  "registrations",
  "claim_attempts",
  "access_tokens",
  "audit_events",
  "delegations",
  "seen_jwt_ids",
  "providers",
] as const;

export interface ProviderWorld extends World {
  idp: TestIssuer;
  book: AccountBook;
  database: TestDatabase;
  /** Rows of a table, oldest first. */
  rows(table: (typeof tables)[number]): Promise<Row[]>;
  /** Everything the service and the host have stored. */
  snapshot(): Promise<object>;
}

export interface ProviderWorldOptions {
  /** Changes to the entry of the trust list; null leaves the list empty. */
  provider?: Partial<Provider> | null;
  /** Further entries. */
  others?: Provider[];
  options?: Partial<AgentAuthOptions>;
  accounts?: (book: AccountBook) => Partial<Accounts>;
  /** Verbs that stand in front of those of the real store, to fail at a moment of the test's choice. */
  store?: (real: Store) => Partial<Store>;
  /** Shared by worlds of one service. */
  database?: TestDatabase;
  idp?: TestIssuer;
  book?: AccountBook;
  clock?: ReturnType<typeof fixedClock>;
}

/** A world that trusts one issuer, closed after the test. */
export async function providerWorld(input: ProviderWorldOptions = {}): Promise<ProviderWorld> {
  const clock = input.clock ?? fixedClock();
  const idp = input.idp ?? (await testIssuer(clock));
  const book = input.book ?? new AccountBook();
  const entry = { issuer: idp.issuer, name: "Test IdP", jwksUri: idp.jwksUri, ...input.provider };
  const options: Partial<AgentAuthOptions> = {
    trustedProviders: [...(input.provider === null ? [] : [entry]), ...(input.others ?? [])],
    dangerouslyAllowPrivateNetwork: true,
    accounts: { ...book.hooks(), ...input.accounts?.(book) },
    clock,
    ...input.options,
  };
  const database = input.database ?? (await ownDatabase());
  let { storage } = database;
  if (input.store !== undefined) {
    const { store: real } = database.open();
    closeAfterTest(() => real.close());
    storage = { ...real, ...input.store(real) };
  }
  const opened = await openStage({ options: { storage, ...options } });
  const snapshot = async () => ({
    ...(await database.snapshot(tables)),
    created: [...book.created],
    accounts: [...book.accounts],
  });
  return { ...opened, clock, idp, book, database, rows: database.rows, snapshot };
}

/** `POST /agent/identity` with an ID-JAG. */
export function registerBy({ agent }: World, assertion: unknown, body: object = {}) {
  return agent
    .post("/agent/identity")
    .send({ type: "identity_assertion", assertion_type: idJagTokenType, assertion, ...body });
}

/** Status, error and hosted name of a refusal. */
export type Expected = readonly [status: number, error: string, code: string];
export const refusals = {
  invalid_assertion: [400, "invalid_assertion", "invalid_request"],
  issuer_not_enabled: [400, "issuer_not_enabled", "invalid_issuer"],
  invalid_signature: [400, "invalid_signature", "invalid_signature"],
  audience_mismatch: [400, "audience_mismatch", "invalid_audience"],
  credential_expired: [400, "credential_expired", "expired"],
  invalid_client_id: [400, "invalid_client_id", "invalid_client_id"],
  missing_verified_email: [400, "missing_verified_email", "missing_verified_email"],
  policy_not_met: [400, "policy_not_met", "policy_not_met"],
  login_required: [401, "login_required", "login_required"],
  assertion_revoked: [400, "assertion_revoked", "assertion_revoked"],
  account_not_found: [403, "account_not_found", "account_not_found"],
  registration_suspended: [403, "registration_suspended", "registration_suspended"],
  replay_detected: [400, "replay_detected", "replay_detected"],
  invalid_request: [400, "invalid_request", "invalid_request"],
} as const satisfies Record<string, Expected>;
export type RefusalName = keyof typeof refusals;

/** One answer as a refusal of the table: status, both names, both sentences, challenge and caching. */
export function expectNamed(response: Response, name: RefusalName, maxAge = 3600): void {
  const [status, error, code] = refusals[name];
  if (name !== "login_required") {
    expectAgentRefusal(response, status, error, code);
    return;
  }
  const { body, headers } = response;
  expect({ status: response.status, body }).toEqual({
    status,
    body: { error, code, message: body.message, error_description: body.message, max_age: maxAge },
  });
  expect(headers["www-authenticate"]).toBe(
    `AgentAuth error="login_required", max_age="${maxAge}", error_description="${body.message}"`,
  );
  expect(headers).toMatchObject({ "cache-control": "no-store", pragma: "no-cache" });
}

/** Refused by that name, and nothing is stored or created anywhere: no user, no link, no registration, no `jti`. */
export async function expectRefused(
  stage: ProviderWorld,
  send: () => PromiseLike<Response>,
  name: RefusalName,
  maxAge?: number,
): Promise<Response> {
  const before = await stage.snapshot();
  const response = await send();
  expectNamed(response, name, maxAge);
  expect(await stage.snapshot()).toEqual(before);
  return response;
}

/** How many answers there were of each kind. */
export function tally(answers: Response[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const name = `${status} ${body.error ?? ""}`.trim();
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
