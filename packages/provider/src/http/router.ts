/** Owns the HTTP surface as a table, and the one place where a failure becomes an answer. */
import { isSameOrigin } from "@agent-auth/web/page-security";
import { emptyReply, forgetHostCors, jsonReply, type Reply, writeReply } from "@agent-auth/web/reply";
import type { Request, Response } from "express";
import { findSession } from "../flows/sign-in.js";
import { OAuthRefusal, PageRefusal } from "../protocol/errors.js";
import type { PathName } from "../protocol/metadata.js";
import type { Form } from "../protocol/requests.js";
import { pageReply, redirectReply, signInPath } from "./page-reply.js";
import { cookieTokenOf, isCsrfToken } from "./page-security.js";
import { readForm } from "./request-body.js";
import { showConsent, submitConsent } from "./routes/consent.js";
import { showDelegations, submitRevoke } from "./routes/delegations.js";
import { showDevice, submitDevice } from "./routes/device.js";
import { deviceAuthorization } from "./routes/device-authorization.js";
import { clientMetadata, jwks, metadata, stylesheet } from "./routes/documents.js";
import { showSignIn, submitSignIn } from "./routes/sign-in.js";
import { showSignOut, submitSignOut } from "./routes/sign-out.js";
import { token } from "./routes/token.js";
import type { Call, Services, SignedInCall } from "./services.js";

/** `public`: a document or an endpoint for programs, with CORS and without cookies. */
type Audience = "public" | "anybody" | "signed-in";
export type Place = PathName | "metadata" | "stylesheet";

interface Route {
  method: "GET" | "POST";
  place: Place;
  audience: Audience;
  handler: (services: Services, call: SignedInCall) => Promise<Reply>;
}

const row = (
  method: Route["method"],
  place: Place,
  audience: Audience,
  handler: Route["handler"],
): Route => ({ method, place, audience, handler });

export const routes: readonly Route[] = [
  row("GET", "metadata", "public", metadata),
  row("GET", "jwks", "public", jwks),
  row("GET", "clientMetadata", "public", clientMetadata),
  row("POST", "deviceAuthorization", "public", deviceAuthorization),
  row("POST", "token", "public", token),
  row("GET", "stylesheet", "anybody", stylesheet),
  row("GET", "signIn", "anybody", showSignIn),
  row("POST", "signIn", "anybody", submitSignIn),
  row("GET", "signOut", "signed-in", showSignOut),
  row("POST", "signOut", "signed-in", submitSignOut),
  row("GET", "device", "signed-in", showDevice),
  row("POST", "device", "signed-in", submitDevice),
  row("GET", "consent", "signed-in", showConsent),
  row("POST", "consent", "signed-in", submitConsent),
  row("GET", "delegations", "signed-in", showDelegations),
  row("POST", "revoke", "signed-in", submitRevoke),
];

const corsHeaders = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": "WWW-Authenticate",
};

/** Answers a request on one of our places. Never throws. */
export async function dispatch(
  services: Services,
  place: Place,
  request: Request,
  response: Response,
): Promise<void> {
  const candidates = routes.filter((route) => route.place === place);
  const isPublic = candidates[0]?.audience === "public";
  const reply = await answer(services, candidates, isPublic, request).catch((error: unknown) =>
    failureReply(services, isPublic, error, request),
  );
  const headers = isPublic ? { ...corsHeaders, ...reply.headers } : reply.headers;
  if (response.headersSent) return;
  forgetHostCors(response);
  writeReply(request, response, { ...reply, headers });
}

