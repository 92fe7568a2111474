/** How polling ends without tokens, and how long an approved claim waits (CLM-09, CLM-10, PROTOCOL 4.1, 4.2, 5). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { exchange, poll, register, startClaim } from "../support/world.js";
import {
  expectNotice,
  expectOauthRefusal,
  type ObservedWorld,
  observedWorld,
  otherThan,
  preparedForm,
} from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld();
});
afterEach(() => stage.close());

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;

async function asked() {
  const { id, claim, claim_token } = (await register.serviceAuth(stage)).body;
  const submit = await preparedForm(stage, claim.verification_uri, "alice");
  return { id, claimToken: claim_token as string, userCode: claim.user_code as string, submit };
}

/** Refused as told, however often and however fast, and nothing changes. */
async function expectEnded(claimToken: string, error: string): Promise<void> {
  const before = await stage.snapshot();
  for (let time = 0; time < 3; time += 1) expectOauthRefusal(await poll(stage, claimToken), error);
  expect(await stage.snapshot()).toEqual(before);
}

describe("access_denied", () => {
  test("follows Deny, for good (CLM-09)", async () => {
    const { claimToken, submit, userCode } = await asked();
    expect((await submit({ action: "deny" })).status).toBe(303);
    await expectEnded(claimToken, "access_denied");
    expectNotice(await submit({ userCode }), 200, "Request denied");
    stage.clock.advance(601);
    await expectEnded(claimToken, "access_denied");
    stage.clock.advance(86_400);
    await expectEnded(claimToken, "access_denied");
  });

  test("follows the fifteenth wrong code in all, for good (CLM-18)", async () => {
    const registration = (await register.anonymous(stage)).body;
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const { attempt: link, claim_attempt } = (await startClaim(stage, registration.claim_token)).body;
      const submit = await preparedForm(stage, link.verification_uri, "alice");
      for (let guess = 0; guess < 5; guess += 1) {
        const response = await submit({ userCode: otherThan(claim_attempt.user_code) });
        expect(response.status).toBe(guess < 4 ? 400 : 303);
      }
      const last = attempt === 2;
      await expectEnded(registration.claim_token, last ? "access_denied" : "expired_token");
      expectNotice(
        await submit({ userCode: claim_attempt.user_code }),
        410,
        last ? "This request is locked" : "Too many wrong codes",
      );
    }
    expect(await stage.audit("claim.locked")).toHaveLength(1);
    expect(await stage.rows("registrations")).toMatchObject([{ wrong_guesses: 15, user_id: null }]);
    // The claim is over; what the agent may do without a person is not.
    expect((await exchange(stage, registration.identity_assertion)).status).toBe(200);
  });
});

describe("expired_token", () => {
  test("comes at the attempt's exact end, and the right code is too late as well (CLM-10, CLM-21)", async () => {
    const { claimToken, submit, userCode } = await asked();
    stage.clock.advance(599);
    expectOauthRefusal(await poll(stage, claimToken), "authorization_pending");
    stage.clock.advance(1);
    await expectEnded(claimToken, "expired_token");
    expectNotice(await submit({ userCode }), 410, "This link has expired");
    await expectEnded(claimToken, "expired_token");
    expect((await startClaim(stage, claimToken)).status).toBe(200);
  });

  test("comes with the fifth wrong code of an attempt, and the right code fails too (CLM-18)", async () => {
    const { claimToken, submit, userCode } = await asked();
    for (let left = 4; left >= 1; left -= 1) {
      const response = await submit({ userCode: otherThan(userCode) });
      expectNotice(response, 400, `${left} ${left === 1 ? "try" : "tries"} left`);
    }
    expect((await submit({ userCode: otherThan(userCode) })).status).toBe(303);
    await expectEnded(claimToken, "expired_token");
    expectNotice(await submit({ userCode }), 410, "Too many wrong codes");
    expect(await stage.audit("claim.confirmed")).toEqual([]);
  });

  test("does not come from codes that are no codes: they cost no guess", async () => {
    const { claimToken, submit, userCode } = await asked();
    for (const noise of ["12345", "1234567", "abcdef", "12 34", "１２３"])
      for (let time = 0; time < 2; time += 1)
        expectNotice(await submit({ userCode: noise }), 400, "Enter the six digits.");
    expectNotice(
      await submit({ userCode: otherThan(userCode), scopes: [] }),
      400,
      "Tick at least one permission",
    );
    expect(await stage.rows("claim_attempts")).toMatchObject([{ wrong_guesses: 0 }]);
    expect((await submit({ userCode })).status).toBe(303);
    expect((await poll(stage, claimToken)).status).toBe(200);
  });

  test("comes with the claim window, for agents that never asked anybody too", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    stage.clock.advance(86_399);
    expectOauthRefusal(await poll(stage, claim_token), "authorization_pending");
    stage.clock.advance(1);
    await expectEnded(claim_token, "expired_token");
    await stage.auth.sweep();
    await expectEnded(claim_token, "expired_token");
  });
});

