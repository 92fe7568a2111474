/**
 * Owns the steps that more than one agent takes. A step builds a request from what the agent knows so far (`known`),
 * says which status it counts on, and learns from the answer. Addresses come from the discovery documents.
 *
 * A step that needs a person has `person(known)` for what they are told, and one of two: with `waits` it is sent again
 * and again while its answer is `pending`; with `asks` it is sent once they have filled in its `input`, by a button that
 * says `give`. A step is passed over when `skip(known)` holds. `otherwise` puts a status it does not count
 * on into words.
 */
import { form, json, parameter } from "./wire.js";

export const grants = {
  jwtBearer: "urn:ietf:params:oauth:grant-type:jwt-bearer",
  claim: "urn:workos:agent-auth:grant-type:claim",
};
const bearer = (known) => ({ Authorization: `Bearer ${known.token}` });

/** A member of the answer the next steps cannot do without. */
export function need(value, name) {
  if (value === undefined || value === null || value === "") throw new Error(`The answer has no ${name}.`);
  return value;
}

export const discovery = [
  {
    title: "Call the API without a token",
    why: "The agent just tries. The 401 carries a challenge that says where to read on.",
    expect: 401,
    request: (known) => ({ method: "GET", url: known.api }),
    learn: (known, { headers }) => {
      known.resourceMetadata = need(
        parameter(headers["www-authenticate"], "resource_metadata"),
        "resource_metadata in WWW-Authenticate",
      );
    },
  },
  {
    title: "Read about the API",
    why: "Protected resource metadata (RFC 9728) names the authorization server and the scopes.",
    expect: 200,
    request: (known) => ({ method: "GET", url: known.resourceMetadata }),
    learn: (known, { json: body }) => {
      known.server = need(body?.authorization_servers?.[0], "authorization_servers");
    },
  },
  {
    title: "Read about its authorization server",
    why: "Its metadata (RFC 8414) lists every endpoint; agent_auth says how agents register.",
    expect: 200,
    request: (known) => ({ method: "GET", url: `${known.server}/.well-known/oauth-authorization-server` }),
    learn: (known, { json: body }) => {
      known.identity = need(body?.agent_auth?.identity_endpoint, "agent_auth.identity_endpoint");
      known.claim = need(body?.agent_auth?.claim_endpoint, "agent_auth.claim_endpoint");
      known.tokenEndpoint = need(body?.token_endpoint, "token_endpoint");
      known.revocation = need(body?.revocation_endpoint, "revocation_endpoint");
    },
  },
];

export const readNotes = (title, why) => ({
  title,
  why,
  expect: 200,
  request: (known) => ({ method: "GET", url: known.api, headers: bearer(known) }),
});

export const writeNote = (title, why, expect) => ({
  title,
  why,
  expect,
  request: (known) => {
    const body = json({ text: `Written by ${known.name}` });
    return { method: "POST", url: known.api, ...body, headers: { ...bearer(known), ...body.headers } };
  },
});

/** There is a code only where the service lets people type it. */
export function learnAttempt(known, attempt, name) {
  known.userCode = attempt?.user_code;
  known.verificationUri = need(attempt?.verification_uri, `${name}.verification_uri`);
  known.interval = attempt?.interval ?? 5;
}

/** What an approved agent holds: the assertion that becomes tokens, and what renews it. */
export function learnIdentity(known, body) {
  known.assertion = need(body?.identity_assertion, "identity_assertion");
  known.refreshToken = need(body?.identity?.refresh_token?.value, "identity.refresh_token.value");
}

/** The assertion becomes the token the API takes. */
export const exchange = (why) => ({
  title: "Exchange the assertion for a token",
  why,
  expect: 200,
  request: (known) => ({
    method: "POST",
    url: known.tokenEndpoint,
    ...form({ grant_type: grants.jwtBearer, assertion: known.assertion }),
  }),
  learn: (known, { json: body }) => {
    known.token = need(body?.access_token, "access_token");
  },
});

/** An agent without a name gets an assertion and a claim token at once. */
export const registerAnonymous = {
  title: "Register without a name",
  why: "No person involved: the agent gets an identity assertion with the pre-claim scopes, and a claim token.",
  expect: 200,
  request: (known) => ({
    method: "POST",
    url: known.identity,
    ...json({ type: "anonymous", client_name: known.name }),
  }),
  learn: (known, { json: body }) => {
    known.assertion = need(body?.identity_assertion, "identity_assertion");
    known.claimToken = need(body?.claim_token, "claim_token");
  },
};

export const afterwards = [
  writeNote("Write a note", "With the person's approval the agent may write.", 201),
  readNotes("Read the notes", "It sees the notes of its person now, not only its own."),
  {
    title: "Renew the assertion",
    why: "Assertions are short-lived. The refresh token brings the next one, and a new refresh token in its place.",
    expect: 200,
    request: (known) => ({
      method: "POST",
      url: known.identity,
      ...json({ type: "refresh", refresh_token: known.refreshToken }),
    }),
    learn: (known, { json: body }) => learnIdentity(known, body),
  },
  exchange("Nobody is asked again: the new assertion brings a token with all that the person granted."),
  {
    title: "Give the token back",
    why: "Revocation (RFC 7009): whoever holds a token may end it. The answer is empty.",
    expect: 200,
    request: (known) => ({ method: "POST", url: known.revocation, ...form({ token: known.token }) }),
  },
  {
    title: "Try the revoked token",
    why: "The very next call is refused, with a challenge to start over from.",
    expect: 401,
    request: (known) => ({ method: "GET", url: known.api, headers: bearer(known) }),
  },
];
