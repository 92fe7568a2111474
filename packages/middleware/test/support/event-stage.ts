/**
 * Owns a world that trusts two providers of the tests: its host keeps accounts that can be looked at and changed, its
 * database can be read while it runs, and something can be made to happen inside any hook or before any store call.
 */
import type { AgentAuthOptions, HostUser, Store } from "@agent-auth/middleware";
import { expect } from "@jest/globals";
import type { Row, TestDatabase } from "./database.js";
import { type EventIssuer, eventIssuer, type TrustEntry } from "./event-issuer.js";
import { ownDatabase, stage } from "./stages.js";
import {
  callApi,
  exchange,
  type Person,
  people,
  personHeader,
  poll,
  type Response,
  register,
  submitPage,
  type World,
  type WorldOptions,
} from "./world.js";

const tables = [
  "registrations",
  "claim_attempts",
  "access_tokens",
  "refresh_tokens",
  "delegations",
  "seen_jwt_ids",
  "audit_events",
  "providers",
] as const;
export type Table = (typeof tables)[number];

type Hook = "currentUser" | "findById" | "findByEmail" | "create";

/** The host's side: who has an account, and what it was asked. */
export interface Host {
  users: HostUser[];
  /** Addresses `findByEmail` was asked for. */
  asked: string[];
  /** What `create` was given. */
  created: { email: string | null; issuer: string | null; subject: string | null; idempotencyKey: string }[];
  /** Runs inside the next call of this hook, before it answers. */
  during(hook: Hook, happening: () => Promise<unknown>): void;
}

export interface EventStage extends World {
  provider: EventIssuer;
  /** A second provider, trusted as well. */
  other: EventIssuer;
  host: Host;
  /** The database's own port, for what no endpoint does. */
  store: Store;
  /** Called before every verb of the database; may wait, or throw. */
  steps: { before: (verb: string) => Promise<unknown> | undefined };
  database: TestDatabase;
  /** Rows of a table, oldest first. */
  rows(table: Table): Promise<Row[]>;
  snapshot(): Promise<Record<Table, Row[]>>;
  audit(type?: string): Promise<Row[]>;
}

export interface EventStageInput {
  options?: Partial<AgentAuthOptions>;
  trust?: Partial<TrustEntry>;
  /** Replaces hooks of the host; `undefined` removes one. */
  accounts?: Partial<AgentAuthOptions["accounts"]>;
  before?: WorldOptions["before"];
  /** Shared by instances of one service. */
  database?: TestDatabase;
}

function hostOf(): { host: Host; accounts: AgentAuthOptions["accounts"] } {
  const happenings = new Map<Hook, () => Promise<unknown>>();
  const happen = async (hook: Hook) => {
    const happening = happenings.get(hook);
    happenings.delete(hook);
    await happening?.();
  };
  const host: Host = {
    users: Object.values(people)
      .filter(({ emailVerified }) => emailVerified)
      .map((person) => ({ ...person })),
    asked: [],
    created: [],
    during: (hook, happening) => happenings.set(hook, happening),
  };
  const byKey = new Map<string, HostUser>();
  const find = (id: string) => host.users.find((user) => user.id === id) ?? null;
  const accounts: AgentAuthOptions["accounts"] = {
    async currentUser(request) {
      await happen("currentUser");
      const named = request.get(personHeader) ?? "";
      return find(people[named as Person]?.id ?? named) ?? people[named as Person] ?? null;
    },
    loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
    async findById(id) {
      await happen("findById");
      return find(id);
    },
    async findByEmail(email) {
      host.asked.push(email);
      await happen("findByEmail");
      return host.users.find((user) => user.email === email && user.emailVerified) ?? null;
    },
    async create({ email, issuer, subject, idempotencyKey }) {
      host.created.push({ email, issuer, subject, idempotencyKey });
      await happen("create");
      const user = byKey.get(idempotencyKey) ?? {
        id: `usr_new_${host.users.length}`,
        email: email ?? "",
        emailVerified: true,
      };
      if (!host.users.includes(user)) host.users.push(user);
      byKey.set(idempotencyKey, user);
      return user;
    },
  };
  return { host, accounts };
}

/** The same store, with a step of ours before each of its verbs. */
function stepped(store: Store, steps: EventStage["steps"]): Store {
  return new Proxy(store, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== "function") return verb;
      return async (...input: unknown[]) => {
        await steps.before(String(name));
        return verb.apply(target, input);
      };
    },
  });
}

export async function eventStage(input: EventStageInput = {}): Promise<EventStage> {
  const [provider, other] = await Promise.all([eventIssuer(), eventIssuer("Other AI")]);
  const { host, accounts } = hostOf();
  const database = input.database ?? (await ownDatabase());
  const steps: EventStage["steps"] = { before: () => undefined };
  const { store } = database.open();
  const opened = await stage({
    ...(input.before === undefined ? {} : { before: input.before }),
    options: {
      storage: stepped(store, steps),
      trustedProviders: [{ ...provider.trust, ...input.trust }, other.trust],
      dangerouslyAllowPrivateNetwork: true,
      accounts: { ...accounts, ...input.accounts },
      ...input.options,
    },
  });
  provider.clock = opened.clock;
  other.clock = opened.clock;
  const { rows } = database;
  return {
    ...opened,
    provider,
    other,
    host,
    store,
    steps,
    database,
    rows,
    snapshot: () => database.snapshot(tables),
    audit: async (type) =>
      (await rows("audit_events")).filter((row) => type === undefined || row.type === type),
  };
}

