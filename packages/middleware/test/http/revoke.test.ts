/** `POST /oauth2/revoke` (RFC 7009, REV-01 to REV-12, PROTOCOL section 6). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { callApi, claimedByAlice, exchange, type Response, register } from "../support/world.js";
import { expectApiRefusal, expectOauthRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
let assertion: string;
let token: string;
beforeEach(async () => {
  stage = await observedWorld();
  assertion = (await claimedByAlice(stage)).body.identity_assertion;
  token = (await exchange(stage, assertion)).body.access_token;
});
afterEach(() => stage.close());

const formType = "application/x-www-form-urlencoded";
const post = (body: string, type = formType) =>
  stage.agent.post("/oauth2/revoke").set("Content-Type", type).send(body);
const revoke = (value: string, extra: Record<string, string> = {}) =>
  post(new URLSearchParams({ token: value, ...extra }).toString());

function withoutDate({ status, text, headers }: Response) {
  const { date, "x-request-id": _id, ...others } = headers;
  expect(date).toBeDefined();
  return { status, text, headers: others };
}

describe("a revocation", () => {
  test("answers exactly 200 with an empty body that is not stored (REV-09)", async () => {
    const response = await revoke(token);
    expect({ status: response.status, text: response.text }).toEqual({ status: 200, text: "" });
    expect(response.headers["content-length"]).toBe("0");
    expect(response.headers["cache-control"]).toBe("no-store");
    expect(response.headers.pragma).toBe("no-cache");
    expect(response.headers["www-authenticate"]).toBeUndefined();
  });

  test("shows at the very next call (REV-03)", async () => {
    expect((await callApi(stage, token)).status).toBe(200);
    await revoke(token);
    expectApiRefusal(await callApi(stage, token), 401, "invalid_token");
  });

  test("leaves the siblings, the assertion and the registration alone (REV-11)", async () => {
    const sibling = (await exchange(stage, assertion)).body.access_token;
    await revoke(token);
    expect((await callApi(stage, sibling)).status).toBe(200);
    expect((await exchange(stage, assertion)).status).toBe(200);
  });

  test("of the registration kills every token and assertion of it (REV-11)", async () => {
    const sibling = (await exchange(stage, assertion)).body.access_token;
    const [{ id }] = (await stage.rows("registrations")) as [{ id: string }];
    await stage.auth.revokeRegistration(id, {
      actor: { kind: "user", id: "usr_alice" },
      reason: "user_request",
    });
    for (const dead of [token, sibling]) expectApiRefusal(await callApi(stage, dead), 401, "invalid_token");
    expectOauthRefusal(await exchange(stage, assertion), "invalid_grant");
  });

  test.each(["access_token", "refresh_token", "unknown_kind", "", "😀"])(
    "ignores the hint %p (REV-05)",
    async (hint) => {
      expect((await revoke(token, { token_type_hint: hint })).status).toBe(200);
      expect((await callApi(stage, token)).status).toBe(401);
    },
  );

  test("needs no client and ignores parameters it does not know (REV-08)", async () => {
    expect((await revoke(token, { client_id: "somebody", foo: "bar" })).status).toBe(200);
    expect((await callApi(stage, token)).status).toBe(401);
  });

  test("works on a token whose registration is suspended, which stays dead after the resumption", async () => {
    const [{ id }] = (await stage.rows("registrations")) as [{ id: string }];
    const operator = { actor: { kind: "operator", id: "op_1" }, reason: "test" } as const;
    await stage.auth.suspendRegistration(id, operator);
    expect((await revoke(token)).status).toBe(200);
    await stage.auth.resumeRegistration(id, operator);
    expect((await callApi(stage, token)).status).toBe(401);
  });

  test("is the same answer for good, unknown, malformed, expired and revoked tokens (REV-04)", async () => {
    const expiring = (await register.anonymous(stage)).body.identity_assertion;
    const expired = (await exchange(stage, expiring)).body.access_token;
    const answers = [await revoke(token), await revoke(token)];
    stage.clock.advance(3600);
    const stranger = await observedWorld();
    const unknown = (await claimedByAlice(stranger)).body.access_token;
    await stranger.close();
    for (const value of [
      expired,
      unknown,
      assertion,
      "x",
      "at_x",
      `${token} `,
      "at_".padEnd(20_000, "A"),
      "\u0000",
      "😀",
    ])
      answers.push(await revoke(value));
    for (const answer of answers) expect(withoutDate(answer)).toEqual(withoutDate(answers[0] as Response));
  });

  test("is written to the audit log once, and unknown tokens are not", async () => {
    await revoke(token);
    await revoke(token);
    await revoke("at_unknown");
    expect(await stage.audit("token.revoked")).toHaveLength(1);
  });
});

describe("a refused revocation", () => {
  async function expectRefused(send: () => PromiseLike<Response>, status = 400): Promise<Response> {
    const before = await stage.snapshot();
    const response = await send();
    expectOauthRefusal(response, "invalid_request", status);
    expect(await stage.snapshot()).toEqual(before);
    expect((await callApi(stage, token)).status).toBe(200);
    return response;
  }

  test.each<[string, () => string]>([
    ["no token", () => ""],
    ["an empty token", () => "token="],
    ["the token twice", () => `token=${token}&token=${token}`],
    ["a token and an empty one", () => `token=${token}&token=`],
    ["a bracketed name", () => `token[]=${token}`],
    ["a broken escape", () => `token=${token}%zz`],
  ])("answers %s (REV-02, REV-12)", async (_what, body) => {
    await expectRefused(() => post(body()));
  });

  test.each(["application/json", "text/plain", "multipart/form-data; boundary=b"])(
    "answers the content type %s (REV-01)",
    async (type) => {
      await expectRefused(() =>
        post(type === "application/json" ? JSON.stringify({ token }) : `token=${token}`, type),
      );
    },
  );

  test.each(["get", "put", "patch", "delete"] as const)("answers %s with 405 (REV-01)", async (method) => {
    const response = await expectRefused(() => stage.agent[method](`/oauth2/revoke?token=${token}`), 405);
    expect(response.headers.allow).toBe("POST, OPTIONS");
  });

  test("honours nothing in the query", async () => {
    await expectRefused(() =>
      stage.agent.post(`/oauth2/revoke?token=${token}`).set("Content-Type", formType).send(""),
    );
  });

  test("is 503 with a time to come back while the database is away (REV-10)", async () => {
    await stage.auth.close();
    const response = await revoke(token);
    expectOauthRefusal(response, "temporarily_unavailable", 503);
    expect(response.headers["retry-after"]).toBe("2");
  });
});
