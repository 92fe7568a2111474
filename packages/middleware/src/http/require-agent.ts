/** Owns the guards of the host's routes: reading the Authorization header, and answering for who may not pass. */

import type { Request, RequestHandler, Response } from "express";
import type { Agent } from "../agent.js";
import { type Authenticated, authenticate } from "../flows/authenticate.js";
import type { FlowContext } from "../flows/context.js";
import type { AgentAuth, Authentication, VerifiedToken } from "../handle.js";
import type { Metrics } from "../metrics-port.js";
import type { Accounts, Logger } from "../ports.js";
import { Refusal } from "../protocol/errors.js";
import { covers } from "../protocol/scopes.js";
import { hasAccessTokenPrefix } from "../protocol/secrets.js";
import { measured, outcomeOf, refuse, reportFailure, type Verdict } from "./guard-report.js";
import type { RequestIds } from "./visit.js";

const longestToken = 4096;
const bearer = /^Bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;

type Credentials = { kind: "token"; token: string } | { kind: "none" | "malformed" | "other_scheme" };

/** Node keeps only the first of two Authorization lines; two of them are a fault (RFC 6750 section 2). */
function hasTwoAuthorizations(rawHeaders: readonly string[]): boolean {
  let seen = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    if (name.length === 13 && name.toLowerCase() === "authorization") seen += 1;
  }
  return seen > 1;
}

function isTokenElsewhere(request: Request): boolean {
  if (request.url.includes("access_token=")) return true;
  if (!/^application\/x-www-form-urlencoded/i.test(request.headers["content-type"] ?? "")) return false;
  const body: unknown = request.body;
  return typeof body === "object" && body !== null && Object.hasOwn(body, "access_token");
}

/** The bearer token of a request. Only the header counts: a token in the query is no credential at all. */
export function credentialsOf(request: Request): Credentials {
  const header = request.headers.authorization;
  if (header === undefined || header === "") return { kind: "none" };
  if (hasTwoAuthorizations(request.rawHeaders)) return { kind: "malformed" };
  if (!/^Bearer(\s|$)/i.test(header)) return { kind: "other_scheme" };
  if (header.length > longestToken) return { kind: "malformed" };
  const match = bearer.exec(header);
  if (match === null || isTokenElsewhere(request)) return { kind: "malformed" };
  return { kind: "token", token: match[1] as string };
}

export interface GuardParts {
  context: FlowContext;
  accounts: Accounts;
  logger: Logger;
  /** Rejects while the instance cannot serve, and when it never will. */
  ready: () => Promise<void>;
  /** What notes the calls that need these scopes; asked once for each guard. */
  noteOf: (scopes: readonly string[]) => (registrationId: string) => void;
  metrics: Metrics;
  requestIds: RequestIds;
  /** Starts to measure; the function it returns answers in seconds. */
  startWatch: () => () => number;
}

function agentOf(parts: GuardParts, { holder, scopes, resource }: Authenticated): Agent {
  const { userId, issuer, subject } = holder;
  return {
    registrationId: holder.id,
    kind: holder.kind,
    clientName: holder.clientName,
    scopes,
    resource,
    user: userId === null ? null : { id: userId },
    provider: issuer === null || subject === null ? null : { issuer, subject },
    account: async () => (userId === null ? null : parts.accounts.findById(userId)),
  };
}

/** The agent behind a token, and when the token ends; null when it is not a good one. */
export async function agentOfToken(
  parts: GuardParts,
  token: string,
): Promise<{ agent: Agent; expiresAt: number } | null> {
  const found = await authenticate(parts.context, token);
  return found === null ? null : { agent: agentOf(parts, found), expiresAt: found.expiresAt };
}

/** The agent behind a request, or why there is none. */
export async function authenticateRequest(parts: GuardParts, request: Request): Promise<Authentication> {
  const credentials = credentialsOf(request);
  if (credentials.kind === "malformed") return { agent: null, refusal: "malformed_credentials" };
  if (credentials.kind !== "token") return { agent: null, refusal: "authentication_required" };
  await parts.ready();
  const found = await agentOfToken(parts, credentials.token);
  return found === null ? { agent: null, refusal: "invalid_token" } : { agent: found.agent };
}

