/**
 * Owns the fixture of the HTTP tests: a host app with a session of its own, a clock that stands still, a seeded random
 * and a real database, all destroyed after the test. Helpers read as the protocol and return raw responses.
 */
import { randomUUID } from "node:crypto";
import { type AgentAuth, type AgentAuthOptions, agentAuth, type HostUser } from "@agent-auth/middleware";
import { type FixedClock, fixedClock, seededRandom } from "@agent-auth/middleware/testing";
import express, { type Express, type RequestHandler } from "express";
import supertest, { type Response } from "supertest";
import { recordedLog } from "../../../../test-support/recorded-log.js";
import { unseenDatabase } from "./database.js";

export const issuer = "https://notes.example";
export const jwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
export const claimGrant = "urn:workos:agent-auth:grant-type:claim";

const usualSecrets = ["a secret for tests, thirty-two bytes or more"];

export const people = {
  alice: { id: "usr_alice", email: "alice@example.com", emailVerified: true, name: "Alice" },
  bob: { id: "usr_bob", email: "bob@example.com", emailVerified: true, name: "Bob" },
  unverified: { id: "usr_unverified", email: "alice@example.com", emailVerified: false, name: "Not Alice" },
} satisfies Record<string, HostUser>;
export type Person = keyof typeof people;

/** What was logged. All lines of all tests are searched for secrets in the end (`test-support/log-scan.mjs`). */
export interface LogLine {
  level: string;
  message: string;
  fields: object;
}

export interface World {
  app: Express;
  auth: AgentAuth;
  clock: FixedClock;
  logs: LogLine[];
  agent: ReturnType<typeof supertest>;
  close(): Promise<void>;
}

export interface WorldOptions {
  options?: Partial<AgentAuthOptions>;
  /** Middleware of the host that runs before ours. */
  before?: RequestHandler[];
  /** Adds routes of the host after ours. */
  routes?: (app: Express, auth: AgentAuth) => void;
}

/** The signed-in person is named by a header: how the host signs people in is not what these tests are about. */
export const personHeader = "x-test-person";

/** A complete host app around one `agentAuth`. */
export async function world({ options = {}, before = [], routes }: WorldOptions = {}): Promise<World> {
  const clock = fixedClock();
  const logs: LogLine[] = [];
  const recorded = recordedLog();
  for (const secret of options.secrets ?? usualSecrets) recorded.secret(secret);
  const log = (level: string) => (fields: object, message: string) => {
    logs.push({ level, message, fields });
    recorded.line(level, fields, message);
  };
  const own = options.storage === undefined ? await unseenDatabase() : { storage: options.storage };
  const auth = agentAuth({
    issuer,
    resourceName: "Example Notes",
    scopes: { "api.read": "Read your notes", "api.write": "Write and delete your notes" },
    preClaimScopes: ["api.read"],
    secrets: usualSecrets,
    storage: own.storage,
    accounts: {
      currentUser: (request) => people[request.get(personHeader) as Person] ?? null,
      loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
      findById: (id) => Object.values(people).find((person) => person.id === id) ?? null,
    },
    limits: false,
    backgroundWork: false,
    logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    clock,
    random: seededRandom(randomUUID()),
    ...options,
  });
  const app = express();
  app.use(recorded.watchAnswers);
  for (const handler of before) app.use(handler);
  app.use(auth);
  app.get("/api/notes", auth.requireAgent("api.read"), (request, response) => {
    response.json({ agent: request.agent });
  });
  app.post("/api/notes", auth.requireAgent("api.write"), (_request, response) => {
    response.status(201).json({ ok: true });
  });
  routes?.(app, auth);
  app.use(auth.errorHandler);
  await auth.ready();
  const close = async () => {
    await auth.close();
    if ("destroy" in own) await own.destroy();
  };
  return { app, auth, clock, logs, agent: supertest(app), close };
}

export type { Response };

export const register = {
  anonymous: ({ agent }: World, body: object = {}) =>
    agent.post("/agent/identity").send({ type: "anonymous", ...body }),
  serviceAuth: ({ agent }: World, body: object = {}) =>
    agent.post("/agent/identity").send({ type: "service_auth", login_hint: "alice@example.com", ...body }),
};

export function startClaim({ agent }: World, claimToken: string, body: object = {}) {
  return agent
    .post("/agent/identity/claim")
    .send({ claim_token: claimToken, login_hint: "alice@example.com", ...body });
}

export function exchange({ agent }: World, assertion: string, extra: Record<string, string> = {}) {
  return agent
    .post("/oauth2/token")
    .type("form")
    .send({ grant_type: jwtBearerGrant, assertion, ...extra });
}

export function poll({ agent }: World, claimToken: string) {
  return agent.post("/oauth2/token").type("form").send({ grant_type: claimGrant, claim_token: claimToken });
}

export function callApi({ agent }: World, accessToken: string) {
  return agent.get("/api/notes").set("Authorization", `Bearer ${accessToken}`);
}

/** Path and query of a verification_uri. */
export function pathOf(verificationUri: string): string {
  const url = new URL(verificationUri);
  return url.pathname + url.search;
}

export function openPage({ agent }: World, verificationUri: string, person: Person | null) {
  const request = agent.get(pathOf(verificationUri));
  return person === null ? request : request.set(personHeader, person);
}

/** The hidden fields of the review form. */
export function hiddenFields(html: string): Record<string, string> {
  const fields: Record<string, string> = {};
  for (const [tag] of html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    const value = /value="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined && value !== undefined) fields[name] = value;
  }
  return fields;
}

export interface Submission {
  action?: "authorize" | "deny";
  userCode?: string;
  scopes?: string[];
  csrf?: string;
  headers?: Record<string, string>;
}

/** Opens the page as a person and submits its form. */
export async function submitPage(
  stage: World,
  verificationUri: string,
  person: Person,
  {
    action = "authorize",
    userCode = "",
    scopes = ["api.read", "api.write"],
    csrf,
    headers = {},
  }: Submission = {},
): Promise<Response> {
  const page = await openPage(stage, verificationUri, person);
  const fields = hiddenFields(page.text);
  const form = new URLSearchParams({
    ...fields,
    ...(csrf === undefined ? {} : { csrf }),
    action,
    user_code: userCode,
  });
  for (const scope of scopes) form.append("scope", scope);
  return stage.agent
    .post("/agent/claim")
    .set(personHeader, person)
    .set("Sec-Fetch-Site", "same-origin")
    .set(headers)
    .type("form")
    .send(form.toString());
}

/** A service_auth registration claimed by alice: the token response of the delivering poll. */
export async function claimedByAlice(stage: World, scopes?: string[]): Promise<Response> {
  const registration = await register.serviceAuth(stage);
  const { claim, claim_token: claimToken } = registration.body;
  await submitPage(stage, claim.verification_uri, "alice", {
    userCode: claim.user_code,
    ...(scopes === undefined ? {} : { scopes }),
  });
  return poll(stage, claimToken);
}
