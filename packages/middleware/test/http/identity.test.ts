/** `POST /agent/identity`, what is answered when it works (PROTOCOL section 3). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { stage as openStage } from "../support/stages.js";
import {
  callApi,
  exchange,
  issuer,
  openPage,
  type Response,
  register,
  startClaim,
} from "../support/world.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld();
});
afterEach(() => stage.close());

const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.000Z$/;
const claimUrl = `${issuer}/agent/identity/claim`;
/** The fixture's clock starts here. */
const start = Date.parse("2026-01-01T00:00:00.000Z");
const after = (seconds: number) => new Date(start + seconds * 1000).toISOString();

function expectUncached({ status, headers }: Response): void {
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers.pragma).toBe("no-cache");
}

describe("an anonymous registration", () => {
  test("answers exactly the flat and the nested names, with one value each", async () => {
    const response = await register.anonymous(stage);
    expectUncached(response);
    const { body } = response;
    expect(body).toEqual({
      registration_id: expect.stringMatching(/^reg_[0-9a-f]{32}$/),
      id: body.registration_id,
      registration_type: "anonymous",
      type: "anonymous",
      identity_assertion: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      assertion_expires: after(3600),
      identity: { assertion: body.identity_assertion, expires_at: after(3600) },
      pre_claim_scopes: ["api.read"],
      post_claim_scopes: ["api.read", "api.write"],
      scopes: { pre_claim: ["api.read"], post_claim: ["api.read", "api.write"] },
      claim_url: claimUrl,
      claim_token: expect.stringMatching(/^ct_[\w-]{39}$/),
      claim_token_expires: after(86_400),
      claim: { token: body.claim_token, url: claimUrl, expires_at: after(86_400) },
    });
  });

  test("has an id and a claim token of the same form whatever the host's clock tells beyond seconds", async () => {
    for (const [beyond, told] of [
      [{ milliseconds: () => 999.7 }, 999],
      [{ milliseconds: () => 0 }, 0],
      [{}, 0],
    ] as const) {
      const clock = { now: stage.clock.now, ...beyond };
      const { body } = await register.anonymous(await openStage({ options: { clock } }));
      expect(body.id).toMatch(/^reg_[0-9a-f]{32}$/);
      expect(body.id.slice(4, 15)).toBe((start + told).toString(16).padStart(11, "0"));
      expect(body.claim_token).toMatch(/^ct_[\w-]{39}$/);
    }
  });

  test("gives an assertion that works at once, with the pre-claim scopes", async () => {
    const { body } = await register.anonymous(stage);
    const exchanged = await exchange(stage, body.identity_assertion);
    expect(exchanged.status).toBe(200);
    expect((await callApi(stage, exchanged.body.access_token)).body.agent).toMatchObject({
      registrationId: body.id,
      kind: "anonymous",
      scopes: ["api.read"],
      user: null,
    });
  });

  test("gives a claim handle that works at once", async () => {
    const { body } = await register.anonymous(stage);
    expect((await startClaim(stage, body.claim_token)).status).toBe(200);
  });

  test("never lives longer than its claim window, nor does its assertion", async () => {
    await stage.close();
    stage = await observedWorld({ options: { lifetimes: { claimWindowSeconds: 600 } } });
    const { body } = await register.anonymous(stage);
    expect(body.assertion_expires).toBe(after(600));
    expect(body.claim_token_expires).toBe(after(600));
  });
});

describe("a service_auth registration", () => {
  test("answers exactly the flat and the nested names, and no assertion", async () => {
    const response = await register.serviceAuth(stage);
    expectUncached(response);
    const { body } = response;
    expect(body).toEqual({
      registration_id: expect.stringMatching(/^reg_[0-9a-f]{32}$/),
      id: body.registration_id,
      registration_type: "service_auth",
      type: "service_auth",
      claim_url: claimUrl,
      claim_token: expect.stringMatching(/^ct_[\w-]{39}$/),
      claim_token_expires: after(86_400),
      post_claim_scopes: ["api.read", "api.write"],
      scopes: { post_claim: ["api.read", "api.write"] },
      claim: {
        token: body.claim_token,
        url: claimUrl,
        expires_at: after(86_400),
        verification_uri: expect.stringMatching(
          /^https:\/\/notes\.example\/agent\/claim\?claim_attempt_token=cat_[\w-]{39}$/,
        ),
        expires_in: 600,
        interval: 5,
        user_code: expect.stringMatching(/^\d{6}$/),
        attempt: {
          id: expect.stringMatching(/^clm_[0-9a-f]{32}$/),
          verification_uri: body.claim.verification_uri,
          expires_at: after(600),
        },
      },
    });
  });

  test("shows the code nowhere in the link (CLM-02)", async () => {
    const { body } = await register.serviceAuth(stage);
    const url = new URL(body.claim.verification_uri);
    expect(url.origin).toBe(issuer);
    expect([...url.searchParams.keys()]).toEqual(["claim_attempt_token"]);
    expect(url.searchParams.get("claim_attempt_token")).not.toContain(body.claim.user_code);
  });

  test("never starts an attempt that outlives the claim window", async () => {
    await stage.close();
    stage = await observedWorld({ options: { lifetimes: { claimWindowSeconds: 300 } } });
    const { body } = await register.serviceAuth(stage);
    expect(body.claim).toMatchObject({ expires_in: 300, expires_at: after(300) });
    expect(body.claim.attempt.expires_at).toBe(after(300));
  });

  test("answers the same for people who have an account and for people who have none", async () => {
    const masked = ({ body, status, headers }: Response) => ({
      status,
      headers: Object.entries(headers).filter(([name]) => name !== "date" && name !== "x-request-id"),
      body: JSON.parse(
        JSON.stringify(body)
          .replace(/(reg_|clm_|ct_|cat_)[\w-]+/g, "$1*")
          .replace(/"\d{6}"/g, '"*"'),
      ),
    });
    const known = await register.serviceAuth(stage, { login_hint: "alice@example.com" });
    const unknown = await register.serviceAuth(stage, { login_hint: "zelda@example.com" });
    expect(masked(unknown)).toEqual(masked(known));
  });
});

