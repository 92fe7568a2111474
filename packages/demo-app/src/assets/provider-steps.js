/**
 * Owns what an agent does with its provider: it lets the person sign in there, and gets ID-JAGs for services. The ID
 * token it gets at sign-in goes into its wallet, so that the person signs in once for all stories.
 */
import { grants, learnAttempt, need } from "./steps.js";
import { decodeJwt, form, json } from "./wire.js";

const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";
const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const idJagUrn = "urn:ietf:params:oauth:token-type:id-jag";
const idTokenUrn = "urn:ietf:params:oauth:token-type:id_token";

/** Services ask for a sign-in of the last hour. Ours is used for less, so that no story fails half-way. */
const longestSignInSeconds = 50 * 60;

/** The ID token of this story's person, if the agent holds one that still works; expired ones are dropped. */
function heldIdToken({ wallet, hint }) {
  const held = wallet.get(hint);
  if (held !== undefined && Date.now() / 1000 - held.authTime > longestSignInSeconds) wallet.delete(hint);
  return wallet.get(hint)?.token;
}
const isSignedIn = (known) => heldIdToken(known) !== undefined;

const asPerson = (known) => `as ${known.hint} with ${known.password}`;

const readAboutProvider = {
  title: "Read about its provider",
  why: "The agent's own identity provider publishes its endpoints the same way (RFC 8414).",
  expect: 200,
  request: (known) => ({
    method: "GET",
    url: `${known.provider}/.well-known/oauth-authorization-server`,
  }),
  learn: (known, { json: body }) => {
    known.deviceEndpoint = need(body?.device_authorization_endpoint, "device_authorization_endpoint");
    known.providerToken = need(body?.token_endpoint, "token_endpoint");
    known.clientId = `${known.provider}/agent-client.json`;
  },
};

const askForSignIn = {
  title: "Ask the provider to sign the person in",
  why: "Device authorization (RFC 8628): a code for the person, a secret for the agent. max_age asks for a fresh sign-in.",
  expect: 200,
  skip: isSignedIn,
  request: (known) => ({
    method: "POST",
    url: known.deviceEndpoint,
    ...form({ client_id: known.clientId, max_age: "0" }),
  }),
  learn: (known, { json: body }) => {
    known.deviceCode = need(body?.device_code, "device_code");
    known.deviceUserCode = need(body?.user_code, "user_code");
    known.deviceUri = body?.verification_uri_complete ?? need(body?.verification_uri, "verification_uri");
    known.interval = body?.interval ?? 5;
  },
};

const signIn = {
  title: "The person signs in at the provider",
  why: "The agent polls until they have. What it gets is an ID token: who they are, for the agent alone.",
  waits: true,
  expect: 200,
  skip: isSignedIn,
  notYet: "Not signed in yet.",
  request: (known) => ({
    method: "POST",
    url: known.providerToken,
    ...form({ grant_type: deviceGrant, device_code: known.deviceCode, client_id: known.clientId }),
  }),
  person: (known) => ({
    heading: `Now you are the person, ${known.hint}`,
    says: `Open the provider, sign in ${asPerson(known)}, compare this code and let the agent in:`,
    code: known.deviceUserCode,
    link: { href: known.deviceUri, text: "Open the provider" },
  }),
  learn: (known, { json: body }) => {
    const token = need(body?.id_token, "id_token");
    const { email, auth_time: authTime } = decodeJwt(token)?.payload ?? {};
    if (email !== known.hint)
      throw new Error(
        `${email} signed in, but this story is about ${known.hint}. Start over, and sign in as them.`,
      );
    known.wallet.set(known.hint, { token, authTime });
  },
};

/** Whether the person has to allow the service first; then the answer says where. */
function needsConsent({ json: body }, known) {
  if (body?.error !== "interaction_required") return false;
  known.consentUri = body.consent_uri;
  return true;
}