async function answer(
  services: Services,
  candidates: Route[],
  isPublic: boolean,
  request: Request,
): Promise<Reply> {
  const methods = candidates.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  const allow = [...methods, ...(isPublic ? ["OPTIONS"] : [])].join(", ");
  if (request.method === "OPTIONS" && isPublic) return preflight(allow);
  const method = request.method === "HEAD" ? "GET" : request.method;
  const route = candidates.find((candidate) => candidate.method === method);
  if (route === undefined) {
    request.resume();
    if (!isPublic) return wrongMethod(services, allow, request);
    const problem = { error: "invalid_request", error_description: `This address takes ${allow}.` };
    return jsonReply(405, problem, { Allow: allow });
  }
  const form = method === "POST" ? await formOf(request, isPublic) : new Map<string, string[]>();
  const query = new URLSearchParams(/\?(.*)$/s.exec(request.originalUrl)?.[1] ?? "");
  const anonymous: Call = { request, query, form, cookieToken: null, visitor: null };
  // Cookies mean nothing to programs, so that no page can ride on them there.
  return isPublic
    ? route.handler(services, anonymous as SignedInCall)
    : pageAnswer(services, route, anonymous);
}

/** A page, like every refusal of a page. */
function wrongMethod(services: Services, allow: string, request: Request): Reply {
  const page = failureReply(services, false, new PageRefusal("bad_request"), request);
  return { ...page, status: 405, headers: { ...page.headers, Allow: allow } };
}

async function pageAnswer(services: Services, route: Route, anonymous: Call): Promise<Reply> {
  const { context, csrfKeys, cookie, origin } = services;
  const { request, form } = anonymous;
  const cookieToken = cookieTokenOf(request.headers, cookie);
  const visitor = findSession(context, cookieToken);
  if (route.audience === "signed-in" && visitor === null) {
    const isGet = route.method === "GET";
    const back = isGet ? request.originalUrl : request.originalUrl.replace(/\/revoke$/, "");
    return redirectReply(services, isGet ? 302 : 303, signInPath(services, back));
  }
  if (route.method === "POST") {
    if (!isSameOrigin(request.headers, origin)) throw new PageRefusal("cross_site");
    const csrf = form.get("csrf")?.[0] ?? "";
    if (cookieToken === null || !isCsrfToken(csrfKeys, cookieToken, csrf, context.clock.now()))
      throw new PageRefusal("stale_form");
  }
  return route.handler(services, { ...anonymous, cookieToken, visitor } as SignedInCall);
}

async function formOf(request: Request, isPublic: boolean): Promise<Form> {
  const read = await readForm(request);
  if ("form" in read) return read.form;
  if (!isPublic) throw new PageRefusal("bad_request");
  if (read.fault === "too_large")
    throw new OAuthRefusal("invalid_request", "The body is too large.", { status: 413 });
  throw new OAuthRefusal(
    "invalid_request",
    "This endpoint takes application/x-www-form-urlencoded in UTF-8.",
  );
}

function preflight(allow: string): Reply {
  return emptyReply(204, {
    "Access-Control-Allow-Methods": allow,
    "Access-Control-Allow-Headers": "Authorization, Content-Type, MCP-Protocol-Version",
    "Access-Control-Max-Age": "600",
  });
}

/** Turns anything that was thrown into an answer. What was not expected is logged and not told. */
export function failureReply(services: Services, isPublic: boolean, error: unknown, request: Request): Reply {
  const isExpected = error instanceof OAuthRefusal || error instanceof PageRefusal;
  if (!isExpected) {
    const path = request.originalUrl.split("?")[0];
    services.context.logger.error({ method: request.method, path, error }, "unexpected failure");
  }
  if (!isPublic) {
    // A page reads its form with the rules of the endpoints, so it can meet their refusals too.
    const unexpected = error instanceof OAuthRefusal ? "bad_request" : "server_error";
    const refusal = error instanceof PageRefusal ? error : new PageRefusal(unexpected);
    return pageReply(services, refusal.status, { page: "notice", notice: refusal.notice, account: null });
  }
  const refusal =
    error instanceof OAuthRefusal ? error : new OAuthRefusal("server_error", "Something went wrong here.");
  const { error: name, description, detail, status } = refusal;
  return jsonReply(
    status,
    { error: name, error_description: description, ...detail.members },
    detail.headers,
  );
}
