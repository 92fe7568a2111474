/** The claim grant at `POST /oauth2/token`: waiting, and the one delivery (CLM-06 to CLM-16, PROTOCOL section 5). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  callApi,
  claimGrant,
  exchange,
  poll,
  type Response,
  register,
  startClaim,
} from "../support/world.js";
import {
  expectOauthRefusal,
  type ObservedWorld,
  observedWorld,
  otherThan,
  preparedForm,
} from "./observed-world.js";

let stage: ObservedWorld;
let claimToken: string;
let userCode: string;
let submit: Awaited<ReturnType<typeof preparedForm>>;
beforeEach(async () => {
  stage = await observedWorld();
  const { claim, claim_token } = (await register.serviceAuth(stage)).body;
  claimToken = claim_token;
  userCode = claim.user_code;
  submit = await preparedForm(stage, claim.verification_uri, "alice");
});
afterEach(() => stage.close());

const confirm = async () => expect((await submit({ userCode })).status).toBe(303);
const post = (body: string) =>
  stage.agent.post("/oauth2/token").set("Content-Type", "application/x-www-form-urlencoded").send(body);

/** Refused as told; apart from the poll's own note nothing changed, and the claim can still be finished. */
async function expectWaiting(error: string): Promise<Response> {
  const unpolled = async () => {
    const { registrations, ...others } = await stage.snapshot();
    return {
      ...others,
      registrations: registrations.map((row) => ({ ...row, poll_interval: 0, last_polled_at: 0 })),
    };
  };
  const before = await unpolled();
  const response = await poll(stage, claimToken);
  expectOauthRefusal(response, error);
  expect(await unpolled()).toEqual(before);
  return response;
}

describe("a poll before the person has decided", () => {
  test("is authorization_pending, the very first one too (CLM-06, CLM-08)", async () => {
    const first = await expectWaiting("authorization_pending");
    expect(first.body.error_description).toContain("has not finished");
    await confirm();
    expect((await poll(stage, claimToken)).status).toBe(200);
  });

  test("is authorization_pending at every interval", async () => {
    for (let time = 0; time < 10; time += 1) {
      await expectWaiting("authorization_pending");
      stage.clock.advance(5);
    }
  });

  test("stays authorization_pending through wrong codes that are left", async () => {
    for (let guess = 0; guess < 4; guess += 1) await submit({ userCode: otherThan(userCode) });
    await expectWaiting("authorization_pending");
    await confirm();
    expect((await poll(stage, claimToken)).status).toBe(200);
  });

  test("is authorization_pending in other words while an anonymous agent has asked nobody", async () => {
    claimToken = (await register.anonymous(stage)).body.claim_token;
    const unasked = await expectWaiting("authorization_pending");
    expect(unasked.body.error_description).toContain("No claim has been started");
    stage.clock.advance(5);
    await startClaim(stage, claimToken);
    const asked = await expectWaiting("authorization_pending");
    expect(asked.body.error_description).not.toEqual(unasked.body.error_description);
  });

  test("with a resource that is not ours is invalid_target and does not count as a poll (RSI-09)", async () => {
    const body = `grant_type=${claimGrant}&claim_token=${claimToken}&resource=https://other.example`;
    const before = await stage.snapshot();
    expectOauthRefusal(await post(body), "invalid_target");
    expect(await stage.snapshot()).toEqual(before);
    await expectWaiting("authorization_pending");
  });
});

describe("a poll that comes early", () => {
  test("is slow_down until the interval is over, to the second (CLM-07)", async () => {
    await expectWaiting("authorization_pending");
    stage.clock.advance(4);
    expect((await expectWaiting("slow_down")).body.interval).toBe(10);
  });

  test("adds five seconds that stay, and the agent that keeps to them recovers (CLM-07)", async () => {
    await expectWaiting("authorization_pending");
    expect((await expectWaiting("slow_down")).body.interval).toBe(10);
    expect((await expectWaiting("slow_down")).body.interval).toBe(15);
    stage.clock.advance(14);
    expect((await expectWaiting("slow_down")).body.interval).toBe(20);
    for (let time = 0; time < 3; time += 1) {
      stage.clock.advance(20);
      await expectWaiting("authorization_pending");
    }
    stage.clock.advance(19);
    await expectWaiting("slow_down");
  });

  test("is never asked to wait more than a minute", async () => {
    for (let time = 0; time < 30; time += 1) await poll(stage, claimToken);
    expect((await expectWaiting("slow_down")).body.interval).toBe(60);
    stage.clock.advance(60);
    await expectWaiting("authorization_pending");
  });

  test("gets its tokens all the same once the person has approved (CLM-12)", async () => {
    for (let time = 0; time < 5; time += 1) await poll(stage, claimToken);
    await confirm();
    expect((await poll(stage, claimToken)).status).toBe(200);
  });

  test("is not the first one of a new attempt, however late the last of the old one was (CLM-08)", async () => {
    await expectWaiting("authorization_pending");
    await expectWaiting("slow_down");
    await startClaim(stage, claimToken);
    await expectWaiting("authorization_pending");
    expect((await expectWaiting("slow_down")).body.interval).toBe(10);
  });

  test("slows down its own registration only", async () => {
    const other = (await register.serviceAuth(stage)).body.claim_token;
    for (let time = 0; time < 5; time += 1) await poll(stage, claimToken);
    expectOauthRefusal(await poll(stage, other), "authorization_pending");
  });
});

