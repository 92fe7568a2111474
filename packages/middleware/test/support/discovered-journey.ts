/** Owns whole journeys of an agent that knows nothing but the address of the server metadata. */
import type { Response } from "supertest";
import type TestAgent from "supertest/lib/agent.js";
import { claimGrant, hiddenFields, jwtBearerGrant, pathOf, personHeader } from "./world.js";

export interface Host {
  agent: Pick<TestAgent, "get" | "post">;
  /** Path of the authorization server metadata. */
  metadataPath: string;
  /** A path of the host's API that needs `api.read`. */
  apiPath: string;
}

async function discover({ agent, metadataPath }: Host) {
  const { body } = await agent.get(metadataPath).expect(200);
  return {
    identity: pathOf(body.agent_auth.identity_endpoint),
    claim: pathOf(body.agent_auth.claim_endpoint),
    token: pathOf(body.token_endpoint),
    revoke: pathOf(body.revocation_endpoint),
  };
}

/** Registers, exchanges, calls, gives the token back, calls again. */
export async function anonymousJourney(host: Host): Promise<Record<string, Response>> {
  const { agent, apiPath } = host;
  const paths = await discover(host);
  const registered = await agent.post(paths.identity).send({ type: "anonymous" });
  const exchanged = await agent
    .post(paths.token)
    .type("form")
    .send({ grant_type: jwtBearerGrant, assertion: registered.body.identity_assertion });
  const token = exchanged.body.access_token;
  const called = await agent.get(apiPath).set("Authorization", `Bearer ${token}`);
  const revoked = await agent.post(paths.revoke).type("form").send({ token });
  const refused = await agent.get(apiPath).set("Authorization", `Bearer ${token}`);
  return { registered, exchanged, called, revoked, refused };
}

/** Registers for alice, is approved by her, collects the tokens, exchanges the assertion, calls. */
export async function serviceAuthJourney(host: Host): Promise<Record<string, Response>> {
  const { agent, apiPath } = host;
  const paths = await discover(host);
  const registered = await agent
    .post(paths.identity)
    .send({ type: "service_auth", login_hint: "alice@example.com" });
  const { claim, claim_token: claimToken } = registered.body;
  const poll = () =>
    agent.post(paths.token).type("form").send({ grant_type: claimGrant, claim_token: claimToken });
  const pending = await poll();
  const page = await agent.get(pathOf(claim.verification_uri)).set(personHeader, "alice");
  const stylesheet = await agent.get(/<link rel="stylesheet" href="([^"]+)"/.exec(page.text)?.[1] ?? "/none");
  const form = new URLSearchParams({
    ...hiddenFields(page.text),
    action: "authorize",
    user_code: claim.user_code,
    scope: "api.read",
  });
  const submitted = await agent
    .post(/<form method="post" action="([^"]+)"/.exec(page.text)?.[1] ?? "/none")
    .set(personHeader, "alice")
    .set("Sec-Fetch-Site", "same-origin")
    .type("form")
    .send(form.toString());
  const delivered = await poll();
  const called = await agent.get(apiPath).set("Authorization", `Bearer ${delivered.body.access_token}`);
  const exchanged = await agent
    .post(paths.token)
    .type("form")
    .send({ grant_type: jwtBearerGrant, assertion: delivered.body.identity_assertion });
  return { registered, pending, page, stylesheet, submitted, delivered, called, exchanged };
}

/** Status codes by step, to compare a journey at a glance. */
export function statusesOf(journey: Record<string, Response>): Record<string, number> {
  return Object.fromEntries(Object.entries(journey).map(([step, { status }]) => [step, status]));
}

export const anonymousStatuses = { registered: 200, exchanged: 200, called: 200, revoked: 200, refused: 401 };
export const serviceAuthStatuses = {
  registered: 200,
  pending: 400,
  page: 200,
  stylesheet: 200,
  submitted: 303,
  delivered: 200,
  called: 200,
  exchanged: 200,
};
