/** `POST /agent/identity/claim/complete`, every refusal in its order (PROTOCOL sections 4.4 and 9; CLM-33 to CLM-35). */
import { seededRandom } from "@agent-auth/middleware/testing";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { askedAgain, asked as askedOf } from "../support/claim-visit.js";
import { changesNothing, type EventStage, eventStage } from "../support/event-stage.js";
import { complete, reveal, wrongCode } from "../support/read-back.js";
import { openPage, poll, type Response, register, startClaim, submitPage } from "../support/world.js";
import { expectAgentRefusal, expectOauthRefusal } from "./observed-world.js";

let stage: EventStage;
let visit: Awaited<ReturnType<typeof askedOf>>;
const open = async (options: object = {}) => {
  stage = await eventStage({ options: { random: seededRandom("complete"), ...options } });
  visit = await askedOf(stage);
};
beforeEach(() => open());

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
const path = "/agent/identity/claim/complete";
const post = (body: object | string) =>
  stage.agent.post(path).set("Content-Type", "application/json").send(body);
const guesses = async () => [
  (await stage.rows("claim_attempts")).at(-1)?.wrong_guesses,
  (await stage.rows("registrations")).at(-1)?.wrong_guesses,
];

type Named = [status: number, error: string, code?: string];
const notConfirmed: Named = [409, "claim_not_confirmed"];
const invalid: Named = [401, "otp_invalid", "invalid_user_code"];
const expired: Named = [410, "otp_expired", "user_code_expired"];
const claimed: Named = [409, "claimed_or_in_flight", "already_claimed"];

/** Refused by that name, and nothing changed. */
async function refused(send: () => PromiseLike<Response>, named: Named): Promise<Response> {
  const response = await changesNothing(stage, send);
  expectAgentRefusal(response, ...named);
  return response;
}
const completing =
  (code: string, claimToken = visit.claimToken) =>
  () =>
    complete(stage, claimToken, code);
const works = async (code: string) =>
  expect((await complete(stage, visit.claimToken, code)).status).toBe(200);

describe("read_back_not_enabled", () => {
  test("is the answer to anybody where the service uses code entry only, before all else", async () => {
    await open({ ceremony: "code-entry" });
    await refused(completing("123456"), [400, "read_back_not_enabled"]);
    await refused(completing("123456", "ct_unknown"), [400, "read_back_not_enabled"]);
    await refused(() => post("{}"), [400, "read_back_not_enabled"]);
    await submitPage(stage, visit.uri, "alice", { userCode: visit.userCode });
    expect((await poll(stage, visit.claimToken)).status).toBe(200);
  });
});

describe("invalid_request", () => {
  test.each<[string, object | string]>([
    ["no body", ""],
    ["broken JSON", "{"],
    ["an array", [1]],
    ["no claim_token", { user_code: "123456" }],
    ["an empty claim_token", { claim_token: "", user_code: "123456" }],
    ["a numeric claim_token", { claim_token: 1, user_code: "123456" }],
    ["an over-long claim_token", { claim_token: "c".repeat(16_385), user_code: "123456" }],
    ["no code", { claim_token: "ct_x" }],
    ["a numeric code", { claim_token: "ct_x", user_code: 123456 }],
    ["a code of null", { claim_token: "ct_x", user_code: null }],
    ["a code in a list", { claim_token: "ct_x", otp: ["123456"] }],
    ["an over-long code", { claim_token: "ct_x", user_code: "1".repeat(16_385) }],
  ])("answers %s", async (_what, body) => {
    await refused(() => post(body), [400, "invalid_request"]);
  });

  test("names the member that is missing", async () => {
    const { body } = await post({ claim_token: "ct_x" });
    expect(body.error_description).toContain("user_code");
  });

  test("answers a form with 415, and GET with 405 and the methods that work", async () => {
    await refused(
      () => stage.agent.post(path).type("form").send({ claim_token: "x" }),
      [415, "invalid_request"],
    );
    const response = await refused(() => stage.agent.get(path), [405, "invalid_request"]);
    expect(response.headers.allow).toBe("POST, OPTIONS");
  });
});

describe("invalid_claim_token", () => {
  test.each<[string, (token: string) => string]>([
    ["noise", () => "x"],
    ["one letter changed", (token) => token.replace(/.$/, (letter) => (letter === "A" ? "B" : "A"))],
    ["the prefix of another kind", (token) => token.replace("ct_", "cat_")],
    ["space around it", (token) => ` ${token}`],
  ])("answers %s with 401 and the challenge (CLM-35)", async (_what, change) => {
    const code = await reveal(stage, visit);
    const named: Named = [401, "invalid_claim_token", "invalid_claim"];
    const response = await refused(completing(code, change(visit.claimToken)), named);
    expect(response.headers["www-authenticate"]).toMatch(/^AgentAuth error="invalid_claim_token", /);
    await works(code);
  });
});

