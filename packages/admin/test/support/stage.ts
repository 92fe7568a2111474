/**
 * Owns the fixture of the dashboard's tests: a host app with the real middleware on a real database, the
 * dashboard mounted in it, and operators who are named by a header. Everything is destroyed after the test.
 */
import { randomUUID } from "node:crypto";
import { type AgentAdminOptions, agentAdmin, type Role } from "@agent-auth/admin";
import { type AgentAuth, type AgentAuthOptions, agentAuth, type HostUser } from "@agent-auth/middleware";
import { type FixedClock, fixedClock, seededRandom } from "@agent-auth/middleware/testing";
import express, { type Express, type RequestHandler } from "express";
import supertest from "supertest";
import { recordedLog } from "../../../../test-support/recorded-log.js";
import { unseenDatabase } from "../../../middleware/test/support/database.js";
import { decoded } from "./form.js";

export const people: Record<string, HostUser> = {
  alice: { id: "usr_alice", email: "alice@example.com", emailVerified: true, name: "Alice" },
  bob: { id: "usr_bob", email: "bob@example.com", emailVerified: true, name: "Bob" },
};
export const operatorHeader = "x-test-operator";
const personHeader = "x-test-person";

export interface StageOptions {
  options?: Partial<AgentAuthOptions>;
  admin?: Partial<AgentAdminOptions>;
  /** Where the dashboard is mounted. */
  mount?: string;
  /** Middleware of the host that runs before everything. */
  before?: RequestHandler[];
  create?: typeof express;
}

export interface Stage {
  app: Express;
  auth: AgentAuth;
  clock: FixedClock;
  mount: string;
  agent: ReturnType<typeof supertest>;
  /** What the dashboard reported as unexpected. */
  failures: object[];
  close(): Promise<void>;
}

export async function stage({
  options = {},
  admin = {},
  mount = "/admin/agents",
  before = [],
  create = express,
}: StageOptions = {}): Promise<Stage> {
  const clock = fixedClock();
  const failures: object[] = [];
  const recorded = recordedLog();
  const log = (level: string) => (fields: object, message: string) => recorded.line(level, fields, message);
  const own = options.storage === undefined ? await unseenDatabase() : { storage: options.storage };
  const auth = agentAuth({
    issuer: "https://notes.example",
    resourceName: "Example Notes",
    scopes: { "api.read": "Read your notes", "api.write": "Write and delete your notes" },
    preClaimScopes: ["api.read"],
    secrets: ["a secret for tests, thirty-two bytes or more"],
    storage: own.storage,
    accounts: {
      currentUser: (request) => people[request.get(personHeader) ?? ""] ?? null,
      loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
      findById: (id) => Object.values(people).find((person) => person.id === id) ?? null,
      findByEmail: (email) => Object.values(people).find((person) => person.email === email) ?? null,
    },
    limits: false,
    backgroundWork: false,
    logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    clock,
    random: seededRandom(randomUUID()),
    ...options,
  });
  const app = create();
  app.use(recorded.watchAnswers);
  for (const handler of before) app.use(handler);
  app.use(auth);
  app.use(
    mount,
    agentAdmin(auth, {
      authorize: (request) => {
        const role = request.get(operatorHeader);
        return role === undefined ? null : { id: `op_${role}`, name: `Olga ${role}`, role: role as Role };
      },
      environment: "test",
      logger: { error: (fields) => failures.push(fields) },
      ...admin,
    }),
  );
  app.get("/api/notes", auth.requireAgent("api.read"), (_request, response) => {
    response.json({ ok: true });
  });
  app.use(auth.errorHandler);
  await auth.ready();
  const close = async () => {
    await auth.close();
    if ("destroy" in own) await own.destroy();
  };
  return { app, auth, clock, mount, agent: supertest(app), failures, close };
}

/** Registers an agent that asks nobody, and gets it an access token. */
export async function anonymousAgent(on: Stage, clientName: string | null = "Notes Buddy") {
  const registered = await on.agent
    .post("/agent/identity")
    .send({ type: "anonymous", ...(clientName === null ? {} : { client_name: clientName }) })
    .expect(200);
  const { registration_id: id, identity_assertion: assertion } = registered.body as Record<string, string>;
  const exchanged = await on.agent
    .post("/oauth2/token")
    .type("form")
    .send({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: assertion as string })
    .expect(200);
  return { id: id as string, token: exchanged.body.access_token as string };
}

