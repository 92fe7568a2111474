/** Tokens that are none of ours, or not this agent's: one and the same answer, and nothing changes (PROTOCOL section 9). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  callApi,
  claimedByAlice,
  exchange,
  poll,
  type Response,
  register,
  startClaim,
} from "../support/world.js";
import { forgersSecrets } from "./forged-assertions.js";
import {
  expectAgentRefusal,
  expectApiRefusal,
  expectOauthRefusal,
  type ObservedWorld,
  observedWorld,
} from "./observed-world.js";
import {
  type Agent,
  agentOf,
  claimedAgent,
  expectAlive,
  expectUnusable,
  expectUnusableAnswer,
  holdingOf,
  macOf,
  minter,
  partsOf,
  refresh,
  refreshed,
} from "./refreshing-agent.js";

let stage: ObservedWorld;
let agent: Agent;
beforeEach(async () => {
  stage = await observedWorld({ options: { secrets: forgersSecrets } });
  agent = await claimedAgent(stage);
});
afterEach(() => stage.close());

const ours = minter(forgersSecrets[0] as string);
/** The token with another family, number or HMAC in it. */
function replaced(token: string, change: { family?: string; number?: string; mac?: string }): string {
  const [, family, number] = token.split("_", 3);
  const parts = { family, number, mac: macOf(token), ...change };
  return `rt_${parts.family}_${parts.number}_${parts.mac}`;
}

/** Refused, and the real one still works. */
async function expectWorthless(token: unknown): Promise<void> {
  await expectUnusable(stage, token);
  await expectAlive(stage, agent);
  await refreshed(stage, agent.refreshToken);
}

describe("a forged token", () => {
  test("is refused: made with a secret that is not ours", async () => {
    const { familyId } = partsOf(agent.refreshToken);
    await expectWorthless(minter("a secret somebody else has, long enough too")(familyId, 1));
  });

  test.each<[string, (token: string) => string]>([
    ["one character of the HMAC changed", (token) => token.replace(/.$/, (end) => (end === "A" ? "E" : "A"))],
    [
      "a spare bit of the HMAC set",
      (token) => token.replace(/.$/, (end) => String.fromCharCode(end.charCodeAt(0) + 1)),
    ],
    ["an empty HMAC", (token) => replaced(token, { mac: "" })],
    ["an HMAC of zeros", (token) => replaced(token, { mac: "A".repeat(43) })],
    ["the number raised", (token) => replaced(token, { number: "2" })],
    ["a number of zero", (token) => replaced(token, { number: "0" })],
    ["a negative number", (token) => replaced(token, { number: "-1" })],
    ["a number with a zero before it", (token) => replaced(token, { number: "01" })],
    ["a number with a fraction", (token) => replaced(token, { number: "1.0" })],
    ["a number with an exponent", (token) => replaced(token, { number: "1e0" })],
    ["a number beyond all numbers", (token) => replaced(token, { number: "9".repeat(400) })],
    ["another family", (token) => replaced(token, { family: "0".repeat(32) })],
    [
      "the family in capitals",
      (token) => replaced(token, { family: token.split("_")[1]?.toUpperCase() ?? "" }),
    ],
    ["the family's own id", (token) => replaced(token, { family: partsOf(token).familyId })],
  ])("is refused: %s", async (_what, change) => {
    await expectWorthless(change(agent.refreshToken));
  });

  test("is refused: the HMAC of another agent's token", async () => {
    const other = await claimedAgent(stage);
    await expectWorthless(replaced(agent.refreshToken, { mac: macOf(other.refreshToken) }));
    await refreshed(stage, other.refreshToken);
  });
});

describe("a token with a good HMAC", () => {
  test("is refused: of a family nobody knows", async () => {
    await expectWorthless(ours(`rtf_${"0".repeat(32)}`, 1));
  });

  test("is refused: of a number that was never given out", async () => {
    for (const sequence of [2, 3, 999_999_999])
      await expectUnusable(stage, ours(partsOf(agent.refreshToken).familyId, sequence));
    await expectWorthless(ours(partsOf(agent.refreshToken).familyId, 2));
  });

  test("is refused: of a family that was swept, a day after its end", async () => {
    stage.clock.advance(31 * 86_400);
    await stage.auth.sweep();
    expect(await stage.rows("refresh_tokens")).toHaveLength(1);
    stage.clock.advance(1);
    await stage.auth.sweep();
    expect(await stage.rows("refresh_tokens")).toEqual([]);
    await expectUnusable(stage, agent.refreshToken);
  });
});

describe("what is no refresh token", () => {
  test.each<[string, (token: string) => string]>([
    ["noise", () => "x"],
    ["its prefix", () => "rt_"],
    ["space before it", (token) => ` ${token}`],
    ["a line break behind it", (token) => `${token}\n`],
    ["a NUL behind it", (token) => `${token}\u0000`],
    ["two of them", (token) => `${token},${token}`],
    ["capitals", (token) => token.toUpperCase()],
    ["a scheme before it", (token) => `Bearer ${token}`],
    ["emoji", () => "😀"],
    ["a lone surrogate", () => "\ud800"],
    ["a path", () => "../../etc/passwd"],
    ["a query", () => "' OR 1=1 --"],
    ["16 KiB", () => "rt_".padEnd(16_384, "0")],
  ])("is refused: %s", async (_what, change) => {
    await expectWorthless(change(agent.refreshToken));
  });

  test("is refused: everything else an agent holds", async () => {
    const { claim_token, identity_assertion } = (await register.anonymous(stage)).body;
    for (const token of [claim_token, identity_assertion, agent.assertion, agent.accessToken, agent.id])
      await expectUnusable(stage, token);
    await expectWorthless(claim_token);
  });

  test.each([
    ["missing", undefined],
    ["empty", ""],
    ["null", null],
    ["a number", 1],
    ["a list", ["rt_x"]],
    ["an object", { value: "rt_x" }],
    ["over 16 KiB", "r".repeat(16_385)],
  ])("is invalid_request: %s, and the answer names the member", async (_what, token) => {
    const before = await stage.snapshot();
    const response = await refresh(stage, token);
    expectAgentRefusal(response, 400, "invalid_request");
    expect(response.body.message).toContain("refresh_token");
    expect(await stage.snapshot()).toEqual(before);
    await refreshed(stage, agent.refreshToken);
  });
});