describe("invalid_grant", () => {
  test("answers every poll of a revoked registration, approved or not", async () => {
    const approved = await asked();
    await approved.submit({ userCode: approved.userCode });
    const open = await asked();
    for (const { id, claimToken } of [approved, open]) {
      await stage.auth.revokeRegistration(id, operator);
      await expectEnded(claimToken, "invalid_grant");
    }
    expect(await stage.rows("access_tokens")).toEqual([]);
  });

  test("answers the polls of a suspended registration until it is resumed", async () => {
    const { id, claimToken } = await asked();
    await stage.auth.suspendRegistration(id, operator);
    await expectEnded(claimToken, "invalid_grant");
    await stage.auth.resumeRegistration(id, operator);
    expectOauthRefusal(await poll(stage, claimToken), "authorization_pending");
  });
});

describe("an approved claim", () => {
  test("is never expired: it outlives its attempt and waits for the whole window", async () => {
    const { claimToken, submit, userCode } = await asked();
    stage.clock.advance(599);
    expect((await submit({ userCode })).status).toBe(303);
    stage.clock.advance(86_400 - 600);
    await stage.auth.sweep();
    expect((await poll(stage, claimToken)).status).toBe(200);
  });

  test("waits ten minutes at least when the window closes right after it", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    stage.clock.advance(86_399);
    const { attempt, claim_attempt } = (await startClaim(stage, claim_token)).body;
    const submit = await preparedForm(stage, attempt.verification_uri, "alice");
    expect((await submit({ userCode: claim_attempt.user_code })).status).toBe(303);
    stage.clock.advance(599);
    await stage.auth.sweep();
    const { status, body } = await poll(stage, claim_token);
    expect({ status, expires: body.expires_in }).toEqual({ status: 200, expires: 3600 });
  });

  test("that nobody collects is torn down by the sweeper, and only then", async () => {
    const { id, claimToken, submit, userCode } = await asked();
    await submit({ userCode });
    stage.clock.advance(86_399);
    await stage.auth.sweep();
    expect((await stage.auth.findRegistration(id))?.status).toBe("claimed");
    stage.clock.advance(1);
    await stage.auth.sweep();
    expect((await stage.auth.findRegistration(id))?.status).toBe("revoked");
    expect(await stage.audit("registration.revoked")).toMatchObject([
      { actor_kind: "system", actor_id: null, registration_id: id },
    ]);
    const [torn] = await stage.audit("registration.revoked");
    expect(JSON.parse(String(torn?.detail))).toMatchObject({
      reason: "never_collected",
      userId: "usr_alice",
    });
    await expectEnded(claimToken, "invalid_grant");
    await stage.auth.sweep();
    expect(await stage.audit("registration.revoked")).toHaveLength(1);
  });

  test("that was collected is left alone by the sweeper", async () => {
    const { id, claimToken, submit, userCode } = await asked();
    await submit({ userCode });
    const { body } = await poll(stage, claimToken);
    stage.clock.advance(3599);
    expect((await exchange(stage, body.identity_assertion)).status).toBe(200);
    stage.clock.advance(10 * 86_400);
    await stage.auth.sweep();
    expect((await stage.auth.findRegistration(id))?.status).toBe("claimed");
  });
});
