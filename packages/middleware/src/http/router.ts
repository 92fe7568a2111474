/**
 * Owns the HTTP surface as a table: every door into the service is one row. Also owns the one place where a failure
 * becomes an answer.
 */

import type { Request, Response } from "express";
import { ProviderUnavailable, StoreUnavailable } from "../ports.js";
import { type ErrorName, Refusal } from "../protocol/errors.js";
import { pageRefusal } from "./page-reply.js";
import { agentRefusal, eventRefusal, oauthRefusal } from "./refusal-reply.js";
import { emptyReply, forgetHostCors, type Reply, writeReply } from "./reply.js";
import { type BodyFault, type ReadBody, readForm, readJson, readJws } from "./request-body.js";
import { authMd } from "./routes/auth-md.js";
import { authorizationServer } from "./routes/authorization-server.js";
import { authorize } from "./routes/authorize.js";
import { claim } from "./routes/claim.js";
import { claimComplete } from "./routes/claim-complete.js";
import { claimPage } from "./routes/claim-page.js";
import { connected } from "./routes/connected.js";
import { events } from "./routes/events.js";
import { identity } from "./routes/identity.js";
import { jwks } from "./routes/jwks.js";
import { manageConnected } from "./routes/manage-connected.js";
import { protectedResource } from "./routes/protected-resource.js";
import { revoke } from "./routes/revoke.js";
import { settleClaim } from "./routes/settle-claim.js";
import { stylesheet } from "./routes/stylesheet.js";
import { token } from "./routes/token.js";
import { type Call, callerOf, type Services } from "./services.js";
import { openVisit, type Visit } from "./visit.js";

/** Decides the shape of refusals. */
export type Family = "agent" | "oauth" | "event" | "page";

interface Route {
  method: "GET" | "POST";
  place: Place;
  family: Family;
  body: "none" | "json" | "form" | "jws";
  /** Whether scripts on other origins may call it: never where a person's session counts. */
  cors: boolean;
  handler: (services: Services, call: Call) => Promise<Reply>;
}

export type Place =
  | "resourceMetadata"
  | "serverMetadata"
  | "jwks"
  | "authMd"
  | "identity"
  | "claim"
  | "claimComplete"
  | "authorize"
  | "token"
  | "revoke"
  | "events"
  | "claimPage"
  | "connectedPage"
  | "stylesheet";

const row = (
  method: Route["method"],
  place: Place,
  family: Family,
  body: Route["body"],
  cors: boolean,
  handler: Route["handler"],
): Route => ({ method, place, family, body, cors, handler });

export const routes: readonly Route[] = [
  row("GET", "resourceMetadata", "agent", "none", true, protectedResource),
  row("GET", "serverMetadata", "agent", "none", true, authorizationServer),
  row("GET", "jwks", "agent", "none", true, jwks),
  row("GET", "authMd", "agent", "none", true, authMd),
  row("POST", "identity", "agent", "json", true, identity),
  row("POST", "claim", "agent", "json", true, claim),
  row("POST", "claimComplete", "agent", "json", true, claimComplete),
  // RFC 9700 section 2.6: no script of another origin has a reason to call an authorization endpoint.
  row("GET", "authorize", "oauth", "none", false, authorize),
  row("POST", "authorize", "oauth", "none", false, authorize),
  row("POST", "token", "oauth", "form", true, token),
  row("POST", "revoke", "oauth", "form", true, revoke),
  row("POST", "events", "event", "jws", false, events),
  row("GET", "claimPage", "page", "none", false, claimPage),
  row("POST", "claimPage", "page", "form", false, settleClaim),
  row("GET", "connectedPage", "page", "none", false, connected),
  row("POST", "connectedPage", "page", "form", false, manageConnected),
  row("GET", "stylesheet", "page", "none", false, stylesheet),
];

const corsHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id",
};
const retryAfterStoreSeconds = 2;

/** The family of a place, which decides what its refusals look like. */
export function familyOf(place: Place): Family {
  return routes.find((route) => route.place === place)?.family ?? "agent";
}

/** Answers a request on one of our places. Never throws. */
export async function dispatch(
  services: Services,
  place: Place,
  request: Request,
  response: Response,
): Promise<void> {
  const visit = openVisit(services, place, request, response);
  const candidates = routes.filter((route) => route.place === place);
  const reply = await answer(visit, candidates, request).catch((error: unknown) =>
    failureReply(visit, familyOf(place), error),
  );
  if (!response.headersSent) {
    forgetHostCors(response);
    writeReply(request, response, withCors(place, reply));
  }
  visit.end(reply);
}

/** The reply with the headers that let scripts on other origins read it, on the places they may call. */
export function withCors(place: Place, reply: Reply): Reply {
  const isShared = routes.some((route) => route.place === place && route.cors);
  return isShared ? { ...reply, headers: { ...corsHeaders, ...reply.headers } } : reply;
}

