/** `POST /oauth2/token`, the request and the jwt-bearer grant as RFC 6749 wants them (TOK, JBG, PROTOCOL section 5). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { callApi, claimGrant, exchange, jwtBearerGrant, type Response, register } from "../support/world.js";
import { expectOauthRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
let assertion: string;
beforeEach(async () => {
  stage = await observedWorld();
  assertion = (await register.anonymous(stage)).body.identity_assertion;
});
afterEach(() => stage.close());

const formType = "application/x-www-form-urlencoded";
const post = (body: string, type = formType) =>
  stage.agent.post("/oauth2/token").set("Content-Type", type).send(body);
const form = (parameters: Record<string, string> = {}) =>
  new URLSearchParams({ grant_type: jwtBearerGrant, assertion, ...parameters }).toString();

/** Refused as told, nothing stored, and the same assertion still works (RSI-09). */
async function expectRefused(
  send: () => PromiseLike<Response>,
  error: string,
  status = 400,
): Promise<Response> {
  const before = await stage.snapshot();
  const response = await send();
  expectOauthRefusal(response, error, status);
  expect(await stage.snapshot()).toEqual(before);
  expect((await exchange(stage, assertion)).status).toBe(200);
  return response;
}

describe("an exchange", () => {
  test("answers a token response and nothing else (TOK-11, TOK-12, TOK-23)", async () => {
    const response = await exchange(stage, assertion);
    expect(response.status).toBe(200);
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(response.headers["cache-control"]).toBe("no-store");
    expect(response.headers.pragma).toBe("no-cache");
    expect(response.body).toEqual({
      access_token: expect.stringMatching(/^at_[\w-]{39}$/),
      token_type: "Bearer",
      expires_in: 3600,
      scope: "api.read",
    });
  });

  test("may be repeated while the assertion lives, each time with a token of its own (JBG-14)", async () => {
    const tokens: string[] = [];
    for (let time = 0; time < 5; time += 1) tokens.push((await exchange(stage, assertion)).body.access_token);
    expect(new Set(tokens).size).toBe(5);
    for (const token of tokens) expect((await callApi(stage, token)).status).toBe(200);
  });

  test("stores no token, only its hash", async () => {
    const { body } = await exchange(stage, assertion);
    expect(await stage.rows("access_tokens")).toHaveLength(1);
    expect(JSON.stringify(await stage.snapshot())).not.toContain(body.access_token);
  });

  test("answers JSON whatever Accept says (TOK-24)", async () => {
    const response = await exchange(stage, assertion).set("Accept", "text/html");
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    const refusal = await exchange(stage, "x").set("Accept", "text/html");
    expectOauthRefusal(refusal, "invalid_grant");
  });

  test("ignores parameters it does not know, doubled ones too (TOK-08)", async () => {
    const body = `${form()}&audience=a&audience=b&foo=1&foo=2&code_verifier=x&requested_token_type=y`;
    expect((await post(body)).status).toBe(200);
  });

  test.each(["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"])(
    "takes the content type %s",
    async (type) => {
      expect((await post(form(), type)).status).toBe(200);
    },
  );

  test("gives a token that ends with its exact second", async () => {
    const { body } = await exchange(stage, assertion);
    stage.clock.advance(3599);
    expect((await callApi(stage, body.access_token)).status).toBe(200);
    stage.clock.advance(1);
    expect((await callApi(stage, body.access_token)).status).toBe(401);
  });

  test("gives an unclaimed agent no token beyond its claim window", async () => {
    await stage.close();
    stage = await observedWorld({ options: { lifetimes: { claimWindowSeconds: 1800 } } });
    assertion = (await register.anonymous(stage)).body.identity_assertion;
    stage.clock.advance(1000);
    const { body } = await exchange(stage, assertion);
    expect(body.expires_in).toBe(800);
    stage.clock.advance(799);
    expect((await callApi(stage, body.access_token)).status).toBe(200);
    stage.clock.advance(1);
    expect((await callApi(stage, body.access_token)).status).toBe(401);
  });
});

