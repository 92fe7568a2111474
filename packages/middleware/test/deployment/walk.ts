/**
 * Owns the journey every deployment has to carry: an agent that knows one URL of an API finds the service from its 401,
 * registers, calls, asks a person, is approved on the page, calls as the person's agent, and is refused once revoked.
 */
import { expect } from "@jest/globals";
import { headingOf } from "../support/claim-visit.js";
import { type RawResponse, rawRequest } from "../support/stages.js";
import { claimGrant, hiddenFields, jwtBearerGrant } from "../support/world.js";

/** A host as the outside sees it. */
export interface Site {
  /** The public origin: every URL the service names begins with it. */
  origin: string;
  /** Where connections go: the host itself, or a proxy in front of it. */
  port: number;
  /** Path of the host's API: GET needs `api.read`, POST `api.write`. */
  api: string;
}

export interface Sent {
  headers?: Record<string, string>;
  json?: object;
  form?: Record<string, string | string[]>;
  body?: string | Buffer;
}

/** One request, by path or by a URL the service named, which has to be one of its public origin. */
export function send(site: Site, method: string, target: string, sent: Sent = {}): Promise<RawResponse> {
  const url = new URL(target, site.origin);
  expect(url.origin).toBe(site.origin);
  const { headers = {}, json, form, body } = sent;
  const text = json === undefined ? (form === undefined ? body : encoded(form)) : JSON.stringify(json);
  const type = json === undefined ? "application/x-www-form-urlencoded" : "application/json";
  return rawRequest(site.port, {
    method,
    path: url.pathname + url.search,
    headers: {
      Host: url.host,
      ...(text === undefined ? {} : { "Content-Type": type, "Content-Length": Buffer.byteLength(text) }),
      ...headers,
    },
    ...(text === undefined ? {} : { body: text }),
  });
}

function encoded(form: Record<string, string | string[]>): string {
  const search = new URLSearchParams();
  for (const [name, values] of Object.entries(form))
    for (const value of [values].flat()) search.append(name, value);
  return search.toString();
}

/** What a good answer holds; any other one ends the journey with what it said. */
function bodyOf({ status, text }: RawResponse) {
  if (status !== 200) throw new Error(`The journey ended with ${status}: ${text}`);
  return JSON.parse(text);
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const attribute = (html: string, pattern: RegExp) => pattern.exec(html)?.[1] ?? "/none";

/** What the two documents behind a 401 of the API name. */
export async function discover(site: Site) {
  const refused = await send(site, "GET", site.api);
  const [, resourceUrl = ""] = /^Bearer resource_metadata="([^"]+)"/.exec(refused.challenges[0] ?? "") ?? [];
  const resource = await send(site, "GET", resourceUrl);
  const { authorization_servers, resource: identifier } = bodyOf(resource);
  const issuer = new URL(authorization_servers[0]);
  const path = issuer.pathname === "/" ? "" : issuer.pathname;
  // RFC 8414 section 3.1, and section 3.3: a document of another issuer is worth nothing.
  const server = await send(site, "GET", `${issuer.origin}/.well-known/oauth-authorization-server${path}`);
  const metadata = bodyOf(server);
  expect([metadata.issuer, metadata.resource]).toEqual([authorization_servers[0], identifier]);
  const statuses = { refused: refused.status, resource: resource.status, server: server.status };
  return {
    statuses,
    identity: metadata.agent_auth.identity_endpoint as string,
    claim: metadata.agent_auth.claim_endpoint as string,
    skill: metadata.agent_auth.skill as string,
    token: metadata.token_endpoint as string,
    revoke: metadata.revocation_endpoint as string,
    jwks: metadata.jwks_uri as string,
  };
}

/** Signs alice in at the host's own login, as its pages ask for it. Answers the cookie and where it led back to. */
async function signIn(site: Site, loginUrl: string) {
  const done = await send(site, "POST", loginUrl);
  const [cookie = ""] = [done.headers["set-cookie"] ?? []].flat().map((line) => line.split(";")[0] as string);
  return { status: done.status, cookie, back: done.headers.location ?? "/none" };
}

