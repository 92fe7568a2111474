/** Owns what agents and people send to a service, whichever node of it answers: each step names an origin. */
import type { Reply } from "../faults/ledger.js";
import { idJagTokenType } from "../support/issuer.js";
import { claimGrant, hiddenFields, jwtBearerGrant } from "../support/world.js";

/** An answer, and the `Retry-After` it came with. */
export interface Answer extends Reply {
  retryAfter: string | null;
}

/** Rejects when the node goes away meanwhile. */
export async function ask(origin: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(origin + path, { redirect: "manual", ...init });
  const text = await response.text();
  const isJson = /^application\/(\S+\+)?json\b/.test(response.headers.get("content-type") ?? "");
  const retryAfter = response.headers.get("retry-after");
  return { status: response.status, body: isJson ? JSON.parse(text) : text, retryAfter };
}

const person = { "x-test-person": "alice" };

const post = (origin: string, path: string, body: object) =>
  ask(origin, path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

const submit = (origin: string, path: string, fields: Record<string, string>, headers = {}) =>
  ask(origin, path, {
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams(fields).toString(),
  });

export const registerAnonymous = (origin: string) => post(origin, "/agent/identity", { type: "anonymous" });

/** Registers for alice, who has to approve. */
export const registerForAlice = (origin: string, loginHint = "alice@example.com") =>
  post(origin, "/agent/identity", { type: "service_auth", login_hint: loginHint });

export const registerBy = (origin: string, idJag: string) =>
  post(origin, "/agent/identity", {
    type: "identity_assertion",
    assertion_type: idJagTokenType,
    assertion: idJag,
  });

/** What a registration answered about its claim. */
export interface Claim {
  verification_uri: string;
  user_code: string;
}

const pathOf = ({ verification_uri: uri }: Claim) => {
  const { pathname, search } = new URL(uri);
  return pathname + search;
};

/** Alice opens the page of a claim: the form she is shown. */
export async function openForm(origin: string, claim: Claim): Promise<Record<string, string>> {
  const page = await ask(origin, pathOf(claim), { headers: person });
  return hiddenFields(page.body);
}

/** Alice submits the form with a code, such as the one the agent shows her. */
export function submitForm(origin: string, form: Record<string, string>, code: string): Promise<Answer> {
  const fields = { ...form, action: "authorize", scope: "api.read", user_code: code };
  return submit(origin, "/agent/claim", fields, { ...person, "sec-fetch-site": "same-origin" });
}

export const exchange = (origin: string, assertion: string) =>
  submit(origin, "/oauth2/token", { grant_type: jwtBearerGrant, assertion });

export const poll = (origin: string, claimToken: string) =>
  submit(origin, "/oauth2/token", { grant_type: claimGrant, claim_token: claimToken });

export const callApi = (origin: string, token: string) =>
  ask(origin, "/api/notes", { headers: { authorization: `Bearer ${token}` } });

export const revokeToken = (origin: string, token: string) => submit(origin, "/oauth2/revoke", { token });

/** The `kid`s of the keys a node publishes, newest first. */
export async function keyIds(origin: string): Promise<string[]> {
  const { body } = await ask(origin, "/.well-known/jwks.json");
  return body.keys.map(({ kid }: { kid: string }) => kid);
}