describe("every registration", () => {
  test.each(["anonymous", "serviceAuth"] as const)(
    "%s writes every time as ISO 8601 in UTC",
    async (kind) => {
      const { body } = await register[kind](stage);
      const times = [...JSON.stringify(body).matchAll(/"(?:\w*expires|expires_at)":"([^"]*)"/g)];
      expect(times.length).toBeGreaterThanOrEqual(3);
      for (const [, time] of times) expect(time).toMatch(iso);
    },
  );

  test.each(["anonymous", "serviceAuth"] as const)(
    "%s names URLs of the configuration, whatever the Host header says (HTTP-07)",
    async (kind) => {
      const { body } = await register[kind](stage)
        .set("Host", "evil.example")
        .set("X-Forwarded-Host", "evil.example");
      expect(JSON.stringify(body)).not.toContain("evil.example");
      expect(body.claim_url).toBe(claimUrl);
    },
  );

  test("hands its claim_token out once: no later answer repeats it (CLM-04)", async () => {
    const { body } = await register.serviceAuth(stage);
    const restarted = await startClaim(stage, body.claim_token);
    const page = await openPage(stage, restarted.body.attempt.verification_uri, "alice");
    expect(page.status).toBe(200);
    for (const answer of [JSON.stringify(restarted.body), page.text]) {
      expect(answer).not.toContain(body.claim_token);
    }
    expect(JSON.stringify(await stage.snapshot())).not.toContain(body.claim_token);
  });

  test("draws secrets of full length that never repeat (CLM-04, CLM-05)", async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => register.serviceAuth(stage)));
    const all = (pick: (body: Response["body"]) => string) => answers.map(({ body }) => pick(body));
    for (const values of [
      all((body) => body.claim_token),
      all((body) => body.claim.verification_uri),
      all((body) => body.id),
      all((body) => body.claim.attempt.id),
    ])
      expect(new Set(values).size).toBe(200);
    // Any fixed bit would leave some of the 64 letters out of the 200 × 32 random ones.
    const letters = new Set(all((body) => body.claim_token.slice(3, 35)).join(""));
    expect(letters.size).toBe(64);
    const codes = all((body) => body.claim.user_code);
    expect(new Set(codes).size).toBeGreaterThan(195);
    expect(new Set(codes.map((code) => code[0])).size).toBe(10);
  });

  test("stores who asked, and one registration only", async () => {
    const { body } = await register.anonymous(stage, { client_name: "Agent" }).set("User-Agent", "agent/1");
    expect(await stage.rows("registrations")).toMatchObject([
      { id: body.id, kind: "anonymous", client_name: "Agent", user_agent: "agent/1", generation: 1 },
    ]);
  });

  test("ignores members it does not know", async () => {
    const body = { extra: { deep: [1] }, constructor: 1, claim_token: "x" };
    const response = await stage.agent
      .post("/agent/identity")
      .type("json")
      .send(JSON.stringify({ type: "anonymous", ...body }).replace("extra", "__proto__"));
    expect(response.status).toBe(200);
    expect(({} as { deep?: unknown }).deep).toBeUndefined();
  });

  test.each([
    "application/json",
    "application/json; charset=utf-8",
    'application/json; charset="UTF-8"',
    "Application/JSON",
  ])("takes the content type %s", async (type) => {
    const response = await stage.agent
      .post("/agent/identity")
      .set("Content-Type", type)
      .send('{"type":"anonymous"}');
    expect(response.status).toBe(200);
  });
});

describe("a client_name", () => {
  const named = async (name: unknown) => {
    const response = await register.anonymous(stage, { client_name: name });
    const summary = response.status === 200 ? await stage.auth.findRegistration(response.body.id) : null;
    return { status: response.status, name: summary?.clientName };
  };

  test.each([
    ["one of 100 characters", "n".repeat(100), "n".repeat(100)],
    ["one of 100 characters that take two units each", "😀".repeat(100), "😀".repeat(100)],
    ["markup, as plain text", "<img src=x onerror=1>&\"'", "<img src=x onerror=1>&\"'"],
    ["right-to-left overrides, as spaces", "Agent\u202Egpj.exe", "Agent gpj.exe"],
    ["line breaks, tabs and separators, as one space", "a\r\n\tb\u2028c\u0000d", "a b c d"],
    ["zero-width characters, as spaces", "a\u200Bb\uFEFFc", "a b c"],
    ["surrounding space, without it", "  Agent  ", "Agent"],
    ["decomposed letters, composed", "Cafe\u0301", "Café"],
    ["nothing but space, as no name", " \n ", null],
    ["the empty text, as no name", "", null],
    ["null, as no name", null, null],
    ["other scripts", "代理人 Ω", "代理人 Ω"],
  ])("may be %s", async (_what, given, kept) => {
    expect(await named(given)).toEqual({ status: 200, name: kept });
  });

  test("is shown to people escaped", async () => {
    const { body } = await register.serviceAuth(stage, { client_name: "<script>alert(1)</script>" });
    const page = await openPage(stage, body.claim.verification_uri, "alice");
    expect(page.status).toBe(200);
    expect(page.text).not.toContain("<script>");
    expect(page.text).toContain("&lt;script&gt;");
  });
});