/** Opens the page as somebody signed out, signs in, approves with the code; every step as the pages say. */
async function approve(site: Site, uri: string, userCode: string) {
  const stranger = await send(site, "GET", uri);
  const login = await signIn(site, stranger.headers.location ?? "/none");
  const session = { Cookie: login.cookie };
  const page = await send(site, "GET", login.back, { headers: session });
  const stylesheet = await send(site, "GET", attribute(page.text, /<link rel="stylesheet" href="([^"]+)"/));
  expect(stylesheet.headers["content-type"]).toBe("text/css; charset=utf-8");
  const authorized = await send(site, "POST", attribute(page.text, /<form method="post" action="([^"]+)"/), {
    headers: { ...session, Origin: site.origin, "Sec-Fetch-Site": "same-origin" },
    form: {
      ...hiddenFields(page.text),
      action: "authorize",
      user_code: userCode,
      scope: ["api.read", "api.write"],
    },
  });
  const settled = await send(site, "GET", authorized.headers.location ?? "/none", { headers: session });
  expect(headingOf(settled.text)).toBe("Your agent is connected");
  return {
    stranger: stranger.status,
    signedIn: login.status,
    page: page.status,
    stylesheet: stylesheet.status,
    authorized: authorized.status,
    settled: settled.status,
  };
}

/** The whole journey. Answers the status of every step, and who the host took the agent for. */
export async function walk(site: Site) {
  const { statuses: found, ...named } = await discover(site);
  const skill = await send(site, "GET", named.skill);
  const jwks = await send(site, "GET", named.jwks);
  const registered = await send(site, "POST", named.identity, { json: { type: "anonymous" } });
  const { identity_assertion: assertion, claim_token: claimToken } = bodyOf(registered);
  const exchanged = await send(site, "POST", named.token, {
    form: { grant_type: jwtBearerGrant, assertion },
  });
  const before = bodyOf(exchanged).access_token;
  const called = await send(site, "GET", site.api, { headers: bearer(before) });
  const beyond = await send(site, "POST", site.api, { headers: bearer(before), json: {} });
  const started = await send(site, "POST", named.claim, {
    json: { claim_token: claimToken, login_hint: "alice@example.com" },
  });
  const { verification_uri: uri, user_code: userCode } = bodyOf(started).claim_attempt;
  const poll = () =>
    send(site, "POST", named.token, { form: { grant_type: claimGrant, claim_token: claimToken } });
  const pending = await poll();
  const approved = await approve(site, uri, userCode);
  const polled = await poll();
  const { access_token: after } = bodyOf(polled);
  const replaced = await send(site, "GET", site.api, { headers: bearer(before) });
  const wrote = await send(site, "POST", site.api, { headers: bearer(after), json: {} });
  const claimed = await send(site, "GET", site.api, { headers: bearer(after) });
  const revoked = await send(site, "POST", named.revoke, { form: { token: after } });
  const ended = await send(site, "GET", site.api, { headers: bearer(after) });
  expect(ended.challenges[0]).toMatch(/^Bearer resource_metadata="[^"]+", error="invalid_token"/);
  const steps = { skill, jwks, registered, exchanged, called, beyond, started, pending };
  const statusOf = ([step, { status }]: [string, RawResponse]) => [step, status] as const;
  return {
    statuses: {
      ...found,
      ...Object.fromEntries(Object.entries(steps).map(statusOf)),
      ...approved,
      ...Object.fromEntries(
        Object.entries({ polled, replaced, wrote, claimed, revoked, ended }).map(statusOf),
      ),
    },
    user: bodyOf(claimed).agent.user,
  };
}

/** What `walk` answers wherever the service works. */
export const walked = {
  statuses: {
    refused: 401,
    resource: 200,
    server: 200,
    skill: 200,
    jwks: 200,
    registered: 200,
    exchanged: 200,
    called: 200,
    beyond: 403,
    started: 200,
    pending: 400,
    stranger: 302,
    signedIn: 303,
    page: 200,
    stylesheet: 200,
    authorized: 303,
    settled: 200,
    polled: 200,
    replaced: 401,
    wrote: 201,
    claimed: 200,
    revoked: 200,
    ended: 401,
  },
  user: { id: "usr_alice" },
};