const askForIdJag = {
  title: "Get an ID-JAG for this service",
  why: "Token exchange (RFC 8693): the ID token becomes a signed token about the person, for one service. The person is asked the first time.",
  waits: true,
  expect: 200,
  pending: needsConsent,
  notYet: "Not allowed yet.",
  again: "Ask again",
  request: (known) => ({
    method: "POST",
    url: known.providerToken,
    ...form({
      grant_type: exchangeGrant,
      requested_token_type: idJagUrn,
      subject_token: heldIdToken(known) ?? "",
      subject_token_type: idTokenUrn,
      audience: known.server,
      client_id: known.clientId,
    }),
  }),
  person: (known) =>
    known.consentUri === undefined
      ? null
      : {
          heading: `Now you are the person, ${known.hint}`,
          says: `The provider has not heard from you about this service. Open the page ${asPerson(known)}, and allow it.`,
          link: { href: known.consentUri, text: "Open the consent page" },
        },
  learn: (known, { json: body }) => {
    known.idJag = need(body?.access_token, "access_token");
  },
  // Maybe the provider does not know this ID token any more: the next try starts with a sign-in.
  refused: (known) => known.wallet.delete(known.hint),
};

/** From nothing to an ID-JAG for the service that was discovered. */
export const providerSteps = [readAboutProvider, askForSignIn, signIn, askForIdJag];

/** A 401 opens a step-up: the account's owner has to approve first. */
function learnRegistration(known, { status, json: body }) {
  known.needsApproval = status === 401;
  if (status === 401) {
    known.claimToken = need(body?.claim_token, "claim_token");
    learnAttempt(known, body?.claim, "claim");
  } else known.assertion = need(body?.identity_assertion, "identity_assertion");
}

export const registerByIdJag = (why, expect, otherwise) => ({
  title: "Register with the ID-JAG",
  why,
  expect,
  otherwise,
  request: (known) => ({
    method: "POST",
    url: known.identity,
    ...json({ type: "identity_assertion", assertion_type: idJagUrn, assertion: known.idJag }),
  }),
  learn: learnRegistration,
});

export const claimByIdJag = {
  title: "Claim the registration with the ID-JAG",
  why: "A person who is linked, or new here, needs no code: status says claimed. Otherwise the account's owner approves.",
  expect: 200,
  request: (known) => ({
    method: "POST",
    url: known.claim,
    ...json({ type: "identity_assertion", claim_token: known.claimToken, assertion: known.idJag }),
  }),
  learn: (known, { json: body }) => {
    known.tokenBefore = known.token;
    known.needsApproval = body?.status !== "claimed";
    if (known.needsApproval) learnAttempt(known, body?.claim_attempt, "claim_attempt");
    else known.assertion = need(body?.identity_assertion, "identity_assertion");
  },
};

const withToken = (known, token) => ({
  method: "GET",
  url: known.api,
  headers: { Authorization: `Bearer ${token}` },
});

export const tryTokenFromBefore = {
  title: "Try the token from before the claim",
  why: "What was handed out before a person stood behind it ended with the claim.",
  expect: 401,
  request: (known) => withToken(known, known.tokenBefore),
};

export const personRevokes = {
  title: "The person revokes at the provider",
  why: "The agent just calls the API. The first call after the button is pressed is refused.",
  waits: true,
  expect: 401,
  pending: ({ status }) => status === 200,
  notYet: "Still let in.",
  again: "Call the API now",
  request: (known) => withToken(known, known.token),
  person: (known) => ({
    heading: `Now you are the person, ${known.hint}`,
    says: `Open your connections at the provider ${asPerson(known)}, and press Revoke at this service.`,
    link: { href: `${known.provider}/delegations`, text: "Open the provider" },
  }),
};

export const tryAssertionAgain = {
  title: "Try to get another token",
  why: "The assertion ended as well, so there is no way around.",
  expect: 400,
  request: (known) => ({
    method: "POST",
    url: known.tokenEndpoint,
    ...form({ grant_type: grants.jwtBearer, assertion: known.assertion }),
  }),
};

export const lookAtEvent = {
  title: "Look at what the provider sent",
  why: "Behind the scenes: the Security Event Token (RFC 8417) the provider posted here. This demo keeps the last ones to look at.",
  expect: 200,
  request: (known) => ({ method: "GET", url: `${new URL(known.api).origin}/dev/events.json` }),
};