/** Registers an agent that alice or bob claims right away. */
export async function claimedAgent(on: Stage, person: "alice" | "bob", clientName = "Trip Planner") {
  const registered = await on.agent
    .post("/agent/identity")
    .send({ type: "service_auth", login_hint: people[person]?.email, client_name: clientName })
    .expect(200);
  return settleClaim(on, person, registered.body);
}

interface OpenClaim {
  claim: { verification_uri: string; user_code: string };
  claim_token: string;
  registration_id: string;
}

/** Lets the person authorise a claim with the code the agent shows, and gets the agent its first token. */
export async function settleClaim(on: Stage, person: "alice" | "bob", opened: OpenClaim) {
  const { claim, claim_token: claimToken, registration_id: id } = opened;
  const address = new URL(claim.verification_uri);
  const path = address.pathname + address.search;
  const page = await on.agent.get(path).set(personHeader, person).expect(200);
  const form = new URLSearchParams({
    ...hiddenFields(page.text),
    action: "authorize",
    user_code: claim.user_code,
  });
  for (const scope of ["api.read", "api.write"]) form.append("scope", scope);
  await on.agent
    .post("/agent/claim")
    .set(personHeader, person)
    .set("Sec-Fetch-Site", "same-origin")
    .type("form")
    .send(form.toString())
    .expect(303);
  const delivered = await on.agent
    .post("/oauth2/token")
    .type("form")
    .send({ grant_type: "urn:workos:agent-auth:grant-type:claim", claim_token: claimToken })
    .expect(200);
  return { id, token: delivered.body.access_token as string };
}

export function callApi(on: Stage, token: string) {
  return on.agent.get("/api/notes").set("Authorization", `Bearer ${token}`);
}

/** The hidden fields of some HTML. */
export function hiddenFields(html: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [tag] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    const value = /value="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined && value !== undefined) fields[name] = decoded(value);
  }
  return fields;
}

/** A browser with an operator in front of it. It keeps the cookie the dashboard gave it. */
export class Visitor {
  readonly #stage: Stage;
  readonly #role: Role;
  #cookie = "";

  constructor(on: Stage, role: Role) {
    this.#stage = on;
    this.#role = role;
  }

  async get(path: string) {
    const reply = await this.#stage.agent
      .get(this.#stage.mount + path)
      .set(operatorHeader, this.#role)
      .set("Cookie", this.#cookie);
    const given = (reply.headers["set-cookie"] as unknown as string[] | undefined)?.[0];
    if (given !== undefined) this.#cookie = given.split(";")[0] ?? "";
    return reply;
  }

  /** Posts by hand, with a good token unless another one is given. */
  async post(
    path: string,
    fields: Record<string, string | string[]> = {},
    headers: Record<string, string> = {},
  ) {
    const csrf = fields.csrf ?? (await this.csrf());
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries({ ...fields, csrf }))
      for (const one of [value].flat()) form.append(name, one);
    return this.#stage.agent
      .post(this.#stage.mount + path)
      .set(operatorHeader, this.#role)
      .set("Cookie", this.#cookie)
      .set("Sec-Fetch-Site", "same-origin")
      .set(headers)
      .type("form")
      .send(form.toString());
  }

  /** Posts bytes as the body of a form. */
  send(path: string, body: Buffer) {
    return this.#stage.agent
      .post(this.#stage.mount + path)
      .set(operatorHeader, this.#role)
      .set("Cookie", this.#cookie)
      .set("Sec-Fetch-Site", "same-origin")
      .set("Content-Type", "application/x-www-form-urlencoded")
      .serialize((bytes) => bytes)
      .send(body);
  }

  /** A form token for this browser: every page has a form, the one that chooses the colours. */
  async csrf(): Promise<string> {
    return hiddenFields((await this.get("/settings")).text).csrf ?? "none";
  }

  /** Opens the page of an action and sends its form with these fields added. */
  async submit(path: string, fields: Record<string, string | string[]>) {
    const page = await this.get(path);
    return this.post(path.split("?")[0] as string, { ...hiddenFields(page.text), ...fields });
  }
}