async function answer(visit: Visit, candidates: Route[], request: Request): Promise<Reply> {
  await visit.services.ready().catch((cause: unknown) => {
    throw new StoreUnavailable("agentAuth is not ready", { cause });
  });
  const methods = candidates.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  const allow = [...methods, ...(candidates[0]?.cors ? ["OPTIONS"] : [])].join(", ");
  if (request.method === "OPTIONS" && candidates[0]?.cors) return preflight(allow);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = candidates.find((candidate) => candidate.method === method);
  if (route === undefined) {
    request.resume();
    throw new Refusal(familyRefusals[candidates[0]?.family ?? "agent"].method, { headers: { Allow: allow } });
  }
  const call: Call = {
    request,
    caller: callerOf(request),
    query: new URLSearchParams(request.url.split("?")[1] ?? ""),
    json: undefined,
    form: new Map(),
    text: "",
    note: visit.note,
  };
  if (route.body === "json") call.json = accepted(await readJson(request), route.family);
  if (route.body === "form") call.form = accepted(await readForm(request), route.family);
  if (route.body === "jws") call.text = accepted(await readJws(request), route.family);
  return route.handler(visit.services, call);
}

function preflight(allow: string): Reply {
  return emptyReply(204, {
    "Access-Control-Allow-Methods": allow,
    "Access-Control-Allow-Headers": "Authorization, Content-Type, DPoP, MCP-Protocol-Version",
    "Access-Control-Max-Age": "600",
  });
}

/** What each family calls the refusals every endpoint can give. */
const familyRefusals = {
  agent: {
    method: "method_not_allowed",
    wrong_type: "unsupported_media_type",
    too_large: "body_too_large",
    malformed: "invalid_request",
    unreadable: "invalid_request",
    unavailable: "temporarily_unavailable",
    failed: "server_error",
  },
  oauth: {
    method: "oauth_method_not_allowed",
    wrong_type: "oauth_invalid_request",
    too_large: "oauth_body_too_large",
    malformed: "oauth_invalid_request",
    unreadable: "oauth_invalid_request",
    unavailable: "oauth_temporarily_unavailable",
    failed: "oauth_server_error",
  },
  event: {
    method: "event_method_not_allowed",
    wrong_type: "event_invalid_request",
    too_large: "event_body_too_large",
    malformed: "event_invalid_request",
    unreadable: "event_invalid_request",
    unavailable: "event_temporarily_unavailable",
    failed: "event_server_error",
  },
  get page() {
    return this.agent;
  },
} as const satisfies Record<Family, Record<BodyFault | "method" | "unavailable" | "failed", ErrorName>>;

const bodyTypes: Partial<Record<Family, string>> = {
  oauth: "application/x-www-form-urlencoded in UTF-8",
  event: "application/secevent+jwt",
};

/** The refusal for a body that could not be used. */
export function bodyRefusal(family: Family, fault: BodyFault): Refusal {
  const name = familyRefusals[family][fault];
  const type = bodyTypes[family];
  if (fault === "wrong_type" && type !== undefined)
    return new Refusal(name, { description: `This endpoint takes ${type}.` });
  if (fault === "malformed" && family === "agent")
    return new Refusal(name, { description: "The body is not valid JSON." });
  return new Refusal(name);
}

function accepted<Value>(read: ReadBody<Value>, family: Family): Value {
  if ("fault" in read) throw bodyRefusal(family, read.fault);
  return read.value;
}

/** Turns anything that was thrown into the family's answer. What was not expected is logged and not told. */
export function failureReply(visit: Visit, family: Family, error: unknown): Reply {
  const refusal = error instanceof Refusal ? error : unexpected(visit, family, error);
  if (family === "page") return pageRefusal(visit.services, refusal);
  if (family === "event") return eventRefusal(refusal);
  return family === "oauth" ? oauthRefusal(refusal) : agentRefusal(refusal);
}

function unexpected({ services, place, requestId }: Visit, family: Family, error: unknown): Refusal {
  const { logger, metrics } = services;
  const fields = { route: place, error };
  const names = familyRefusals[family];
  if (error instanceof StoreUnavailable) {
    metrics.storeUnavailable("request");
    logger.warn(fields, "database unavailable");
    return new Refusal(names.unavailable, { retryAfterSeconds: retryAfterStoreSeconds });
  }
  if (error instanceof ProviderUnavailable) {
    logger.warn(fields, "provider unavailable");
    return new Refusal(names.unavailable, { retryAfterSeconds: error.retryAfterSeconds });
  }
  logger.error(fields, "unexpected failure");
  return new Refusal(names.failed, { members: { request_id: requestId } });
}
