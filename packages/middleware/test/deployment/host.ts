/**
 * Owns a host with a life of its own around the middleware: a session, a login, a page at `/claim`, an API, a 404 and
 * an error handler. How it is put together is up to the test.
 */
import { randomUUID } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type AgentAuth, type AgentAuthOptions, agentAuth } from "@agent-auth/middleware";
import { type FixedClock, fixedClock, seededRandom } from "@agent-auth/middleware/testing";
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { unseenDatabase } from "../support/database.js";
import { closeAfterTest } from "../support/stages.js";
import { people } from "../support/world.js";
import type { Site } from "./walk.js";

export interface Shape {
  create?: typeof express;
  /** The public origin, where that is not the host's own address: a proxy is in front of it. */
  origin?: string;
  /** Path of the issuer. */
  path?: string;
  options?: Partial<AgentAuthOptions>;
  /** The app's own setting. */
  trustProxy?: number | string | boolean;
  /** Middleware of the host before ours, and between ours and its routes. */
  before?: RequestHandler[];
  after?: RequestHandler[];
  /** Puts `auth` into the app, by default at the root. `another` makes a second instance with the same people. */
  mount?: (app: Express, auth: AgentAuth, another: Another) => void;
  /** Puts our error handler into the app. By default after the routes, before the host's own error handler. */
  errorHandler?: (app: Express, auth: AgentAuth) => void;
  /** The app that listens, where that is not the one built here. */
  outer?: (app: Express, auth: AgentAuth, another: Another) => RequestListener;
}

type Stored = Partial<AgentAuthOptions> & Pick<AgentAuthOptions, "storage">;

/** For an issuer with this path at the same origin. */
export type Another = (path: string, options: Stored) => AgentAuth;

export interface Host extends Site {
  app: Express;
  auth: AgentAuth;
  clock: FixedClock;
  /** What the middleware said about this host. */
  warnings: string[];
  /** Messages of the errors that reached the host's own error handler. */
  failures: string[];
  /** Every session of the host, by the id in its cookie. */
  sessions: Map<string, Readonly<{ person: keyof typeof people }>>;
}

const sessionCookie = /(?:^|; )sid=([^;]+)/;

/** A middleware of this host. */
function agentAuthOf(
  issuer: string,
  { sessions, clock, warnings }: Pick<Host, "sessions" | "clock" | "warnings">,
  options: Stored,
): AgentAuth {
  const heard = (fields: object, message: string) => {
    warnings.push(`${message} ${JSON.stringify(fields)}`);
  };
  const auth = agentAuth({
    issuer,
    resourceName: "Example Notes",
    scopes: { "api.read": "Read your notes", "api.write": "Write and delete your notes" },
    preClaimScopes: ["api.read"],
    secrets: ["a secret for deployments, thirty-two bytes or more"],
    accounts: {
      currentUser: (request) => {
        const session = sessions.get(sessionCookie.exec(request.headers.cookie ?? "")?.[1] ?? "");
        return session === undefined ? null : people[session.person];
      },
      loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
      findById: (id) => Object.values(people).find((person) => person.id === id) ?? null,
    },
    limits: false,
    backgroundWork: false,
    logger: { debug() {}, info() {}, warn: heard, error: heard },
    clock,
    random: seededRandom(randomUUID()),
    ...options,
  });
  closeAfterTest(() => auth.close());
  return auth;
}

/** The host's login, which signs everybody in as alice. It stands before the app, whatever the app looks like. */
function withLogin(sessions: Host["sessions"], app: RequestListener): RequestListener {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://host.example");
    if (request.method !== "POST" || pathname !== "/login") return app(request, response);
    const id = randomUUID();
    sessions.set(id, Object.freeze({ person: "alice" as const }));
    response.setHeader("Set-Cookie", `sid=${id}; Path=/; HttpOnly; SameSite=Lax`);
    response.writeHead(303, { Location: searchParams.get("return_to") ?? "/" }).end();
  };
}

/** The API and what else this host serves. */
export function routesOf(app: express.Router, auth: AgentAuth): void {
  app.get("/api/notes", auth.requireAgent("api.read"), (request, response) => {
    response.json({ agent: request.agent });
  });
  app.post("/api/notes", auth.requireAgent("api.write"), (_request, response) => {
    response.status(201).json({ ok: true });
  });
}

/** What the host's own handlers make of a body: its text, or the object a parser made of it. */
const echo: RequestHandler = (request, response) => {
  const { body } = request;
  // Express 4 has an empty object where Express 5 has nothing.
  const isBlank = body === undefined || (typeof body === "object" && Object.keys(body).length === 0);
  response.json({ host: "echo", body: isBlank ? null : Buffer.isBuffer(body) ? body.toString() : body });
};

/** A listening host of that shape, until the test ends. */
export async function openHost(shape: Shape = {}): Promise<Host> {
  let listener: RequestListener = () => {};
  const server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const origin = shape.origin ?? `http://127.0.0.1:${port}`;
  const parts = {
    sessions: new Map() as Host["sessions"],
    clock: fixedClock(),
    warnings: [] as string[],
    failures: [] as string[],
  };
  const database = await unseenDatabase();
  closeAfterTest(() => database.destroy());
  const options = { storage: database.storage, ...shape.options };
  const auth = agentAuthOf(origin + (shape.path ?? ""), parts, options);
  const another: Another = (path, options) => agentAuthOf(origin + path, parts, options);
  const app = (shape.create ?? express)();
  if (shape.trustProxy !== undefined) app.set("trust proxy", shape.trustProxy);
  for (const handler of shape.before ?? []) app.use(handler);
  (shape.mount ?? ((app, auth) => app.use(auth)))(app, auth, another);
  for (const handler of shape.after ?? []) app.use(handler);
  routesOf(app, auth);
  app.get("/claim", (_request, response) => void response.send("the host's own claim page"));
  app.post("/claim", echo);
  app.post("/own", echo);
  app.get("/own/fails", () => {
    throw Object.assign(new Error("the host failed"), { status: 418 });
  });
  (shape.errorHandler ?? ((app, auth) => app.use(auth.errorHandler)))(app, auth);
  app.use((_request, response) => void response.status(404).json({ host: "not found" }));
  app.use(((error, _request, response, _next) => {
    parts.failures.push(error.message);
    response.status(error.status ?? 500).json({ host: "failed", type: error.type ?? null });
  }) satisfies ErrorRequestHandler);
  await auth.ready();
  listener = withLogin(parts.sessions, shape.outer?.(app, auth, another) ?? app);
  return { ...parts, origin, port, api: "/api/notes", app, auth };
}
