/** Owns an agent that works for somebody already: registered with a hint, approved by the person, with its tokens. */
import { AgentClient, grants } from "./agent.js";
import { approve } from "./approve.js";
import { Browser } from "./browser.js";

export interface ClaimedAgent {
  agent: AgentClient;
  id: string;
  assertion: string;
  refreshToken: string;
}

/** `name` is the part of the person's address before the @. */
export async function claimedAgent(baseUrl: string, name: string, clientName: string): Promise<ClaimedAgent> {
  const agent = await AgentClient.discover(baseUrl);
  const email = `${name}@example.com`;
  const { body } = await agent.register({ type: "service_auth", login_hint: email, client_name: clientName });
  await approve(new Browser(baseUrl), body.claim, { email, password: `${name}-demo` });
  const collected = await agent.getToken({ grant_type: grants.claim, claim_token: body.claim_token });
  if (collected.status !== 200) throw new Error(`No token: ${JSON.stringify(collected.body)}`);
  return {
    agent,
    id: body.registration_id,
    assertion: collected.body.identity_assertion,
    refreshToken: collected.body.identity.refresh_token.value,
  };
}
