/** Owns a request on one of our places from its method to its answer, and the one place where a failure becomes one. */

import type { Request, Response } from "express";
import { ProviderUnavailable, StoreUnavailable } from "../ports.js";
import { type ErrorName, Refusal } from "../protocol/errors.js";
import { pageRefusal } from "./page-reply.js";
import { agentRefusal, eventRefusal, oauthRefusal } from "./refusal-reply.js";
import { emptyReply, forgetHostCors, type Reply, writeReply } from "./reply.js";
import { type BodyFault, type ReadBody, readForm, readJson, readJws } from "./request-body.js";
import { doorAt, type Family, familyOf, type Place } from "./router.js";
import { type Call, callerOf, type Services } from "./services.js";
import { openVisit, type Visit } from "./visit.js";

const corsHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "WWW-Authenticate, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id",
};
const retryAfterStoreSeconds = 2;

/** Answers a request on one of our places. Never throws. */
export async function dispatch(
  services: Services,
  place: Place,
  request: Request,
  response: Response,
): Promise<void> {
  const visit = openVisit(services, place, request, response);
  const reply = await answer(visit, request).catch((error: unknown) =>
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
  if (!doorAt(place).cors) return reply;
  return { ...reply, headers: Object.assign({}, corsHeaders, reply.headers) };
}

async function answer(visit: Visit, request: Request): Promise<Reply> {
  await visit.services.ready().catch((cause: unknown) => {
    throw new StoreUnavailable("agentAuth is not ready", { cause });
  });
  const { allow, cors, family, routes: own } = doorAt(visit.place);
  if (request.method === "OPTIONS" && cors) return preflight(allow);
  const route = own.get(request.method);
  if (route === undefined) {
    request.resume();
    throw new Refusal(familyRefusals[family].method, { headers: { Allow: allow } });
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
