/** Owns a small host on a real port: a login by name that sets a cookie, an API, and an agent that talks to it. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type AgentAuth, type AgentAuthOptions, agentAuth } from "@agent-auth/middleware";
import { type FixedClock, fixedClock } from "@agent-auth/middleware/testing";
import express from "express";
import { recordedLog } from "../../../../test-support/recorded-log.js";
import { unseenDatabase } from "./database.js";
import { claimGrant, type Person, people } from "./world.js";

export interface Claim {
  registrationId: string;
  claimToken: string;
  userCode: string;
  uri: string;
}

export interface HostApp {
  baseUrl: string;
  auth: AgentAuth;
  clock: FixedClock;
  /** While true, the host cannot tell who is signed in. */
  isBroken: boolean;
  /** An agent that asks for this address. */
  ask(body?: object): Promise<Claim>;
  askAgain(claim: Claim): Promise<Claim>;
  poll(claim: Claim): Promise<Answer>;
  api(method: "GET" | "POST", accessToken: string): Promise<number>;
  close(): Promise<void>;
}

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer, it asserts
  body: any;
}

const page = (body: string) =>
  `<!doctype html><html lang="en"><head><title>Sign in</title></head><body><main>${body}</main></body></html>`;
/** The paths a login may lead back to: those of this origin. */
const safePath = (value: unknown) => (typeof value === "string" && /^\/[^/\\]/.test(value) ? value : "/");
const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");

/** A host that listens. The issuer is its own address, so the server has to be there before the middleware. */
export async function hostApp(options: Partial<AgentAuthOptions> = {}): Promise<HostApp> {
  let listener: RequestListener = () => {};
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = fixedClock();
  const recorded = recordedLog();
  const log = (level: string) => (fields: object, message: string) => recorded.line(level, fields, message);
  const database = await unseenDatabase();
  const auth = agentAuth({
    issuer: baseUrl,
    resourceName: "Example Notes",
    scopes: { "api.read": "Read your notes", "api.write": "Write and delete your notes" },
    secrets: ["a secret for browser tests, thirty-two bytes or more"],
    storage: database.storage,
    accounts: {
      currentUser: (request) => {
        if (host.isBroken) throw new Error("no session store");
        return people[/session=(\w+)/.exec(request.headers.cookie ?? "")?.[1] as Person] ?? null;
      },
      loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
      findById: (id) => Object.values(people).find((person) => person.id === id) ?? null,
    },
    limits: false,
    logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    backgroundWork: false,
    clock,
    ...options,
  });
  const app = express();
  app.use(recorded.watchAnswers);
  app.use(auth);
  app.get("/favicon.ico", (_request, response) => {
    response.status(204).end();
  });
  app.get("/login", (request, response) => {
    const returnTo = escaped(safePath(request.query.return_to));
    response.send(
      page(`<h1>Sign in</h1><form method="post"><input type="hidden" name="return_to" value="${returnTo}">
        <label>Name <input name="person"></label><button>Sign in</button></form>`),
    );
  });
  app.post("/login", express.urlencoded({ extended: false }), (request, response) => {
    response.cookie("session", String(request.body.person), { httpOnly: true, sameSite: "lax" });
    response.redirect(303, safePath(request.body.return_to));
  });
  app.get("/api/notes", auth.requireAgent("api.read"), (_request, response) => {
    response.json([]);
  });
  app.post("/api/notes", auth.requireAgent("api.write"), (_request, response) => {
    response.status(201).json({});
  });
  await auth.ready();
  listener = app;

  const post = async (path: string, body: object): Promise<Answer> => {
    const response = await fetch(baseUrl + path, {
      method: "POST",
      ...(path === "/oauth2/token"
        ? { body: new URLSearchParams(body as Record<string, string>) }
        : { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }),
    });
    return { status: response.status, body: await response.json() };
  };
  const host: HostApp = {
    baseUrl,
    auth,
    clock,
    isBroken: false,
    async ask(body = {}) {
      const registration = {
        type: "service_auth",
        login_hint: "alice@example.com",
        client_name: "Notes Helper",
      };
      const { id, claim, claim_token } = (await post("/agent/identity", { ...registration, ...body })).body;
      const { user_code: userCode, verification_uri: uri } = claim;
      return { registrationId: id, claimToken: claim_token, userCode, uri };
    },
    async askAgain({ registrationId, claimToken }) {
      const hint = { claim_token: claimToken, login_hint: "alice@example.com" };
      const { user_code: userCode, verification_uri: uri } = (await post("/agent/identity/claim", hint)).body
        .claim_attempt;
      return { registrationId, claimToken, userCode, uri };
    },
    poll: ({ claimToken }) => post("/oauth2/token", { grant_type: claimGrant, claim_token: claimToken }),
    async api(method, accessToken) {
      const headers = { Authorization: `Bearer ${accessToken}` };
      return (await fetch(`${baseUrl}/api/notes`, { method, headers })).status;
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await auth.close();
      await database.destroy();
    },
  };
  return host;
}
