/** Claims of assertions signed with our own key, and how the registration stands (JBG-03 to JBG-14, PROTOCOL 5, 8). */
import type { KeyObject } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { callApi, exchange, issuer, poll, register, startClaim, submitPage } from "../support/world.js";
import { forge, forgersSecrets, type Members, read, signingKeyOf } from "./forged-assertions.js";
import { expectOauthRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
let registration: { id: string; claim_token: string; identity_assertion: string };
let header: Members;
let claims: Members;
let ourKey: KeyObject;

beforeEach(async () => {
  stage = await observedWorld({ options: { secrets: forgersSecrets } });
  registration = (await register.anonymous(stage)).body;
  const [first, second] = registration.identity_assertion.split(".");
  header = read(first);
  claims = read(second);
  ourKey = await signingKeyOf(stage);
});
afterEach(() => stage.close());

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;

async function expectRefused(assertion: string) {
  const before = await stage.snapshot();
  const response = await exchange(stage, assertion);
  expectOauthRefusal(response, "invalid_grant");
  expect(await stage.snapshot()).toEqual(before);
  return response;
}

async function confirm(): Promise<void> {
  const { attempt, claim_attempt } = (await startClaim(stage, registration.claim_token)).body;
  await submitPage(stage, attempt.verification_uri, "alice", { userCode: claim_attempt.user_code });
}

describe("claims we would not write", () => {
  test.each<[string, Members]>([
    ["no iss (JBG-03)", { iss: undefined }],
    ["another iss (JBG-03)", { iss: "https://other.example" }],
    ["iss with a slash (JWT-23)", { iss: `${issuer}/` }],
    ["iss in capitals (JWT-23)", { iss: "https://NOTES.example" }],
    ["a list as iss", { iss: [issuer] }],
    ["no aud (JBG-05)", { aud: undefined }],
    ["an empty aud (JWT-22)", { aud: "" }],
    ["an empty list as aud (JWT-22)", { aud: [] }],
    ["a number as aud (JWT-22)", { aud: 1 }],
    ["another aud (JBG-05)", { aud: "https://other.example" }],
    ["aud with a slash (JBG-06)", { aud: `${issuer}/` }],
    ["aud in capitals (JBG-06)", { aud: "https://NOTES.EXAMPLE" }],
    ["aud with the port (JBG-06)", { aud: `${issuer}:443` }],
    ["a prefix of aud (JWT-22)", { aud: issuer.slice(0, -1) }],
    ["aud that goes on (JWT-22)", { aud: `${issuer}.evil.example` }],
    ["aud and others", { aud: [issuer, "https://other.example"] }],
    ["the token endpoint as aud", { aud: `${issuer}/oauth2/token` }],
    ["no sub (JBG-04)", { sub: undefined }],
    ["an empty sub (JBG-04)", { sub: "" }],
    ["a number as sub (JBG-04)", { sub: 1 }],
    ["sub of nobody (JBG-04)", { sub: "reg_00000000000000000000000000000000" }],
    ["no jti", { jti: undefined }],
    ["an empty jti (JWT-23)", { jti: "" }],
    ["a number as jti (JWT-23)", { jti: 1 }],
    ["no exp (JBG-07)", { exp: undefined }],
    ["exp as text (JBG-07)", { exp: "9999999999" }],
    ["exp as a list (JWT-18)", { exp: [9_999_999_999] }],
    ["exp as a truth value (JWT-18)", { exp: true }],
    ["exp of zero", { exp: 0 }],
    ["a negative exp (JWT-18)", { exp: -1 }],
    ["an exp beyond every integer", { exp: 1e300 }],
    ["no iat", { iat: undefined }],
    ["iat as text (JWT-18)", { iat: "1" }],
    ["nbf a day ahead (JBG-09)", { nbf: 1_767_225_600 + 86_400 }],
    ["nbf a second beyond the skew (JBG-09)", { nbf: 1_767_225_600 + 61 }],
    ["nbf as text (JWT-18)", { nbf: "1" }],
    ["no generation", { gen: undefined }],
    ["generation as text", { gen: "1" }],
    ["a past generation", { gen: 0 }],
    ["a future generation", { gen: 2 }],
    ["half a generation", { gen: 1.5 }],
    ["a negative generation", { gen: -1 }],
  ])("are refused: %s", async (_what, change) => {
    await expectRefused(forge(ourKey, header, { ...claims, ...change }));
    expect((await exchange(stage, registration.identity_assertion)).status).toBe(200);
  });

  test("are refused: sub of a service_auth registration nobody claimed", async () => {
    const { id } = (await register.serviceAuth(stage)).body;
    await expectRefused(forge(ourKey, header, { ...claims, sub: id }));
  });

  test("may name a time within the skew of another node's clock, and no later (JWT-21)", async () => {
    const now = stage.clock.now();
    const nbf = { nbf: now + 60 };
    expect((await exchange(stage, forge(ourKey, header, { ...claims, iat: now + 60, ...nbf }))).status).toBe(
      200,
    );
    await expectRefused(forge(ourKey, header, { ...claims, iat: now + 61 }));
  });
});

describe("the end of an assertion", () => {
  test("is its exact second: no skew, since both times are ours (JWT-19)", async () => {
    stage.clock.advance(3599);
    expect((await exchange(stage, registration.identity_assertion)).status).toBe(200);
    stage.clock.advance(1);
    await expectRefused(registration.identity_assertion);
  });

  test("is not told apart from every other refusal", async () => {
    stage.clock.advance(3600);
    const expired = await expectRefused(registration.identity_assertion);
    const unknown = await expectRefused("a.b.c");
    expect(expired.body).toEqual(unknown.body);
  });

  test("comes with the claim window, swept or not", async () => {
    const forever = forge(ourKey, header, { ...claims, exp: stage.clock.now() + 1_000_000 });
    stage.clock.advance(86_399);
    expect((await exchange(stage, forever)).body.expires_in).toBe(1);
    stage.clock.advance(1);
    await expectRefused(forever);
    await stage.auth.sweep();
    await expectRefused(forever);
  });

  test("comes with the revocation of the registration, of its tokens too", async () => {
    const { access_token } = (await exchange(stage, registration.identity_assertion)).body;
    expect(await stage.auth.revokeRegistration(registration.id, operator)).toBe(true);
    await expectRefused(registration.identity_assertion);
    expect((await callApi(stage, access_token)).status).toBe(401);
    // Not even an assertion of the generation after the teardown revives it.
    await expectRefused(forge(ourKey, header, { ...claims, gen: 2 }));
  });

  test("is put off while the registration is suspended", async () => {
    const { access_token } = (await exchange(stage, registration.identity_assertion)).body;
    await stage.auth.suspendRegistration(registration.id, operator);
    await expectRefused(registration.identity_assertion);
    expect((await callApi(stage, access_token)).status).toBe(401);
    await stage.auth.resumeRegistration(registration.id, operator);
    expect((await exchange(stage, registration.identity_assertion)).status).toBe(200);
    expect((await callApi(stage, access_token)).status).toBe(200);
  });
});

describe("an anonymous agent's scopes", () => {
  const scope = async () => (await exchange(stage, registration.identity_assertion)).body.scope;

  test("are the pre-claim ones through the whole ceremony", async () => {
    expect(await scope()).toBe("api.read");
    const { attempt, claim_attempt } = (await startClaim(stage, registration.claim_token)).body;
    expect(await scope()).toBe("api.read");
    const userCode = claim_attempt.user_code === "000000" ? "000001" : "000000";
    await submitPage(stage, attempt.verification_uri, "alice", { userCode });
    expect(await scope()).toBe("api.read");
    stage.clock.advance(600);
    expect(await scope()).toBe("api.read");
    const second = (await startClaim(stage, registration.claim_token)).body;
    await submitPage(stage, second.attempt.verification_uri, "alice", { action: "deny" });
    expect(await scope()).toBe("api.read");
  });

  test("change with the claim, and what was issued before is dead", async () => {
    const { access_token } = (await exchange(stage, registration.identity_assertion)).body;
    await confirm();
    expect((await callApi(stage, access_token)).status).toBe(401);
    const delivered = (await poll(stage, registration.claim_token)).body;
    expect(delivered.scope).toBe("api.read api.write");
    expect((await exchange(stage, delivered.identity_assertion)).body.scope).toBe("api.read api.write");
  });
});

describe("a pre-claim assertion after the claim", () => {
  test("is refused with words that name the one the claim delivered", async () => {
    await confirm();
    const response = await expectRefused(registration.identity_assertion);
    expect(response.body.error_description).toContain("identity_assertion");
    expect(response.body.error_description).toContain("claim delivered");
    expect((await poll(stage, registration.claim_token)).status).toBe(200);
    await expectRefused(registration.identity_assertion);
  });

  test("is refused in the ordinary words once the registration is suspended or revoked", async () => {
    await confirm();
    const ordinary = (await expectRefused("a.b.c")).body;
    await stage.auth.suspendRegistration(registration.id, operator);
    expect((await expectRefused(registration.identity_assertion)).body).toEqual(ordinary);
    await stage.auth.revokeRegistration(registration.id, operator);
    expect((await expectRefused(registration.identity_assertion)).body).toEqual(ordinary);
  });
});
