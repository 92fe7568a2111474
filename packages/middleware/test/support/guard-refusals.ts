/** Owns what the guards of the API answer to callers they refuse. */
import { expect } from "@jest/globals";
import { exchange, issuer, register, type World } from "./world.js";

const metadata = `resource_metadata="${issuer}/.well-known/oauth-protected-resource"`;

/** An access token of a new anonymous registration. */
export async function anonymousToken(world: World, extra: Record<string, string> = {}): Promise<string> {
  const { body } = await register.anonymous(world);
  return (await exchange(world, body.identity_assertion, extra)).body.access_token;
}

/** What a guard answers to a caller it refuses. */
export interface Refused {
  status: number;
  error: string;
  challenge: RegExp | string;
}
const bare = `Bearer ${metadata}`;
export const named = (error: string) =>
  new RegExp(`^Bearer ${metadata}, error="${error}", error_description="[^"\\\\]+"`);
export const invalidToken: Refused = {
  status: 401,
  error: "invalid_token",
  challenge: named("invalid_token"),
};
export const malformed: Refused = {
  status: 400,
  error: "invalid_request",
  challenge: named("invalid_request"),
};
export const noCredentials: Refused = { status: 401, error: "authentication_required", challenge: bare };

/** The whole refusal (RFC 6750 section 3): status, body, caching and challenge. */
export function expectRefusal(
  response: { status: number; headers: object; body: Record<string, unknown> },
  refused: Refused,
): void {
  const headers = new Headers(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
  expect(response.status).toBe(refused.status);
  expect(headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(headers.get("cache-control")).toBe("no-store");
  expect(headers.get("pragma")).toBe("no-cache");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(response.body.error).toBe(refused.error);
  expect(response.body).not.toHaveProperty("agent");
  const challenge = String(headers.get("www-authenticate"));
  if (typeof refused.challenge === "string") expect(challenge).toBe(refused.challenge);
  else expect(challenge).toMatch(refused.challenge);
  expectStrictChallenge(challenge);
}

/** BRR-10 to BRR-13: Bearer first, parameters quoted and once each, nothing a naive pattern trips over. */
function expectStrictChallenge(challenge: string): void {
  expect(challenge).toMatch(
    /^Bearer [a-z_]+="[\x20\x21\x23-\x5B\x5D-\x7E]*"(, [a-z_]+="[\x20\x21\x23-\x5B\x5D-\x7E]*")*$/,
  );
  const names = [...challenge.matchAll(/([a-z_]+)="/g)].map(([, name]) => name);
  expect(new Set(names).size).toBe(names.length);
  const description = /error_description="([^"]*)"/.exec(challenge)?.[1] ?? "";
  expect(description).not.toMatch(/scope=|error=|resource_metadata=/);
}