describe("a registration that is not to be claimed", () => {
  let code: string;
  beforeEach(async () => {
    code = await reveal(stage, visit);
  });

  test("is claim_revoked", async () => {
    await stage.auth.revokeRegistration(visit.id, operator);
    await refused(completing(code), [410, "claim_revoked"]);
  });

  test("is registration_suspended until an operator resumes it", async () => {
    await stage.auth.suspendRegistration(visit.id, operator);
    await refused(completing(code), [403, "registration_suspended"]);
    await stage.auth.resumeRegistration(visit.id, operator);
    await works(code);
  });

  test("is claimed_or_in_flight once it is claimed, whichever way", async () => {
    await works(code);
    await refused(completing(code), claimed);
  });

  test("is claim_denied once the person refused after all", async () => {
    expect((await submitPage(stage, visit.uri, "alice", { action: "deny" })).status).toBe(303);
    await refused(completing(code), [403, "claim_denied"]);
    expectOauthRefusal(await poll(stage, visit.claimToken), "access_denied");
  });

  test("is claim_expired from the second its window closes", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    stage.clock.advance(86_400 - 300);
    const { attempt } = (await startClaim(stage, claim_token)).body;
    const late = await reveal(stage, { uri: attempt.verification_uri });
    stage.clock.advance(299);
    await refused(completing("12345", claim_token), invalid);
    stage.clock.advance(1);
    await refused(completing(late, claim_token), [410, "claim_expired"]);
  });

  test("is claim_revoked before it is claimed, denied or expired", async () => {
    await works(code);
    await stage.auth.revokeRegistration(visit.id, operator);
    await refused(completing(code), [410, "claim_revoked"]);
  });
});

describe("claim_not_confirmed", () => {
  test("is told before the person has authorised, to a right and a wrong code alike (CLM-34)", async () => {
    const answers = [];
    for (const code of [visit.userCode, wrongCode(visit.userCode), "not a code", ""])
      answers.push((await refused(completing(code), notConfirmed)).body);
    expect(new Set(answers.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(await guesses()).toEqual([0, 0]);
    await works(await reveal(stage, visit));
  });

  test("is told where no claim was ever started", async () => {
    const { claim_token } = (await register.anonymous(stage)).body;
    await refused(completing("123456", claim_token), notConfirmed);
  });

  test("is told after looks at the page, and after wrong codes on it that are left", async () => {
    await openPage(stage, visit.uri, "alice");
    await submitPage(stage, visit.uri, "alice", { userCode: wrongCode(visit.userCode) });
    await refused(completing(visit.userCode), notConfirmed);
  });

  test("is told of a new attempt, whatever happened to the one before", async () => {
    const code = await reveal(stage, visit);
    stage.clock.advance(600);
    visit = await askedAgain(stage, visit);
    await refused(completing(code), notConfirmed);
  });
});

describe("otp_invalid", () => {
  test.each(["", "12345", "1234567", "12345x", "1e5000", "١٢٣٤٥٦", "\u0000123456", " ".repeat(9000)])(
    "answers %j, which is no code, and spends no guess",
    async (code) => {
      const right = await reveal(stage, visit);
      const response = await refused(completing(code), invalid);
      expect(response.body.remaining_guesses).toBe(5);
      await works(right);
    },
  );

  test("answers a wrong code with the challenge and the tries left, and changes the two counters only", async () => {
    const right = await reveal(stage, visit);
    const counted = ({ wrong_guesses: _, ...row }: Record<string, unknown>) => row;
    const look = async () => ({
      ...(await stage.snapshot()),
      registrations: (await stage.rows("registrations")).map(counted),
      claim_attempts: (await stage.rows("claim_attempts")).map(counted),
    });
    const before = await look();
    const response = await complete(stage, visit.claimToken, wrongCode(right));
    expectAgentRefusal(response, ...invalid);
    expect(response.headers["www-authenticate"]).toMatch(/^AgentAuth error="otp_invalid", /);
    expect(response.body.remaining_guesses).toBe(4);
    expect(await look()).toEqual(before);
    expect(await guesses()).toEqual([1, 1]);
    await works(right);
  });

  test("answers the fifth wrong code too; then the right one is otp_expired (CLM-33)", async () => {
    const right = await reveal(stage, visit);
    for (const remaining of [4, 3, 2, 1, 0]) {
      const { body } = await complete(stage, visit.claimToken, wrongCode(right));
      expect([body.error, body.remaining_guesses]).toEqual(["otp_invalid", remaining]);
    }
    await refused(completing(right), expired);
    expectOauthRefusal(await poll(stage, visit.claimToken), "expired_token");
    visit = await askedAgain(stage, visit);
    await works(await reveal(stage, visit));
  });

  test("counts what is left of the claim, when that is less", async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      for (let guess = 0; guess < 4; guess += 1)
        await submitPage(stage, visit.uri, "alice", { userCode: wrongCode(visit.userCode) });
      visit = await askedAgain(stage, visit);
    }
    const right = await reveal(stage, visit);
    const { body } = await complete(stage, visit.claimToken, wrongCode(right));
    expect([body.error, body.remaining_guesses]).toEqual(["otp_invalid", 2]);
  });
});

