/** Owns the generator: any method on any address of ours with any head and any body, good parts mixed with bad ones. */
import { routes } from "../../src/router.js";
import { operatorHeader } from "../support/stage.js";
import { deskHeader } from "./dashboard-forms.js";
import type { Dice } from "./dice.js";
import { anyJson, anyText, marker, memberNames, wellFormed } from "./ingredients.js";
import { hostileSubmission, type Stock } from "./submissions.js";
import type { HostileRequest } from "./wire.js";

/** What hostile requests are made of. */
export interface Loot {
  /** Real secrets that may be spent, of agents nobody relies on. */
  known: readonly string[];
  /** Names of fields of pages, and of their queries. */
  names: readonly string[];
  /** The forms of operators, and those of a person. */
  stocks: readonly Stock[];
  /** The forms of a person who never sends one. */
  victims: Stock;
  /** Pages of the dashboard, and what somebody who may see them sends along. */
  pages: readonly string[];
  operator: Record<string, string>;
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

function anyPath(dice: Dice, { known, names }: Loot): string {
  const all = [...agentPaths, ...agentPaths, ...pages, ...guardedPaths];
  let path = dice.once(3) ? dashboard + fillIn(dice.pick(routes).path, dice, known) : dice.pick(all);
  if (dice.once(25))
    path = dice.pick([`${path}/`, `/${path}`, path.toUpperCase(), `${path}%2f`, `${path};x=1`]);
  return dice.once(3) ? `${path}?${anyQuery(dice, known, names)}` : path;
}

function anyQuery(dice: Dice, known: readonly string[], names: readonly string[]): string {
  const query = Array.from({ length: 1 + dice.below(4) }, () => {
    const value = wellFormed(anyText(dice, known)).slice(0, 4000);
    const name = dice.pick(dice.once(2) ? memberNames : names);
    return `${name}=${dice.once(12) ? value.replace(/[^!-~]|#/g, "") : encodeURIComponent(value)}`;
  });
  return query.join(dice.pick(["&", "&", "&", ";", "&&"]));
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

function formBody(dice: Dice, { known, names }: Loot): string {
  const fields = new URLSearchParams();
  for (let count = 1 + dice.below(6); count > 0; count -= 1)
    fields.append(dice.pick(dice.once(2) ? memberNames : names), wellFormed(anyText(dice, known)));
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

function anyBody(dice: Dice, loot: Loot): { type: string; body: Buffer } {
  const { known } = loot;
  const type = dice.pick(contentTypes.slice(0, dice.once(4) ? contentTypes.length : 3));
  const isMatching = !dice.once(8);
  let text: string;
  if (type.startsWith("application/json") === isMatching) text = jsonBody(dice, known);
  else if (type.includes("secevent")) text = anyText(dice, known);
  else text = formBody(dice, loot);
  const body = Buffer.from(text);
  if (dice.once(20)) body.fill(dice.below(256), dice.below(body.length + 1));
  return { type, body: dice.once(40) ? Buffer.alloc(1_200_000, "x") : body };
}

/** What goes unnoticed by the guard of forms. */
function harmlessHeaders(dice: Dice, known: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  if (dice.once(6)) headers["user-agent"] = headerText(anyText(dice, known));
  if (dice.once(6)) headers["x-request-id"] = headerText(anyText(dice, known));
  if (dice.once(6)) headers.accept = dice.pick(["text/html", "*/*", "application/json", marker]);
  return headers;
}

/** A form of ours with a valid token. */
export function submitted(dice: Dice, stocks: readonly Stock[]): HostileRequest {
  const stock = dice.pick(stocks);
  const { action, headers, body, ...submission } = hostileSubmission(dice, stock);
  const type = { "content-type": "application/x-www-form-urlencoded" };
  return {
    method: "POST",
    path: action,
    headers: { ...harmlessHeaders(dice, stock.known), ...headers, ...type },
    body: Buffer.from(body),
    submission,
  };
}

/** A form of ours with a token that is not the sender's: of another operator or browser, changed, or none. */
function forged(dice: Dice, { stocks: [dashboard], victims }: Loot): HostileRequest {
  const stock = dice.once(3) ? victims : (dashboard ?? victims);
  const { submission: _submission, headers, body, ...rest } = submitted(dice, [stock]);
  const { [deskHeader]: role, cookie, ...others } = headers;
  const text = body?.toString() ?? "";
  const isKept = role !== undefined && dice.once(2);
  return {
    ...rest,
    headers: {
      ...others,
      ...(role === undefined ? {} : { [operatorHeader]: "admin" }),
      ...(cookie === undefined || dice.once(3) ? {} : { cookie }),
    },
    body: Buffer.from(isKept ? text : text.replace(/(csrf=[^&]*)[^&](?=&|$)/, dice.pick(["$1", "$1!", ""]))),
  };
}

/** A page of the dashboard, asked for by somebody who may see it. */
function looked(dice: Dice, { pages, operator, known, names }: Loot): HostileRequest {
  const [path = "", query = ""] = dice.pick(pages).split("?");
  const more = [...(query !== "" && dice.once(2) ? [query] : []), anyQuery(dice, known, names)];
  const headers = { ...harmlessHeaders(dice, known), ...operator };
  return { method: "GET", path: `${path}?${more.join("&")}`, headers, body: null };
}

/** Draws one request: one in four is a form of ours with its valid token. */
export function hostileRequest(dice: Dice, loot: Loot): HostileRequest {
  if (dice.once(4)) return submitted(dice, loot.stocks);
  if (dice.once(15)) return forged(dice, loot);
  if (dice.once(15)) return looked(dice, loot);
  const method = dice.pick([
    ...["GET", "POST", "POST", "POST", "POST"],
    ...["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"],
  ]);
  const request: HostileRequest = {
    method,
    path: anyPath(dice, loot),
    headers: anyHeaders(dice, loot.known),
    body: null,
  };
  if (method === "GET" || method === "HEAD" || dice.once(15)) return request;
  const { type, body } = anyBody(dice, loot);
  request.body = body;
  if (!dice.once(15)) request.headers["content-type"] = headerText(type);
  return request;
}
