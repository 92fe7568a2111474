/** Owns what is done at a host that runs the packed packages: by an agent, by one a provider vouches for, by an operator. */
import { expect } from "@jest/globals";
import { hiddenFields } from "../support/world.js";

export async function callsWith(url: string, token: string): Promise<[number, unknown]> {
  const called = await fetch(`${url}/api/notes`, { headers: { authorization: `Bearer ${token}` } });
  return [called.status, await called.json()];
}

export const callAgain = async (url: string, token: string) => (await callsWith(url, token))[0];

/** Registers and exchanges. */
async function agentFrom(
  url: string,
  registration: object,
): Promise<{ registrationId: string; token: string }> {
  const registered = await fetch(`${url}/agent/identity`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(registration),
  });
  const text = await registered.text();
  expect([registered.status, text]).toEqual([200, text]);
  const { identity_assertion: assertion, registration_id: registrationId } = JSON.parse(text);
  const exchanged = await fetch(`${url}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion }),
  });
  expect(exchanged.status).toBe(200);
  const { access_token: token } = (await exchanged.json()) as { access_token: string };
  return { registrationId, token };
}

/** An agent's first steps at a running host, up to a call of its API. */
export async function registerAndCall(url: string) {
  const agent = await agentFrom(url, { type: "anonymous", client_name: "Packed" });
  const [status, called] = await callsWith(url, agent.token);
  expect(status).toBe(200);
  return { ...agent, called };
}

/** An agent that shows what the provider of the host `everything` says of alice. */
export async function idJagAgent(url: string) {
  const { assertion } = (await (await fetch(`${url}/mint`)).json()) as { assertion: string };
  return agentFrom(url, {
    type: "identity_assertion",
    assertion_type: "urn:ietf:params:oauth:token-type:id-jag",
    assertion,
  });
}

/** Finds the registration in the dashboard, and revokes it there. */
export async function operatorRevokes(url: string, registrationId: string): Promise<void> {
  const operator = { "x-operator": "olga" };
  const list = await fetch(`${url}/admin/agents/registrations`, { headers: operator });
  expect([list.status, await list.text()]).toEqual([200, expect.stringContaining(registrationId)]);
  const form = `${url}/admin/agents/registrations/${registrationId}/revoke`;
  const page = await fetch(form, { headers: operator });
  const cookie = page.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
  const done = await fetch(form, {
    method: "POST",
    redirect: "manual",
    headers: { ...operator, cookie, origin: url, "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ ...hiddenFields(await page.text()), reason: "packed" }),
  });
  expect(done.status).toBe(303);
}