describe("the fifteenth wrong code of a claim", () => {
  test("ends the handle for good: claim_denied, on the page, for the poll and for every later call", async () => {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      if (attempt > 0) visit = await askedAgain(stage, visit);
      const right = await reveal(stage, visit);
      for (let guess = 0; guess < 5; guess += 1) {
        const response = await complete(stage, visit.claimToken, wrongCode(right));
        const isLast = attempt === 2 && guess === 4;
        expectAgentRefusal(response, ...(isLast ? ([403, "claim_denied"] as Named) : invalid));
      }
    }
    const [locked, ...more] = await stage.audit("claim.locked");
    expect(more).toEqual([]);
    expect(locked).toMatchObject({ actor_kind: "agent", actor_id: visit.id });
    await refused(completing("123456"), [403, "claim_denied"]);
    await refused(() => startClaim(stage, visit.claimToken), [403, "claim_denied"]);
    expectOauthRefusal(await poll(stage, visit.claimToken), "access_denied");
    expect((await openPage(stage, visit.uri, "alice")).text).toContain("This request is locked");
  });
});

describe("otp_expired", () => {
  test("is told once the attempt is over, confirmed or not, and a new one works", async () => {
    stage.clock.advance(600);
    await refused(completing("123456"), expired);
    await refused(completing("no code"), expired);
    visit = await askedAgain(stage, visit);
    const code = await reveal(stage, visit);
    stage.clock.advance(600);
    await refused(completing(code), expired);
    expectOauthRefusal(await poll(stage, visit.claimToken), "expired_token");
    visit = await askedAgain(stage, visit);
    await works(await reveal(stage, visit));
  });

  test("is told after five wrong codes on the page, though nobody has confirmed", async () => {
    for (let guess = 0; guess < 5; guess += 1)
      await submitPage(stage, visit.uri, "alice", { userCode: wrongCode(visit.userCode) });
    await refused(completing("123456"), expired);
  });

  test("does not come before the claim's own end", async () => {
    stage.clock.advance(86_400);
    await refused(completing("123456"), [410, "claim_expired"]);
  });
});

describe("the limit", () => {
  test("is sixty an hour for one address", async () => {
    await open({ limits: {} });
    const unknown = () => complete(stage, "ct_unknown", "123456");
    for (let call = 0; call < 60; call += 1) expect((await unknown()).status).toBe(401);
    const response = await refused(unknown, [429, "rate_limited", "rate_limit_exceeded"]);
    expect(response.headers["ratelimit-policy"]).toBe('"claim-complete-ip";q=60;w=3600');
    expect(Number(response.headers["retry-after"])).toBeGreaterThan(0);
  });

  test("switched off leaves the guess budget where it is", async () => {
    const right = await reveal(stage, visit);
    for (let guess = 0; guess < 5; guess += 1) await complete(stage, visit.claimToken, wrongCode(right));
    await refused(completing(right), expired);
  });
});

describe("an outage", () => {
  test("of the database is temporarily_unavailable", async () => {
    const code = await reveal(stage, visit);
    await stage.auth.close();
    const response = await complete(stage, visit.claimToken, code);
    expectAgentRefusal(response, 503, "temporarily_unavailable");
    expect(response.headers["retry-after"]).toBe("2");
  });

  test("at the last step binds nothing and delivers nothing: the same code works afterwards", async () => {
    const code = await reveal(stage, visit);
    stage.steps.before = (verb) => {
      if (verb === "confirmClaim") throw new Error("the disk is gone");
      return undefined;
    };
    expectAgentRefusal(await complete(stage, visit.claimToken, code), 500, "server_error");
    expect((await stage.rows("registrations"))[0]).toMatchObject({ claimed_at: null, collected_at: null });
    expect(await stage.rows("refresh_tokens")).toEqual([]);
    stage.steps.before = () => undefined;
    await works(code);
  });
});
