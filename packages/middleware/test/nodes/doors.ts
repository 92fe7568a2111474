/** Owns knocking at every kind of door of a node, and what it means to be refused for now. */
import { expect } from "@jest/globals";
import * as agent from "./agent.js";

/** What an agent holds while the server is gone. */
export interface Held {
  assertion: string;
  claimToken: string;
  token: string;
  /** Is given back again and again. */
  spare: string;
}

export async function agentAt(origin: string): Promise<Held> {
  const { identity_assertion: assertion, claim_token: claimToken } = (await agent.registerAnonymous(origin))
    .body;
  const token = async () => (await agent.exchange(origin, assertion)).body.access_token;
  return { assertion, claimToken, token: await token(), spare: await token() };
}
export const nobody: Held = {
  assertion: "a.b.c",
  claimToken: "ct_unknown",
  token: "at_unknown",
  spare: "at_unknown",
};

/** One request at every kind of door. */
export const knock = (origin: string, { assertion, claimToken, token, spare }: Held) =>
  Promise.all([
    agent.registerAnonymous(origin),
    agent.registerForAlice(origin),
    agent.exchange(origin, assertion),
    agent.revokeToken(origin, spare),
    agent.callApi(origin, token),
    agent.poll(origin, claimToken),
  ]);

/** Refused as the protocol says, or not at all. */
export function isRefusedForNow({ status, body, retryAfter }: agent.Answer): boolean {
  if (status < 500) return false;
  expect([status, body.error, Number(retryAfter) > 0]).toEqual([503, "temporarily_unavailable", true]);
  return true;
}
