/** `POST /agent/identity/claim`, every refusal (PROTOCOL sections 4.2 and 9). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  callApi,
  exchange,
  poll,
  type Response,
  register,
  startClaim,
  submitPage,
} from "../support/world.js";
import { expectAgentRefusal, type ObservedWorld, observedWorld, otherThan } from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld();
});
afterEach(() => stage.close());

const post = (body: object | string) =>
  stage.agent.post("/agent/identity/claim").set("Content-Type", "application/json").send(body);
const hint = "alice@example.com";
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;

async function expectRefused(
  send: () => PromiseLike<Response>,
  status: number,
  error: string,
  code = error,
): Promise<Response> {
  const before = await stage.snapshot();
  const response = await send();
  expectAgentRefusal(response, status, error, code);
  expect(await stage.snapshot()).toEqual(before);
  return response;
}

async function confirmed(kind: "anonymous" | "serviceAuth") {
  const registration = (await register[kind](stage)).body;
  const started = (await startClaim(stage, registration.claim_token)).body;
  await submitPage(stage, started.attempt.verification_uri, "alice", {
    userCode: started.claim_attempt.user_code,
  });
  return registration;
}

describe("invalid_request", () => {
  test.each<[string, object | string]>([
    ["no body", ""],
    ["broken JSON", "{"],
    ["an array", [1]],
    ["no claim_token", { login_hint: hint }],
    ["an empty claim_token", { claim_token: "", login_hint: hint }],
    ["a numeric claim_token", { claim_token: 1, login_hint: hint }],
    ["an over-long claim_token", { claim_token: "c".repeat(16_385), login_hint: hint }],
    ["neither login_hint nor email", { claim_token: "ct_x" }],
    ["a login_hint object", { claim_token: "ct_x", login_hint: {} }],
    ["a numeric email", { claim_token: "ct_x", email: 1 }],
    ["an unknown type", { claim_token: "ct_x", login_hint: hint, type: "phone" }],
    ["a type of null", { claim_token: "ct_x", login_hint: hint, type: null }],
    ["identity_assertion without claim_token", { type: "identity_assertion", assertion: "a.b.c" }],
  ])("answers %s", async (_what, body) => {
    await expectRefused(() => post(body), 400, "invalid_request");
  });

  test("names the types there are to one that is unknown", async () => {
    const { body } = await post({ claim_token: "ct_x", login_hint: hint, type: "phone" });
    const known = "email, login_hint, service_auth, identity_assertion";
    expect(body.message).toContain(`The member type is none of ${known}. `);
  });

  test("answers a form with 415", async () => {
    const send = () => stage.agent.post("/agent/identity/claim").type("form").send({ claim_token: "ct_x" });
    await expectRefused(send, 415, "invalid_request");
  });

  test("answers GET with 405 and the methods that work", async () => {
    const response = await expectRefused(
      () => stage.agent.get("/agent/identity/claim"),
      405,
      "invalid_request",
    );
    expect(response.headers.allow).toBe("POST, OPTIONS");
  });
});

describe("identity_assertion_not_enabled", () => {
  test("answers the ID-JAG shape, and the claim goes on", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    const send = () => post({ type: "identity_assertion", claim_token, assertion: "a.b.c" });
    await expectRefused(
      send,
      400,
      "identity_assertion_not_enabled",
      "identity_assertion_registration_disabled",
    );
    expect((await startClaim(stage, claim_token)).status).toBe(200);
  });
});

describe("invalid_claim_token", () => {
  const flipped = (text: string, at: number) =>
    text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);

  test.each<[string, (token: string) => string]>([
    ["a token of noise", () => "x"],
    ["a token with one letter changed", (token) => flipped(token, 10)],
    ["a token with its checksum broken", (token) => flipped(token, token.length - 6)],
    ["a token without its prefix", (token) => token.slice(3)],
    ["a token with the prefix of another kind", (token) => token.replace("ct_", "cat_")],
    ["a token in capitals", (token) => token.toUpperCase()],
    ["a token cut short", (token) => token.slice(0, -1)],
    ["a token with a letter more", (token) => `${token}A`],
    ["a token with space around it", (token) => ` ${token} `],
    ["a token with a line break", (token) => `${token}\n`],
  ])("answers %s with 401 and the challenge", async (_what, change) => {
    const { claim_token } = (await register.anonymous(stage)).body;
    const send = () => startClaim(stage, change(claim_token));
    const response = await expectRefused(send, 401, "invalid_claim_token", "invalid_claim");
    expect(response.headers["www-authenticate"]).toMatch(/^AgentAuth error="invalid_claim_token", /);
    expect((await startClaim(stage, claim_token)).status).toBe(200);
  });

  test("answers a well-formed token nobody was given just the same", async () => {
    const stranger = await observedWorld();
    const { claim_token } = (await register.anonymous(stranger)).body;
    await stranger.close();
    const unknown = await expectRefused(
      () => startClaim(stage, claim_token),
      401,
      "invalid_claim_token",
      "invalid_claim",
    );
    expect((await startClaim(stage, "ct_broken")).body).toEqual(unknown.body);
  });
});

describe("a claim that is over", () => {
  test.each(["anonymous", "serviceAuth"] as const)(
    "is claimed_or_in_flight once a person has confirmed it: %s",
    async (kind) => {
      const { claim_token } = await confirmed(kind);
      await expectRefused(
        () => startClaim(stage, claim_token),
        409,
        "claimed_or_in_flight",
        "already_claimed",
      );
      expect((await poll(stage, claim_token)).status).toBe(200);
      await expectRefused(
        () => startClaim(stage, claim_token),
        409,
        "claimed_or_in_flight",
        "already_claimed",
      );
    },
  );

  test("is claim_denied for good after Deny, and stays so after its window", async () => {
    const { claim, claim_token } = (await register.serviceAuth(stage)).body;
    await submitPage(stage, claim.verification_uri, "alice", { action: "deny" });
    await expectRefused(() => startClaim(stage, claim_token), 403, "claim_denied");
    stage.clock.advance(86_400);
    await expectRefused(() => startClaim(stage, claim_token), 403, "claim_denied");
  });

  test("is claim_denied for good after fifteen wrong codes", async () => {
    const { claim_token, identity_assertion } = (await register.anonymous(stage)).body;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { claim_attempt } = (await startClaim(stage, claim_token)).body;
      const userCode = otherThan(claim_attempt.user_code);
      for (let guess = 0; guess < 5; guess += 1)
        await submitPage(stage, claim_attempt.verification_uri, "alice", { userCode });
    }
    await expectRefused(() => startClaim(stage, claim_token), 403, "claim_denied");
    // Only the claim is over: what the agent may do without a person goes on until its window closes.
    const exchanged = await exchange(stage, identity_assertion);
    expect((await callApi(stage, exchanged.body.access_token)).status).toBe(200);
  });

  test("is claim_expired from the exact second its window closes, swept or not", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    stage.clock.advance(86_399);
    expect((await startClaim(stage, claim_token)).status).toBe(200);
    stage.clock.advance(1);
    await expectRefused(() => startClaim(stage, claim_token), 410, "claim_expired");
    await stage.auth.sweep();
    await expectRefused(() => startClaim(stage, claim_token), 410, "claim_expired");
  });

  test("is claim_revoked after the registration was revoked", async () => {
    const { claim_token, id } = (await register.anonymous(stage)).body;
    await stage.auth.revokeRegistration(id, operator);
    await expectRefused(() => startClaim(stage, claim_token), 410, "claim_revoked");
  });

  test("is claim_revoked even when it was claimed or denied before", async () => {
    const claimed = await confirmed("serviceAuth");
    const denied = (await register.serviceAuth(stage)).body;
    await submitPage(stage, denied.claim.verification_uri, "alice", { action: "deny" });
    for (const { id, claim_token } of [claimed, denied]) {
      await stage.auth.revokeRegistration(id, operator);
      await expectRefused(() => startClaim(stage, claim_token), 410, "claim_revoked");
    }
  });

  test("is registration_suspended until an operator resumes it", async () => {
    const { claim_token, id } = (await register.anonymous(stage)).body;
    await stage.auth.suspendRegistration(id, operator);
    await expectRefused(() => startClaim(stage, claim_token), 403, "registration_suspended");
    await stage.auth.resumeRegistration(id, operator);
    expect((await startClaim(stage, claim_token)).status).toBe(200);
  });

  test("is temporarily_unavailable while the database is away", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    await stage.auth.close();
    const response = await expectRefused(
      () => startClaim(stage, claim_token),
      503,
      "temporarily_unavailable",
    );
    expect(response.headers["retry-after"]).toBe("2");
  });
});