describe("the delivery", () => {
  test("answers tokens, scopes and the new assertion under both names (CLM-12)", async () => {
    await confirm();
    const response = await poll(stage, claimToken);
    expect(response.status).toBe(200);
    expect(response.headers["cache-control"]).toBe("no-store");
    expect(response.headers.pragma).toBe("no-cache");
    const { body } = response;
    const expires = new Date((stage.clock.now() + 3600) * 1000).toISOString();
    expect(body).toEqual({
      access_token: expect.stringMatching(/^at_[\w-]{39}$/),
      token_type: "Bearer",
      expires_in: 3600,
      scope: "api.read api.write",
      identity_assertion: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      assertion_expires: expires,
      identity: {
        assertion: body.identity_assertion,
        expires_at: expires,
        refresh_token: {
          value: expect.stringMatching(/^rt_[0-9a-f]{32}_1_[\w-]{43}$/),
          expires_at: new Date((stage.clock.now() + 30 * 86_400) * 1000).toISOString(),
        },
      },
    });
    const called = await callApi(stage, body.access_token);
    expect(called.body.agent).toMatchObject({ user: { id: "usr_alice" }, scopes: ["api.read", "api.write"] });
    expect((await exchange(stage, body.identity_assertion)).body.scope).toBe("api.read api.write");
  });

  test("holds only what the person left ticked, in the service's order", async () => {
    expect((await submit({ userCode, scopes: ["api.write", "api.admin"] })).status).toBe(303);
    const { body } = await poll(stage, claimToken);
    expect(body.scope).toBe("api.write");
    expect((await callApi(stage, body.access_token)).status).toBe(403);
  });

  test("happens once: the next poll is refused like a token nobody knows (CLM-11, CLM-13)", async () => {
    await confirm();
    const { body } = await poll(stage, claimToken);
    const before = await stage.snapshot();
    const again = await poll(stage, claimToken);
    expectOauthRefusal(again, "invalid_grant");
    expect(again.body).toEqual((await poll(stage, "ct_unknown")).body);
    expect(await stage.snapshot()).toEqual(before);
    expect((await callApi(stage, body.access_token)).status).toBe(200);
  });

  test("takes our resource, with or without its root slash", async () => {
    await confirm();
    const body = `grant_type=${claimGrant}&claim_token=${claimToken}&resource=https://notes.example/`;
    expect((await post(body)).status).toBe(200);
  });

  test("waits while the request is at fault: a refused poll delivers nothing", async () => {
    await confirm();
    const before = await stage.snapshot();
    const base = `grant_type=${claimGrant}&claim_token=${claimToken}`;
    expectOauthRefusal(await post(`${base}&resource=https://other.example`), "invalid_target");
    expectOauthRefusal(await post(`${base}&claim_token=${claimToken}`), "invalid_request");
    expectOauthRefusal(await post(`grant_type=${claimGrant}`), "invalid_request");
    expectOauthRefusal(await post(`grant_type=${claimGrant}&claim_token=`), "invalid_request");
    expectOauthRefusal(await post(`grant_type=x&claim_token=${claimToken}`), "unsupported_grant_type");
    expect(await stage.snapshot()).toEqual(before);
    expect((await poll(stage, claimToken)).status).toBe(200);
  });

  test("is not lost to a suspension: it waits for the operator", async () => {
    await confirm();
    const { id } = (await stage.rows("registrations"))[0] as { id: string };
    const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
    await stage.auth.suspendRegistration(id, operator);
    expectOauthRefusal(await poll(stage, claimToken), "invalid_grant");
    await stage.auth.resumeRegistration(id, operator);
    expect((await poll(stage, claimToken)).status).toBe(200);
  });
});

describe("a claim_token that is none", () => {
  test.each<[string, (token: string) => string]>([
    ["noise", () => "x"],
    ["one letter changed", (token) => token.replace(/.$/, (letter) => (letter === "A" ? "B" : "A"))],
    ["capitals", (token) => token.toUpperCase()],
    ["space around it", (token) => ` ${token}`],
    ["a very long one", () => "ct_".padEnd(20_000, "A")],
  ])("is invalid_grant: %s (CLM-11, CLM-15)", async (_what, change) => {
    const before = await stage.snapshot();
    expectOauthRefusal(await poll(stage, change(claimToken)), "invalid_grant");
    expect(await stage.snapshot()).toEqual(before);
    await expectWaiting("authorization_pending");
  });
});