describe("a refresh token anywhere else", () => {
  const places: [string, (token: string) => PromiseLike<Response>, (answer: Response) => void][] = [
    [
      "at the API",
      (token) => callApi(stage, token),
      (answer) => expectApiRefusal(answer, 401, "invalid_token"),
    ],
    [
      "as assertion",
      (token) => exchange(stage, token),
      (answer) => expectOauthRefusal(answer, "invalid_grant"),
    ],
    [
      "as claim_token of a poll",
      (token) => poll(stage, token),
      (answer) => expectOauthRefusal(answer, "invalid_grant"),
    ],
    [
      "as claim_token of a claim",
      (token) => startClaim(stage, token),
      (answer) => expectAgentRefusal(answer, 401, "invalid_claim_token", "invalid_claim"),
    ],
    [
      "with the refresh grant of OAuth",
      (token) =>
        stage.agent
          .post("/oauth2/token")
          .type("form")
          .send({ grant_type: "refresh_token", refresh_token: token }),
      (answer) => expectOauthRefusal(answer, "unsupported_grant_type"),
    ],
  ];
  test.each(places)("is worth nothing %s, and is not spent", async (_where, send, expectRefused) => {
    const before = await stage.snapshot();
    expectRefused(await send(agent.refreshToken));
    expect(await stage.snapshot()).toEqual(before);
    await refreshed(stage, agent.refreshToken);
  });
});

describe("the database", () => {
  test("that is away is 503 with a time to come back", async () => {
    await stage.auth.close();
    const response = await refresh(stage, agent.refreshToken);
    expectAgentRefusal(response, 503, "temporarily_unavailable");
    expect(response.headers["retry-after"]).toBe("2");
  });

  test("that nobody has to ask is not asked: a forgery is refused without it", async () => {
    await stage.auth.close();
    expectUnusableAnswer(await refresh(stage, replaced(agent.refreshToken, { number: "2" })));
  });
});

describe("the limit", () => {
  async function limited(quota?: number): Promise<void> {
    await stage.close();
    const limits = quota === undefined ? {} : { tokenPerRegistrationPerHour: quota };
    stage = await observedWorld({ options: { secrets: forgersSecrets, limits } });
    agent = await claimedAgent(stage);
  }
  function expectLimited(response: Response, quota: number): void {
    expectAgentRefusal(response, 429, "rate_limited", "rate_limit_exceeded");
    const seconds = Number(response.headers["retry-after"]);
    expect(seconds).toBeGreaterThan(0);
    expect(response.body.retry_after).toBe(seconds);
    expect(response.headers["ratelimit-policy"]).toBe(`"token";q=${quota};w=3600`);
    expect(response.headers.ratelimit).toBe(`"token";r=0;t=${seconds}`);
  }

  test("is six hundred an hour for one registration, its exchanges included, and spends nothing", async () => {
    await limited();
    const next = await refreshed(stage, agent.refreshToken);
    expect((await exchange(stage, next.assertion)).status).toBe(200);
    await stage.execute("UPDATE rate_limits SET points = points + 597 WHERE key LIKE '%token:%'");
    expect((await exchange(stage, next.assertion)).status).toBe(200);
    const before = await stage.snapshot();
    expectLimited(await refresh(stage, next.refreshToken), 600);
    expectOauthRefusal(await exchange(stage, next.assertion), "rate_limited", 429);
    expect(await stage.snapshot()).toEqual(before);
    const other = agentOf(await claimedByAlice(stage));
    await refreshed(stage, other.refreshToken);
  });

  test("counts the same answer again, too", async () => {
    await limited(2);
    for (let time = 0; time < 2; time += 1) await refreshed(stage, agent.refreshToken);
    expectLimited(await refresh(stage, agent.refreshToken), 2);
  });

  test("is not used up by forgeries, nor by tokens that are over", async () => {
    await limited(1);
    const { familyId } = partsOf(agent.refreshToken);
    for (let time = 0; time < 3; time += 1) {
      expectUnusableAnswer(await refresh(stage, replaced(agent.refreshToken, { mac: "A".repeat(43) })));
      expectUnusableAnswer(await refresh(stage, ours(familyId, 2)));
    }
    await refreshed(stage, agent.refreshToken);
    expectLimited(await refresh(stage, agent.refreshToken), 1);
  });

  test("does not shield a token that was used before", async () => {
    await limited(1);
    const response = await refresh(stage, agent.refreshToken);
    stage.clock.advance(31);
    expectLimited(await refresh(stage, holdingOf(response).refreshToken), 1);
    expectUnusableAnswer(await refresh(stage, agent.refreshToken));
    await expectUnusable(stage, holdingOf(response).refreshToken);
  });
});
