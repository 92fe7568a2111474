/** Owns a claim that waits for alice, the posts of its form, and what every page and redirect has to look like. */
import type { AgentAuthOptions, HostUser } from "@agent-auth/middleware";
import { expect } from "@jest/globals";
import {
  hiddenFields,
  openPage,
  type Person,
  pathOf,
  people,
  personHeader,
  type Response,
  register,
  startClaim,
  type World,
} from "./world.js";

export interface Asked {
  id: string;
  claimToken: string;
  userCode: string;
  uri: string;
  attemptToken: string;
}

const tokenOf = (uri: string) => new URL(uri).searchParams.get("claim_attempt_token") as string;

/** A registration that names alice and waits for her. */
export async function asked(stage: World, body: object = {}, headers: Record<string, string> = {}) {
  const { id, claim, claim_token } = (await register.serviceAuth(stage, body).set(headers)).body;
  const { verification_uri: uri, user_code: userCode } = claim;
  return { id, claimToken: claim_token, userCode, uri, attemptToken: tokenOf(uri) } as Asked;
}

/** The same claim with its next attempt. */
export async function askedAgain(stage: World, { id, claimToken }: Asked): Promise<Asked> {
  const { claim_attempt } = (await startClaim(stage, claimToken)).body;
  const { verification_uri: uri, user_code: userCode } = claim_attempt;
  return { id, claimToken, userCode, uri, attemptToken: tokenOf(uri) };
}

/** The host's hooks, as in every world, but for the ones given. */
export function accountsWith(hooks: Partial<AgentAuthOptions["accounts"]>): AgentAuthOptions["accounts"] {
  return {
    currentUser: (request) => people[request.get(personHeader) as Person] ?? null,
    loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
    findById: (id) => Object.values(people).find((person) => person.id === id) ?? null,
    ...hooks,
  };
}

/** Hooks of a host where everybody is this person. */
export const everybodyIs = (person: HostUser) => accountsWith({ currentUser: () => person });

export const loginUrlOf = ({ uri }: Asked) => `/login?return_to=${encodeURIComponent(pathOf(uri))}`;

export interface Answer {
  action?: string;
  userCode?: string;
  scopes?: string[];
  /** Replaces or, with null, removes fields of the form. */
  fields?: Record<string, string | string[] | null>;
  as?: Person | null;
  headers?: Record<string, string>;
}

/** Sends the fields as a browser would, as this person. */
export function post(stage: World, fields: URLSearchParams, as: Person | null, headers: object = {}) {
  const request = stage.agent
    .post("/agent/claim")
    .type("form")
    .set({ ...headers });
  return (as === null ? request : request.set(personHeader, as)).send(fields.toString());
}

/** Opens the page and keeps its form, to be sent later, many times or with changes. */
export async function openForm(stage: World, { uri }: { uri: string }, person: Person = "alice") {
  const hidden = hiddenFields((await openPage(stage, uri, person)).text);
  const send = ({
    action = "authorize",
    userCode = "",
    scopes,
    fields = {},
    as,
    headers = {},
  }: Answer = {}) => {
    const form = new URLSearchParams();
    const all = {
      ...hidden,
      action,
      user_code: userCode,
      scope: scopes ?? ["api.read", "api.write"],
      ...fields,
    };
    for (const [name, values] of Object.entries(all))
      for (const value of [values ?? []].flat()) form.append(name, value);
    return post(stage, form, as === undefined ? person : as, { "Sec-Fetch-Site": "same-origin", ...headers });
  };
  return Object.assign(send, { hidden });
}

export const wrongFor = (userCode: string) => (userCode === "000000" ? "000001" : "000000");

/** Types this many wrong codes and returns the last answer. */
export async function guessWrong(stage: World, visit: Asked, times: number): Promise<Response> {
  const send = await openForm(stage, visit);
  let response = await send({ userCode: wrongFor(visit.userCode) });
  for (let time = 1; time < times; time += 1) response = await send({ userCode: wrongFor(visit.userCode) });
  return response;
}

/** Uses up the fifteen guesses of a claim; returns its last attempt. */
export async function lockForGood(stage: World, visit: Asked): Promise<Asked> {
  let current = visit;
  await guessWrong(stage, current, 5);
  for (let attempt = 0; attempt < 2; attempt += 1) {
    current = await askedAgain(stage, current);
    await guessWrong(stage, current, 5);
  }
  return current;
}

const policy =
  "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** WEB-01, 02, 09, 10, 14, 15: what every page and every redirect between pages says. */
export function expectPageHeaders(headers: Record<string, string | undefined>, isHttps: boolean): void {
  expect(headers).toMatchObject({
    "cache-control": "no-store",
    pragma: "no-cache",
    "content-security-policy": policy,
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": expect.stringContaining("camera=()"),
  });
  expect(headers["strict-transport-security"]).toBe(isHttps ? "max-age=31536000" : undefined);
  for (const name of ["set-cookie", "etag", "access-control-allow-origin", "www-authenticate"])
    expect(headers).not.toHaveProperty(name);
}

export const headingOf = (html: string) => /<h1>(.*?)<\/h1>/s.exec(html)?.[1]?.replace(/<[^>]*>|\n/g, "");
export const reviewHeading = "An agent asks for access to your Example Notes account";

/** A page of ours: status, every header, heading, and neither script nor inline style. */
export function expectPage(response: Response, status: number, heading: string, isHttps = true): void {
  expect([response.status, headingOf(response.text)]).toEqual([status, heading]);
  expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
  expectPageHeaders(response.headers, isHttps);
  expect(response.text).not.toMatch(/<script|<style|\sstyle=|\son[a-z]+=|https?:/i);
  if (heading !== reviewHeading) expect(response.text).not.toContain("<form");
}

/** A redirect between pages, without a body. */
export function expectRedirect(response: Response, status: number, location: string): void {
  expect([response.status, response.headers.location, response.text]).toEqual([status, location, ""]);
  expectPageHeaders(response.headers, true);
}

/** The words of the problem above the form, or undefined. */
export function problemOf(html: string): string | undefined {
  return /<p class="problem-title">.*?<\/p>\s*<p>(.*?)<\/p>/s.exec(html)?.[1]?.replace(/<[^>]*>/g, "");
}