/** A guard. `only: "agents"` refuses who is no agent; `only: "ours"` lets pass who shows no token of ours. */
export function createGuard(
  parts: GuardParts,
  only: "agents" | "ours",
  scopes: readonly string[],
): RequestHandler {
  const noteUse = parts.noteOf(scopes);
  const noteRefused = parts.noteOf([]);
  const check = async (request: Request, response: Response): Promise<Verdict | null> => {
    try {
      const authentication = await authenticateRequest(parts, request);
      if (authentication.agent === null) return { refusal: new Refusal(authentication.refusal) };
      const { agent } = authentication;
      const { registrationId } = agent;
      if (!covers(agent.scopes, scopes)) {
        noteRefused(registrationId);
        return { refusal: new Refusal("insufficient_scope", { scopes }), registrationId };
      }
      noteUse(registrationId);
      request.agent = agent;
      return null;
    } catch (error) {
      reportFailure(parts, error, request, response);
      return { refusal: new Refusal("resource_temporarily_unavailable", { retryAfterSeconds: 2 }) };
    }
  };
  return (request, response, next) => {
    if (only === "ours" && !showsOurToken(request)) return next();
    measured(parts, () => check(request, response), outcomeOf)
      .then((verdict) => {
        // The host may have answered meanwhile, a timeout of its own for one.
        if (response.headersSent) return;
        if (verdict === null) next();
        else refuse(parts, verdict, request, response);
      })
      .catch(next);
  };
}

/** A malformed header that names our token is ours too: letting it pass would hide the fault. */
function showsOurToken(request: Request): boolean {
  const token = /^Bearer +(\S+)/i.exec(request.headers.authorization ?? "")?.[1];
  return token !== undefined && hasAccessTokenPrefix(token);
}

/** Everything a host guards its routes with. Throws a `TypeError` at once for a scope that is not on offer. */
export function createGuards(
  parts: GuardParts,
  scopes: readonly string[],
): Pick<AgentAuth, "requireAgent" | "acceptAgent" | "authenticate" | "verifier"> {
  const known = (needed: string[]) => {
    // A guard for a scope nobody can be granted would refuse everybody: a mistake worth stopping for.
    const unknown = needed.find((scope) => !scopes.includes(scope));
    if (unknown !== undefined)
      throw new TypeError(`"${unknown}" is not one of the scopes given to agentAuth.`);
    return needed;
  };
  const noteUse = parts.noteOf([]);
  return {
    requireAgent: (...needed) => createGuard(parts, "agents", known(needed)),
    acceptAgent: (...needed) => createGuard(parts, "ours", known(needed)),
    authenticate: async (request) => {
      const found = await measured(
        parts,
        () => authenticateRequest(parts, request),
        (answer) => (answer.agent === null ? answer.refusal : "passed"),
      );
      if (found.agent !== null) noteUse(found.agent.registrationId);
      return found;
    },
    verifier: () => ({ verifyAccessToken: (token) => verifyAccessToken(parts, noteUse, token) }),
  };
}

async function verifyAccessToken(
  parts: GuardParts,
  noteUse: ReturnType<GuardParts["noteOf"]>,
  token: string,
): Promise<VerifiedToken> {
  const find = async () => {
    await parts.ready();
    return agentOfToken(parts, token);
  };
  const found = await measured(parts, find, (agent) => (agent === null ? "invalid_token" : "passed"));
  if (found === null)
    throw Object.assign(new Error("The access token is not usable."), { code: "invalid_token" });
  noteUse(found.agent.registrationId);
  return {
    token,
    clientId: found.agent.registrationId,
    scopes: found.agent.scopes,
    expiresAt: found.expiresAt,
    resource: new URL(found.agent.resource),
    extra: { agent: found.agent },
  };
}
