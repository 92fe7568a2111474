/** Owns an agent that holds a refresh token: how it came to it, how it uses it, and how to tell what its things are worth. */
import { expect } from "@jest/globals";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { formatRefreshToken } from "../../src/protocol/refresh-token.js";
import { callApi, claimedByAlice, exchange, type Response, type World } from "../support/world.js";
import { type Members, read } from "./forged-assertions.js";
import { expectAgentRefusal, expectApiRefusal, expectOauthRefusal } from "./observed-world.js";

/** What the answer to a refresh, or the delivery of a claim, gives an agent. */
export interface Holding {
  assertion: string;
  refreshToken: string;
}

/** An agent with everything a claim delivers. */
export interface Agent extends Holding {
  id: string;
  accessToken: string;
}

export const refresh = ({ agent }: Pick<World, "agent">, refreshToken: unknown) =>
  agent.post("/agent/identity").send({ type: "refresh", refresh_token: refreshToken });

export const revoke = ({ agent }: World, token: string) =>
  agent.post("/oauth2/revoke").type("form").send({ token });

/** The claims of an assertion of ours. */
export const claimsOf = (assertion: string): Members => read(assertion.split(".")[1]);

export const holdingOf = ({ body }: Response): Holding => ({
  assertion: body.identity_assertion,
  refreshToken: body.identity.refresh_token.value,
});

/** The agent that a delivering poll makes. */
export function agentOf(delivery: Response): Agent {
  expect(delivery.status).toBe(200);
  const holding = holdingOf(delivery);
  const id = String(claimsOf(holding.assertion).sub);
  return { id, accessToken: delivery.body.access_token, ...holding };
}

/** An agent that alice has just claimed. */
export const claimedAgent = async (stage: World, scopes?: string[]) =>
  agentOf(await claimedByAlice(stage, scopes));

/** A refresh that must succeed. */
export async function refreshed(stage: World, refreshToken: string): Promise<Holding> {
  const response = await refresh(stage, refreshToken);
  expect(response.status).toBe(200);
  return holdingOf(response);
}

/** Tokens of any number, as whoever knows `secret` can make them. */
export function minter(secret: string) {
  const [{ key }] = deriveKeys([secret], "refresh-token");
  return (familyId: string, sequence: number) => formatRefreshToken(key, familyId, sequence);
}

/** The HMAC at the end of a token. It may hold the character that parts the others. */
export const macOf = (refreshToken: string): string => refreshToken.slice(-43);

/** Parts of a token. */
export function partsOf(refreshToken: string): { familyId: string; sequence: number } {
  const [, family, number] = /^rt_(\w{32})_(\d+)_/.exec(refreshToken) ?? [];
  return { familyId: `rtf_${family}`, sequence: Number(number) };
}

/** A database that can be compared. */
interface Observed extends World {
  snapshot(): Promise<object>;
}

/** Refused like every bad token, in the same words, and nothing changed. */
export async function expectUnusable(stage: Observed, refreshToken: unknown): Promise<void> {
  const before = await stage.snapshot();
  const response = await refresh(stage, refreshToken);
  expectUnusableAnswer(response);
  expect(await stage.snapshot()).toEqual(before);
}

/** The one answer to every token that is not good. */
export function expectUnusableAnswer(response: Response): void {
  expectAgentRefusal(response, 400, "invalid_refresh_token");
  expect(Object.keys(response.body).sort()).toEqual(["code", "error", "error_description", "message"]);
  expect(response.body.message).toBe(
    "The refresh_token is not usable. Use the newest refresh_token you were given. If that is the one, tell your user, and register again only if they ask for it.",
  );
  expect(response.headers).not.toHaveProperty("retry-after");
}

/** Neither assertion nor access token is worth anything. */
export async function expectDead(
  stage: World,
  { assertion, accessToken }: { assertion: string; accessToken: string },
): Promise<void> {
  expectApiRefusal(await callApi(stage, accessToken), 401, "invalid_token");
  expectOauthRefusal(await exchange(stage, assertion), "invalid_grant");
}

/** Both work. */
export async function expectAlive(
  stage: World,
  { assertion, accessToken }: { assertion: string; accessToken: string },
): Promise<void> {
  expect((await callApi(stage, accessToken)).status).toBe(200);
  expect((await exchange(stage, assertion)).status).toBe(200);
}