export const identify = ({ agent }: World, assertion: string) =>
  agent.post("/agent/identity").send({
    type: "identity_assertion",
    assertion_type: "urn:ietf:params:oauth:token-type:id-jag",
    assertion,
  });

export const claimBy = ({ agent }: World, claimToken: string, assertion: string, extra: object = {}) =>
  agent
    .post("/agent/identity/claim")
    .send({ type: "identity_assertion", claim_token: claimToken, assertion, ...extra });

export const notify = ({ agent }: World, token: string, contentType = "application/secevent+jwt") =>
  agent.post("/agent/event/notify").set("Content-Type", contentType).send(token);

/** Sends a request that must leave everything as it was, users of the host included, but for these audit events. */
export async function changesNothing(
  { snapshot, host }: EventStage,
  send: () => PromiseLike<Response>,
  { noted = [], except = [] }: { noted?: string[]; except?: Table[] } = {},
): Promise<Response> {
  const look = async () => {
    const stored: Partial<Record<Table, Row[]>> = await snapshot();
    const { audit_events: audit = [] } = stored;
    for (const table of except) delete stored[table];
    delete stored.audit_events;
    return { audit, stored, users: structuredClone(host.users), created: [...host.created] };
  };
  const before = await look();
  const response = await send();
  const after = await look();
  expect({ ...after, audit: after.audit.slice(0, before.audit.length) }).toEqual(before);
  expect(after.audit.slice(before.audit.length).map(({ type }) => type)).toEqual(noted);
  return response;
}

/** The envelope of the event receiver (SET-04, SET-05, SET-06). */
export function expectEventRefusal(response: Response, err: string, status = 400): void {
  expect([response.status, response.body.err]).toEqual([status, err]);
  expect(response.headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "content-language": "en",
    "cache-control": "no-store",
    pragma: "no-cache",
    "x-content-type-options": "nosniff",
  });
  expect(response.headers).not.toHaveProperty("www-authenticate");
  expect(response.headers).not.toHaveProperty("access-control-allow-origin");
  const extra = status === 429 || status === 503 ? ["retry_after"] : [];
  expect(Object.keys(response.body).sort()).toEqual(["description", "err", ...extra]);
  expect(response.body.description).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
}

/** SET-03: exactly 202 and nothing else. */
export function expectAccepted(response: Response): void {
  expect([response.status, response.text, response.headers["content-length"]]).toEqual([202, "", "0"]);
  expect(response.headers["cache-control"]).toBe("no-store");
}

/** An agent with an assertion and an access token. */
export interface Standing {
  id: string;
  assertion: string;
  accessToken: string;
}

async function standing(world: World, { id, identity_assertion: assertion }: Response["body"]) {
  const { access_token: accessToken } = (await exchange(world, assertion)).body;
  expect((await callApi(world, accessToken)).status).toBe(200);
  return { id, assertion, accessToken } as Standing;
}

/** Registers by ID-JAG where no person has to be asked: Carol, unless the claims name somebody linked already. */
export async function registered(
  world: EventStage,
  claims: object = { sub: "sub-carol" },
): Promise<Standing> {
  const response = await identify(world, world.provider.idJag({ ...claims }));
  expect(response.status).toBe(200);
  return standing(world, response.body);
}

/** A claim that waits for a person. */
export interface Waiting {
  id: string;
  claimToken: string;
  uri: string;
  userCode: string;
}

/** Alice's ID-JAG at the identity endpoint, where her account has to approve. */
export async function steppedUp(world: EventStage, claims: object = {}): Promise<Waiting> {
  const response = await identify(world, world.provider.idJag({ ...claims }));
  expect([response.status, response.body.error]).toEqual([401, "interaction_required"]);
  const { id, claim_token: claimToken, claim } = response.body;
  return { id, claimToken, uri: claim.verification_uri, userCode: claim.user_code };
}

/** What a 200 of the claim endpoint says of the attempt it started. */
export const waitingOf = (claimToken: string, { body }: Response): Waiting => ({
  id: body.id,
  claimToken,
  uri: body.claim_attempt.verification_uri,
  userCode: body.claim_attempt.user_code,
});

/** An anonymous registration that Alice's ID-JAG wants to claim: her account has to approve. */
export async function claimWaiting(world: EventStage, claims: object = {}) {
  const { claim_token: claimToken, identity_assertion: assertion } = (await register.anonymous(world)).body;
  const response = await claimBy(world, claimToken, world.provider.idJag({ ...claims }));
  expect([response.status, response.body.status]).toEqual([200, "initiated"]);
  return { ...waitingOf(claimToken, response), assertion: assertion as string };
}

/** The person types the code; the agent collects. */
export async function approved(world: World, waiting: Waiting, person: Person = "alice"): Promise<Standing> {
  const answer = await submitPage(world, waiting.uri, person, { userCode: waiting.userCode });
  expect(answer.status).toBe(303);
  const delivered = await poll(world, waiting.claimToken);
  expect(delivered.status).toBe(200);
  const { identity_assertion: assertion, access_token: accessToken } = delivered.body;
  return { id: waiting.id, assertion, accessToken };
}
