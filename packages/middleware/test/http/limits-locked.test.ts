/**
 * What is counted while another process holds the database: limits let pass what they cannot count, guesses and replays
 * do not (PROTOCOL section 10). The lock is a real one.
 */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import { complete, reveal } from "../support/read-back.js";
import { type Response, register, startClaim } from "../support/world.js";
import { expectAgentRefusal, expectNotice, preparedForm } from "./observed-world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld({ options: { limits: { claimPerIpPerHour: 1, anonymousPerIpPerHour: 1 } } });
});

/** Sends while the database is locked for writing, and expects that nothing has come of it. */
async function whileLocked<Answer>(send: () => PromiseLike<Answer>): Promise<Answer> {
  const before = await stage.snapshot();
  const letGo = await stage.database.lock();
  try {
    return await send();
  } finally {
    await letGo();
    expect(await stage.snapshot()).toEqual(before);
  }
}

function expectUnavailable(response: Response): void {
  expectAgentRefusal(response, 503, "temporarily_unavailable");
  expect([response.headers["retry-after"], response.body.retry_after]).toEqual(["2", 2]);
  expect(response.headers).not.toHaveProperty("ratelimit");
}

describe("limits", () => {
  const unknown = () => startClaim(stage, "ct_unknown");

  test("let pass what they cannot count, say so in the log, and count again afterwards", async () => {
    expect((await unknown()).status).toBe(401);
    expect((await unknown()).status).toBe(429);
    stage.logs.length = 0;
    const passed = await whileLocked(unknown);
    expectAgentRefusal(passed, 401, "invalid_claim_token", "invalid_claim");
    expect(stage.logs).toEqual([
      {
        level: "warn",
        message: "rate limit could not be counted",
        fields: {
          requestId: passed.headers["x-request-id"],
          limit: "claim-ip",
          error: expect.objectContaining({ name: "StoreUnavailable" }),
        },
      },
      expect.objectContaining({ message: "request answered" }),
    ]);
    expect((await unknown()).status).toBe(429);
  });

  test("ask a database that does not answer once, not once per tier", async () => {
    expectUnavailable(await whileLocked(() => register.anonymous(stage)));
    const warnings = stage.logs.filter(({ message }) => message === "rate limit could not be counted");
    expect(warnings.map(({ fields }) => fields)).toMatchObject([{ limit: "anonymous-ip" }]);
    expect((await register.anonymous(stage)).status).toBe(200);
    expect((await register.anonymous(stage)).status).toBe(429);
  });
});

describe("the memory of what was presented", () => {
  test("fails closed: an ID-JAG that cannot be remembered admits nobody, and is good once afterwards", async () => {
    const idJag = stage.idp.mint();
    await registerBy(stage, stage.idp.mint({ claims: { sub: "person-2", email: "dave@example.org" } }));
    expectUnavailable(await whileLocked(() => registerBy(stage, idJag)));
    expect((await registerBy(stage, idJag)).status).toBe(200);
    expectAgentRefusal(await registerBy(stage, idJag), 400, "replay_detected");
  });
});

describe("guesses", () => {
  test("that cannot be counted are not compared: the right code on the page does not bind", async () => {
    const { body } = await register.serviceAuth(stage);
    const submit = await preparedForm(stage, body.claim.verification_uri, "alice");
    const answer = await whileLocked(() => submit({ userCode: body.claim.user_code }));
    expectNotice(answer, 503, "at the moment");
    expect(answer.headers["retry-after"]).toBe("2");
    expect(await stage.rows("claim_attempts")).toMatchObject([{ wrong_guesses: 0 }]);
    expect((await submit({ userCode: body.claim.user_code })).status).toBe(303);
    expect(await stage.rows("registrations")).toMatchObject([{ user_id: "usr_alice" }]);
  });

  test("that cannot be counted are not compared: the right code that was read back delivers nothing", async () => {
    const { body } = await register.serviceAuth(stage);
    const code = await reveal(stage, { uri: body.claim.verification_uri });
    expectUnavailable(await whileLocked(() => complete(stage, body.claim_token, code)));
    expect(await stage.rows("claim_attempts")).toMatchObject([{ wrong_guesses: 0 }]);
    expect((await complete(stage, body.claim_token, code)).status).toBe(200);
  });
});
