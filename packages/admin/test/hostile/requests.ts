/** Owns the generator: any method on any address of ours with any head and any body, good parts mixed with bad ones. */
import { routes } from "../../src/router.js";
import type { Dice } from "./dice.js";
import { anyJson, anyText, marker, memberNames } from "./ingredients.js";

export interface HostileRequest {
  method: string;
  path: string;
  headers: Record<string, string | string[]>;
  body: Buffer | null;
}

/** Endpoints that agents and providers speak to: JSON or nothing, never a page. */
export const agentPaths = [
  "/agent/identity",
  "/agent/identity/claim",
  "/agent/identity/claim/complete",
  "/oauth2/token",
  "/oauth2/revoke",
  "/agent/event/notify",
  "/.well-known/oauth-protected-resource",
  "/.well-known/oauth-authorization-server",
  "/.well-known/jwks.json",
];
const guardedPaths = ["/api/notes"];
const pages = [
  "/auth.md",
  "/oauth2/authorize",
  "/agent/claim",
  "/agent/claim/resend",
  "/agent/claim/not-me",
  "/agent/claim/request-link",
  "/agent/connected",
  "/agent/connected/manage",
];
const dashboard = "/admin/agents";

function fillIn(path: string, dice: Dice, known: readonly string[]): string {
  return path.replace(/:\w+/g, () => encodeURIComponent(wellFormed(anyText(dice, known)).slice(0, 2000)));
}

/** Lone surrogates cannot be put into an address. */
const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, "?");

function anyPath(dice: Dice, known: readonly string[]): string {
  const all = [...agentPaths, ...agentPaths, ...pages, ...guardedPaths];
  let path = dice.once(3) ? dashboard + fillIn(dice.pick(routes).path, dice, known) : dice.pick(all);
  if (dice.once(25))
    path = dice.pick([`${path}/`, `/${path}`, path.toUpperCase(), `${path}%2f`, `${path};x=1`]);
  if (!dice.once(3)) return path;
  const names = Array.from({ length: 1 + dice.below(4) }, () => dice.pick(memberNames));
  const query = names.map((name) => {
    const value = wellFormed(anyText(dice, known)).slice(0, 4000);
    return `${name}=${dice.once(12) ? value.replace(/[^!-~]|#/g, "") : encodeURIComponent(value)}`;
  });
  return `${path}?${query.join(dice.pick(["&", "&", "&", ";", "&&"]))}`;
}

/** Header values as Node lets a client send them. */
const headerText = (text: string) => text.replace(/[^\t\x20-\x7e\x80-\xff]/g, "").slice(0, 6000);

function anyHeaders(dice: Dice, known: readonly string[]): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {};
  const some = (times: number, name: string, value: () => string) => {
    if (dice.once(times)) headers[name] = headerText(value());
  };
  some(3, "authorization", () => {
    const scheme = dice.pick(["Bearer ", "bearer ", "Basic ", "DPoP ", "Bearer", ""]);
    return scheme + anyText(dice, known);
  });
  some(5, "cookie", () => `${dice.pick(["agent-admin", "x", "__Host-a"])}=${anyText(dice, known)}`);
  some(4, "origin", () => dice.pick(["null", "https://evil.example", "https://notes.example", marker]));
  some(4, "sec-fetch-site", () => dice.pick(["same-origin", "cross-site", "none", marker]));
  some(6, "x-test-person", () => dice.pick(["alice", "bob", marker]));
  some(6, "x-test-operator", () => dice.pick(["viewer", "operator", "admin"]));
  some(8, "x-forwarded-for", () => dice.pick(["127.0.0.1", "::1", marker, "1.2.3.4, 5.6.7.8"]));
  some(8, "x-forwarded-host", () => "evil.example");
  some(8, "x-request-id", () => anyText(dice, known));
  some(8, "accept", () => dice.pick(["text/html", "*/*", "application/json", marker]));
  some(12, "content-encoding", () => dice.pick(["gzip", "br", "identity", marker]));
  some(12, "x-http-method-override", () => dice.pick(["DELETE", "GET", "POST"]));
  some(10, "user-agent", () => anyText(dice, known));
  return headers;
}

const contentTypes = [
  "application/json",
  "application/x-www-form-urlencoded",
  "application/secevent+jwt",
  "application/json; charset=utf-16",
  "application/json; charset=utf-8",
  "text/plain",
  "multipart/form-data; boundary=zq7Xw9p",
  "application/x-www-form-urlencoded; charset=iso-8859-1",
  "application/jsonx",
  marker,
];

function jsonBody(dice: Dice, known: readonly string[]): string {
  const members = Array.from({ length: 1 + dice.below(5) }, () => [
    dice.pick(memberNames),
    dice.once(4) ? anyJson(dice, known) : anyText(dice, known),
  ]);
  // A `type` that is known gets a request past the door more often.
  if (dice.once(2))
    members.push(["type", dice.pick(["anonymous", "service_auth", "identity_assertion", "refresh"])]);
  const text = JSON.stringify(Object.fromEntries(members));
  switch (dice.below(14)) {
    case 0:
      return text.slice(0, dice.below(text.length));
    case 1:
      return `${text}${text}`;
    case 2:
      return JSON.stringify(anyJson(dice, known));
    case 3:
      return `{"a":`.repeat(5_000);
    case 4:
      return `\uFEFF${text}`;
    default:
      return text;
  }
}

function formBody(dice: Dice, known: readonly string[]): string {
  const fields = new URLSearchParams();
  for (let count = 1 + dice.below(6); count > 0; count -= 1)
    fields.append(dice.pick(memberNames), wellFormed(anyText(dice, known)));
  if (dice.once(2))
    fields.append(
      "grant_type",
      dice.pick([
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:workos:agent-auth:grant-type:claim",
        "password",
      ]),
    );
  const text = fields.toString();
  return dice.once(12) ? text.replaceAll("%", dice.pick(["%", "%%", "%u00"])) : text;
}

function anyBody(dice: Dice, known: readonly string[]): { type: string; body: Buffer } {
  const type = dice.pick(contentTypes.slice(0, dice.once(4) ? contentTypes.length : 3));
  const isMatching = !dice.once(8);
  let text: string;
  if (type.startsWith("application/json") === isMatching) text = jsonBody(dice, known);
  else if (type.includes("secevent")) text = anyText(dice, known);
  else text = formBody(dice, known);
  const body = Buffer.from(text);
  if (dice.once(20)) body.fill(dice.below(256), dice.below(body.length + 1));
  return { type, body: dice.once(40) ? Buffer.alloc(1_200_000, "x") : body };
}

/** Draws one request. `known` are real secrets that may be spent, of agents nobody relies on. */
export function hostileRequest(dice: Dice, known: readonly string[]): HostileRequest {
  const method = dice.pick([
    "GET",
    "POST",
    "POST",
    "POST",
    "POST",
    "HEAD",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
  ]);
  const request: HostileRequest = {
    method,
    path: anyPath(dice, known),
    headers: anyHeaders(dice, known),
    body: null,
  };
  if (method === "GET" || method === "HEAD" || dice.once(15)) return request;
  const { type, body } = anyBody(dice, known);
  request.body = body;
  if (!dice.once(15)) request.headers["content-type"] = headerText(type);
  return request;
}