describe("the request", () => {
  test.each(["get", "put", "patch", "delete"] as const)("answers %s with 405 (TOK-01)", async (method) => {
    const send = () => stage.agent[method](`/oauth2/token?${form()}`);
    const response = await expectRefused(send, "invalid_request", 405);
    expect(response.headers.allow).toBe("POST, OPTIONS");
  });

  test.each<[string, string, (body: string) => string]>([
    ["JSON", "application/json", (body) => JSON.stringify(Object.fromEntries(new URLSearchParams(body)))],
    [
      "multipart",
      "multipart/form-data; boundary=b",
      (body) =>
        [...new URLSearchParams(body)]
          .map(([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
          .join("")
          .concat("--b--\r\n"),
    ],
    ["plain text", "text/plain", (body) => body],
    ["another charset", `${formType}; charset=iso-8859-1`, (body) => body],
  ])("answers %s with invalid_request (TOK-02)", async (_what, type, encode) => {
    await expectRefused(() => post(encode(form()), type), "invalid_request");
  });

  test("answers a request without body and type with invalid_request", async () => {
    await expectRefused(() => stage.agent.post("/oauth2/token"), "invalid_request");
  });

  test("honours nothing in the query (TOK-09)", async () => {
    await expectRefused(
      () => stage.agent.post(`/oauth2/token?${form()}`).set("Content-Type", formType).send(""),
      "invalid_request",
    );
    const send = () =>
      stage.agent
        .post(`/oauth2/token?assertion=${assertion}`)
        .type("form")
        .send({ grant_type: jwtBearerGrant });
    await expectRefused(send, "invalid_request");
  });

  test.each<[string, () => string, string]>([
    ["no parameters", () => "", "invalid_request"],
    ["no grant_type (TOK-03)", () => `assertion=${assertion}`, "invalid_request"],
    ["an empty grant_type (TOK-04)", () => form({ grant_type: "" }), "invalid_request"],
    ["an empty assertion (TOK-04)", () => form({ assertion: "" }), "invalid_request"],
    ["no assertion (JBG-01)", () => `grant_type=${jwtBearerGrant}`, "invalid_request"],
    ["an unknown grant_type (TOK-05)", () => form({ grant_type: "password" }), "unsupported_grant_type"],
    [
      "a grant_type in capitals",
      () => form({ grant_type: jwtBearerGrant.toUpperCase() }),
      "unsupported_grant_type",
    ],
    ["a grant_type with space", () => form({ grant_type: `${jwtBearerGrant} ` }), "unsupported_grant_type"],
    [
      "the grant of the code flow",
      () => form({ grant_type: "authorization_code" }),
      "unsupported_grant_type",
    ],
    ["the grant of machines", () => form({ grant_type: "client_credentials" }), "unsupported_grant_type"],
    ["the refresh grant", () => form({ grant_type: "refresh_token" }), "unsupported_grant_type"],
    [
      "the device grant (CLM-16)",
      () => form({ grant_type: "urn:ietf:params:oauth:grant-type:device_code" }),
      "unsupported_grant_type",
    ],
    ["a broken escape (TOK-10)", () => `${form()}&scope=%zz`, "invalid_request"],
    ["an escape that is no UTF-8", () => `${form()}&scope=%ff`, "invalid_request"],
    ["two hundred and one parameters", () => `${form()}${"&a=1".repeat(199)}`, "invalid_request"],
    [
      "a bracketed name (TOK-07)",
      () => `grant_type=${jwtBearerGrant}&assertion[]=${assertion}`,
      "invalid_request",
    ],
    [
      "a nested name (TOK-07)",
      () => `grant_type=${jwtBearerGrant}&assertion[a]=${assertion}`,
      "invalid_request",
    ],
    [
      "a prototype name (TOK-07)",
      () => `__proto__[grant_type]=${jwtBearerGrant}&constructor=1`,
      "invalid_request",
    ],
  ])("answers %s", async (_what, body, error) => {
    await expectRefused(() => post(body()), error);
    expect(({} as { grant_type?: unknown }).grant_type).toBeUndefined();
  });

  const known = {
    grant_type: jwtBearerGrant,
    assertion: "a.b.c",
    claim_token: "ct_x",
    scope: "api.read",
    client_id: "agent",
    client_secret: "s",
    client_assertion: "a.b.c",
    client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  };
  test.each(Object.entries(known))(
    "refuses %s sent twice, with equal or different values (TOK-06)",
    async (name) => {
      const value = new URLSearchParams({ ...known, assertion }).get(name) ?? "";
      for (const second of [value, "other", ""]) {
        const all = new URLSearchParams({ grant_type: jwtBearerGrant, assertion, [name]: value });
        all.append(name, second);
        await expectRefused(() => post(all.toString()), "invalid_request");
      }
    },
  );

  test("answers a body over 64 KiB with 413", async () => {
    await expectRefused(() => post(`${form()}&padding=${"p".repeat(65_536)}`), "invalid_request", 413);
  });

  const noise = [
    '"',
    "\\",
    "\r\nSet-Cookie: a=b",
    "😀",
    "\u0000",
    "\u202E",
    "<script>",
    "%",
    "error=x",
    "a".repeat(5000),
  ];
  test.each(["grant_type", "assertion", "scope", "resource", "claim_token"])(
    "reflects nothing that was sent as %s, and stays within the legal characters (TOK-16)",
    async (name) => {
      const grant = name === "claim_token" ? claimGrant : jwtBearerGrant;
      for (const value of noise) {
        const marked = `sup3rs3cret${value}`;
        const body = form({ grant_type: grant, [name]: marked });
        const response = await post(body);
        expect(response.status).toBe(400);
        expectOauthRefusal(response, response.body.error);
        expect(response.text).not.toContain("sup3rs3cret");
      }
      expect((await exchange(stage, assertion)).status).toBe(200);
    },
  );

  test("is temporarily_unavailable while the database is away", async () => {
    await stage.auth.close();
    const response = await exchange(stage, assertion);
    expectOauthRefusal(response, "temporarily_unavailable", 503);
    expect(response.headers["retry-after"]).toBe("2");
    expect(response.body.retry_after).toBe(2);
  });
});
