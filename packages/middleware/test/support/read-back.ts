/** Owns the read-back ceremony as a person and an agent act it: a code is revealed on the page, and brought back. */
import { expect } from "@jest/globals";
import { openPage, type Person, type Response, submitPage, type World } from "./world.js";

/** The code on the page, six digits, or undefined. */
export function shownCode(html: string): string | undefined {
  const digits = /class="reveal-digits"[^>]*>(\d{3})-(\d{3})</.exec(html);
  return digits === null ? undefined : `${digits[1]}${digits[2]}`;
}

/** Presses Authorize without a code and reads the one that the page then shows. */
export async function reveal(
  stage: World,
  { uri }: { uri: string },
  person: Person = "alice",
  scopes?: string[],
): Promise<string> {
  const answer = await submitPage(stage, uri, person, scopes === undefined ? {} : { scopes });
  expect(answer.status).toBe(303);
  const page = await openPage(stage, uri, person);
  expect(page.status).toBe(200);
  return shownCode(page.text) as string;
}

/** `POST /agent/identity/claim/complete`. */
export function complete({ agent }: World, claimToken: string, userCode: unknown, body: object = {}) {
  return agent
    .post("/agent/identity/claim/complete")
    .send({ claim_token: claimToken, user_code: userCode, ...body });
}

/** A well-formed code that is none of these. */
export function wrongCode(...codes: string[]): string {
  return ["000000", "000001", "000002"].find((code) => !codes.includes(code)) as string;
}

/** `POST /agent/identity` with a refresh token. */
export function refresh({ agent }: World, refreshToken: string) {
  return agent.post("/agent/identity").send({ type: "refresh", refresh_token: refreshToken });
}

/** The body of a completion, exactly: everything under both names, and nothing else. */
export function expectCompleted(response: Response, id: string, now: number): void {
  const { body, headers } = response;
  const expires = (seconds: number) => new Date((now + seconds) * 1000).toISOString();
  expect([response.status, body.error]).toEqual([200, undefined]);
  expect(headers).toMatchObject({
    "content-type": "application/json; charset=utf-8",
    "cache-control": "no-store",
    pragma: "no-cache",
  });
  expect(body).toEqual({
    registration_id: id,
    id,
    status: "claimed",
    identity_assertion: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
    assertion_expires: expires(3600),
    identity: {
      assertion: body.identity_assertion,
      expires_at: expires(3600),
      refresh_token: { value: expect.stringMatching(/^rt_/), expires_at: expires(30 * 86_400) },
    },
  });
}
