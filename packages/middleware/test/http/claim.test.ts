/** `POST /agent/identity/claim`, what starts and restarts a claim (PROTOCOL section 4.2). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { issuer, openPage, poll, type Response, register, startClaim, submitPage } from "../support/world.js";
import {
  expectAgentRefusal,
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

const post = (body: object) => stage.agent.post("/agent/identity/claim").send(body);
const start = Date.parse("2026-01-01T00:00:00.000Z");
const after = (seconds: number) => new Date(start + seconds * 1000).toISOString();

describe("a started claim", () => {
  test.each(["anonymous", "serviceAuth"] as const)(
    "answers exactly the members of section 4.2 for %s",
    async (kind) => {
      const registration = (await register[kind](stage)).body;
      const response = await startClaim(stage, registration.claim_token);
      expect(response.status).toBe(200);
      expect(response.headers["cache-control"]).toBe("no-store");
      expect(response.headers.pragma).toBe("no-cache");
      const { body } = response;
      expect(body).toEqual({
        registration_id: registration.id,
        id: registration.id,
        registration_type: registration.type,
        type: "service_auth",
        claim_attempt_id: expect.stringMatching(/^clm_[0-9a-f]{32}$/),
        status: "initiated",
        expires_at: after(600),
        claim_attempt: {
          verification_uri: expect.stringMatching(
            /^https:\/\/notes\.example\/agent\/claim\?claim_attempt_token=cat_/,
          ),
          expires_in: 600,
          interval: 5,
          user_code: expect.stringMatching(/^\d{6}$/),
        },
        attempt: {
          id: body.claim_attempt_id,
          verification_uri: body.claim_attempt.verification_uri,
          expires_at: after(600),
        },
      });
      expect(body.claim_attempt.verification_uri).not.toContain(body.claim_attempt.user_code);
      expect(new URL(body.claim_attempt.verification_uri).origin).toBe(issuer);
    },
  );

  const types = [undefined, "email", "login_hint", "service_auth"] as const;
  test.each(
    types.flatMap((type) => (["login_hint", "email"] as const).map((member) => [type, member] as const)),
  )("may be asked for with type %s and the address as %s", async (type, member) => {
    const { claim_token } = (await register.anonymous(stage)).body;
    const response = await post({
      ...(type === undefined ? {} : { type }),
      claim_token,
      [member]: "alice@example.com",
    });
    expect(response.status).toBe(200);
    const page = await openPage(stage, response.body.attempt.verification_uri, "alice");
    expect(page.status).toBe(200);
  });

  test("goes by login_hint when email is there too", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    const { body } = await post({ claim_token, login_hint: "bob@example.com", email: "alice@example.com" });
    expect((await openPage(stage, body.attempt.verification_uri, "bob")).status).toBe(200);
    expect((await openPage(stage, body.attempt.verification_uri, "alice")).status).toBe(403);
  });

  test("ends with the claim window when that comes first", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    stage.clock.advance(86_400 - 120);
    const { body } = await startClaim(stage, claim_token);
    expect(body.claim_attempt.expires_in).toBe(120);
    expect(body.expires_at).toBe(after(86_400));
  });

  test("can be finished by the person it names", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    const { attempt, claim_attempt } = (await startClaim(stage, claim_token)).body;
    const done = await submitPage(stage, attempt.verification_uri, "alice", {
      userCode: claim_attempt.user_code,
    });
    expect(done.status).toBe(303);
    expect((await poll(stage, claim_token)).status).toBe(200);
  });
});

describe("a new attempt", () => {
  test("replaces the previous one: its link answers 410 and its code is worthless (CLM-20)", async () => {
    const first = (await register.serviceAuth(stage)).body;
    const second = (await startClaim(stage, first.claim_token)).body;
    expect(second.claim_attempt_id).not.toBe(first.claim.attempt.id);
    expect(second.attempt.verification_uri).not.toBe(first.claim.verification_uri);
    expectNotice(
      await openPage(stage, first.claim.verification_uri, "alice"),
      410,
      "There is a newer request",
    );

    const submitted = await submitPage(stage, second.attempt.verification_uri, "alice", {
      userCode: first.claim.user_code,
    });
    expect(submitted.status).toBe(400);
    expectOauthRefusal(await poll(stage, first.claim_token), "authorization_pending");
    await submitPage(stage, second.attempt.verification_uri, "alice", {
      userCode: second.claim_attempt.user_code,
    });
    expect((await poll(stage, first.claim_token)).status).toBe(200);
  });

  test("cannot be settled through the form of the previous one", async () => {
    const first = (await register.serviceAuth(stage)).body;
    const submit = await preparedForm(stage, first.claim.verification_uri, "alice");
    const second = (await startClaim(stage, first.claim_token)).body;
    const before = await stage.snapshot();
    for (const userCode of [first.claim.user_code, second.claim_attempt.user_code]) {
      expectNotice(await submit({ userCode }), 410, "There is a newer request");
      expectNotice(await submit({ action: "deny" }), 410, "There is a newer request");
    }
    expect(await stage.snapshot()).toEqual(before);
  });

  test("may name somebody else", async () => {
    const first = (await register.serviceAuth(stage)).body;
    const second = (await startClaim(stage, first.claim_token, { login_hint: "bob@example.com" })).body;
    expect((await openPage(stage, second.attempt.verification_uri, "alice")).status).toBe(403);
    await submitPage(stage, second.attempt.verification_uri, "bob", {
      userCode: second.claim_attempt.user_code,
    });
    expect((await stage.auth.findRegistration(first.id))?.userId).toBe("usr_bob");
  });

  test("opens a claim again whose attempt had expired", async () => {
    const first = (await register.serviceAuth(stage)).body;
    stage.clock.advance(600);
    expectOauthRefusal(await poll(stage, first.claim_token), "expired_token");
    const second = (await startClaim(stage, first.claim_token)).body;
    expectOauthRefusal(await poll(stage, first.claim_token), "authorization_pending");
    await submitPage(stage, second.attempt.verification_uri, "alice", {
      userCode: second.claim_attempt.user_code,
    });
    expect((await poll(stage, first.claim_token)).status).toBe(200);
  });

  test("opens a claim again whose attempt died of five wrong codes", async () => {
    const first = (await register.serviceAuth(stage)).body;
    const userCode = otherThan(first.claim.user_code);
    for (let guess = 0; guess < 5; guess += 1)
      await submitPage(stage, first.claim.verification_uri, "alice", { userCode });
    expectOauthRefusal(await poll(stage, first.claim_token), "expired_token");
    const second = (await startClaim(stage, first.claim_token)).body;
    await submitPage(stage, second.attempt.verification_uri, "alice", {
      userCode: second.claim_attempt.user_code,
    });
    expect((await poll(stage, first.claim_token)).status).toBe(200);
  });

  test("starts with the interval of a fresh claim, however fast the agent polled before", async () => {
    const first = (await register.serviceAuth(stage)).body;
    for (let early = 0; early < 4; early += 1) await poll(stage, first.claim_token);
    expect((await startClaim(stage, first.claim_token)).body.claim_attempt.interval).toBe(5);
    stage.clock.advance(5);
    expectOauthRefusal(await poll(stage, first.claim_token), "authorization_pending");
    stage.clock.advance(5);
    expectOauthRefusal(await poll(stage, first.claim_token), "authorization_pending");
  });
});

describe("attempts per hour", () => {
  async function expectTooMany(claimToken: string, retryAfter: number): Promise<void> {
    const before = await stage.snapshot();
    const response = await startClaim(stage, claimToken);
    expectAgentRefusal(response, 429, "too_many_attempts");
    expect(response.headers["retry-after"]).toBe(String(retryAfter));
    expect(response.body.retry_after).toBe(retryAfter);
    expect(await stage.snapshot()).toEqual(before);
  }

  async function startedAtOnce(claimToken: string, times: number): Promise<Response[]> {
    const started: Response[] = [];
    for (let time = 0; time < times; time += 1) {
      started.push(await startClaim(stage, claimToken));
      expect(started.at(-1)?.status).toBe(200);
    }
    return started;
  }

  test("are five for an anonymous registration, and the sixth works after the hour", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    const started = await startedAtOnce(claim_token, 5);
    await expectTooMany(claim_token, 3600);
    stage.clock.advance(3599);
    await expectTooMany(claim_token, 1);
    expectNotice(
      await openPage(stage, started.at(-1)?.body.attempt.verification_uri, "alice"),
      410,
      "This link has expired",
    );
    stage.clock.advance(1);
    expect((await startClaim(stage, claim_token)).status).toBe(200);
  });

  test("count the one a service_auth registration starts with", async () => {
    const { claim_token } = (await register.serviceAuth(stage)).body;
    await startedAtOnce(claim_token, 4);
    await expectTooMany(claim_token, 3600);
  });

  test("count in a sliding hour: one slot opens when the oldest attempt leaves it", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    for (let attempt = 0; attempt < 5; attempt += 1) {
      expect((await startClaim(stage, claim_token)).status).toBe(200);
      stage.clock.advance(100);
    }
    await expectTooMany(claim_token, 3100);
    stage.clock.advance(3100);
    expect((await startClaim(stage, claim_token)).status).toBe(200);
    await expectTooMany(claim_token, 100);
  });

  test("leave the newest attempt usable when they run out", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    const newest = (await startedAtOnce(claim_token, 5)).at(-1)?.body;
    await expectTooMany(claim_token, 3600);
    await submitPage(stage, newest.attempt.verification_uri, "alice", {
      userCode: newest.claim_attempt.user_code,
    });
    expect((await poll(stage, claim_token)).status).toBe(200);
  });

  test("are counted per claim", async () => {
    const first = (await register.anonymous(stage)).body;
    const second = (await register.anonymous(stage)).body;
    await startedAtOnce(first.claim_token, 5);
    expect((await startClaim(stage, second.claim_token)).status).toBe(200);
  });
});
