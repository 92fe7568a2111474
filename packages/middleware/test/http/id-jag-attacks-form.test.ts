/** ID-JAGs of odd form, tokens that are none, and ID-JAGs where none belongs (JWT-06 to JWT-10, IDJ-23). */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { encoded, type Members, sealed } from "../support/issuer.js";
import {
  expectRefused,
  type ProviderWorld,
  providerWorld,
  type RefusalName,
  registerBy,
} from "../support/issuer-world.js";
import { callApi, exchange, poll, type Response, register, startClaim } from "../support/world.js";
import { expectAgentRefusal, expectApiRefusal, expectOauthRefusal } from "./observed-world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld();
});
const refuse = (assertion: string, name: RefusalName = "invalid_assertion") =>
  expectRefused(stage, () => registerBy(stage, assertion), name);
/** Signs texts as they are. */
const written = (header: string | Buffer, claims: string | Buffer) => sealed(header, claims, stage.idp.key);

function texts(): { header: string; claims: string } {
  const { header, claims } = stage.idp.parts();
  return { header: JSON.stringify(header), claims: JSON.stringify(claims) };
}
/** The text of an object with one more member in front or at the end. */
const before = (text: string, member: string) => `{${member},${text.slice(1)}`;
const after = (text: string, member: string) => `${text.slice(0, -1)},${member}}`;

describe("the form", () => {
  test.each<[string, (token: string) => string]>([
    ["padded", (token) => `${token}==`],
    ["padded in the middle", (token) => token.replace(".", "=.")],
    ["with a space in front", (token) => ` ${token}`],
    ["with a line break behind", (token) => `${token}\n`],
    ["with white space inside", (token) => token.replace(".", ". ")],
    ["with a tab inside a part", (token) => `${token.slice(0, 10)}\t${token.slice(10)}`],
    ["in the other base64 alphabet", (token) => token.replace(/[^.]+$/, `${"+/".repeat(43)}`)],
    ["twice, one after the other", (token) => token + token],
    ["twice, with a dot", (token) => `${token}.${token}`],
    ["twice, with a comma", (token) => `${token},${token}`],
    ["twice, with a tilde", (token) => `${token}~${token}`],
    ["with five parts", (token) => `${token}.a.b`],
    ["with four parts", (token) => `${token}.`],
    ["with two parts", (token) => token.slice(0, token.lastIndexOf("."))],
    ["with an empty signature", (token) => token.slice(0, token.lastIndexOf(".") + 1)],
    ["with an empty payload", (token) => token.replace(/\.[^.]+\./, "..")],
    ["with an empty header", (token) => token.replace(/^[^.]+/, "")],
    ["as dots", () => ".."],
    ["behind the word Bearer", (token) => `Bearer ${token}`],
    ["percent-encoded", (token) => token.replaceAll(".", "%2E")],
    ["with a zero byte", (token) => `${token}\u0000`],
    ["with full-width dots", (token) => token.replaceAll(".", "．")],
    ["with trailing bits set", withTrailingBits],
    [
      "in flattened JSON",
      (token) => {
        const [head, payload, signature] = token.split(".");
        return JSON.stringify({ protected: head, payload, signature });
      },
    ],
    [
      "in general JSON",
      (token) => {
        const [head, payload, signature] = token.split(".");
        return JSON.stringify({ payload, signatures: [{ protected: head, signature }] });
      },
    ],
  ])("%s is invalid_assertion, and the token itself stays good", async (_what, change) => {
    const token = stage.idp.mint();
    expect(change(token)).not.toBe(token);
    await refuse(change(token));
    expect((await registerBy(stage, token)).status).toBe(200);
  });

  /** A second spelling of the same signature: 64 bytes leave four bits of the last character unused. */
  function withTrailingBits(token: string): string {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = alphabet.indexOf(token.slice(-1));
    return token.slice(0, -1) + alphabet[last + 1];
  }

  test.each<[string, string | Buffer]>([
    ["a list", "[]"],
    ["a text", '"alg"'],
    ["null", "null"],
    ["a number", "7"],
    ["no JSON", "{alg:ES256}"],
    ["half of an object", '{"alg":"ES256"'],
    ["two objects", "{}{}"],
    ["not UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ["empty of everything", "{}"],
  ])("header or payload that is %s", async (_what, text) => {
    const good = texts();
    await refuse(written(text, good.claims));
    // An empty payload is well-formed; what it lacks first is an issuer.
    await refuse(written(good.header, text), text === "{}" ? "issuer_not_enabled" : "invalid_assertion");
  });

  test("16 KiB are read, one character more is not", async () => {
    const sized = (length: number): string => {
      for (let extra = 0; extra < 4; extra += 1) {
        const header = { "x-pad": "h".repeat(extra) };
        const rest = length - stage.idp.mint({ header, claims: { pad: "" } }).length;
        for (let pad = Math.floor((rest * 3) / 4) - 4; pad <= (rest * 3) / 4 + 4; pad += 1) {
          const token = stage.idp.mint({ header, claims: { pad: "p".repeat(Math.max(pad, 0)) } });
          if (token.length === length) return token;
        }
      }
      throw new Error(`no token of ${length} characters`);
    };
    await refuse(sized(16_385));
    expect((await registerBy(stage, sized(16_384))).status).toBe(200);
  });

  test("an assertion over the body's limit is 413, and nothing of it is repeated", async () => {
    const kept = await stage.snapshot();
    const response = await registerBy(stage, stage.idp.mint({ header: { kid: "k".repeat(100_000) } }));
    expectAgentRefusal(response, 413, "invalid_request");
    expect(await stage.snapshot()).toEqual(kept);
  });

  test("nesting as deep as 16 KiB allow is neither slow nor a failure of ours", async () => {
    const deep = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
    for (const nested of [deep("[", "]", 5000), deep('{"a":', "}", 1500).replace(":}", ":1}")]) {
      const bad = texts();
      await refuse(written(bad.header, after(bad.claims, `"aud":${nested}`)), "audience_mismatch");
      await refuse(written(bad.header, after(bad.claims, `"cnf":${nested}`)));
      await refuse(written(after(bad.header, `"kid":${nested}`), bad.claims));
      for (const where of ["header", "claims"] as const) {
        const good = texts();
        good[where] = after(good[where], `"x":${nested}`);
        expect((await registerBy(stage, written(good.header, good.claims))).status).toBe(200);
      }
    }
  });
});

describe("a member that is there twice", () => {
  test("counts as its last value, for every check alike", async () => {
    const { header, claims } = texts();
    const { iss, aud } = JSON.parse(claims);
    await refuse(written(after(header, '"alg":"none"'), claims));
    await refuse(written(after(header, '"typ":"JWT"'), claims));
    await refuse(written(header, after(claims, '"iss":"https://elsewhere.example"')), "issuer_not_enabled");
    await refuse(written(header, after(claims, '"aud":"https://elsewhere.example"')), "audience_mismatch");
    await refuse(written(header, after(claims, '"exp":1')), "credential_expired");
    await refuse(written(header, after(claims, '"email_verified":false')), "missing_verified_email");
    await refuse(written(header, after(claims, '"__proto__":{"sub":"x"},"sub":7')));
    const first = `"iss":"https://elsewhere.example","aud":"https://elsewhere.example","sub":"mallory"`;
    const accepted = await registerBy(stage, written(before(header, '"alg":"none"'), before(claims, first)));
    expect(accepted.status).toBe(200);
    expect([iss, aud]).toEqual([stage.idp.issuer, "https://notes.example"]);
    expect(await stage.rows("delegations")).toMatchObject([{ issuer: iss, subject: "person-1" }]);
  });

  test("members of the language's own names are no claims", async () => {
    const { header, claims } = texts();
    const without = JSON.stringify({ ...JSON.parse(claims), sub: undefined });
    await refuse(written(header, after(without, '"__proto__":{"sub":"mallory"}')));
    const bare = JSON.stringify({ ...JSON.parse(header), typ: undefined });
    await refuse(written(after(bare, '"__proto__":{"typ":"oauth-id-jag+jwt"}'), claims));
  });

  test("b64 without crit does not change what is signed", async () => {
    const token = stage.idp.mint({ header: { b64: false } });
    const [head, , signature] = token.split(".");
    await refuse(`${head}.${encoded("{}")}.${signature}`, "issuer_not_enabled");
  });
});

describe("another kind of token", () => {
  test.each<[string, Members, Members]>([
    ["an ID token", { typ: "JWT" }, { nonce: "n", at_hash: "x" }],
    ["an ID token without typ", { typ: undefined }, { nonce: "n" }],
    ["an access token", { typ: "at+jwt" }, { scope: "api.read" }],
    ["a logout token", { typ: "logout+jwt" }, { events: {} }],
    ["a security event token", { typ: "secevent+jwt" }, { events: { "https://x.example": {} } }],
    ["a DPoP proof", { typ: "dpop+jwt" }, { htm: "POST" }],
    ["an identity assertion's look-alike", { typ: "agent-identity-assertion+jwt" }, {}],
    ["an ID-JAG's look-alike", { typ: "oauth-id-jag+jwt;v=1" }, {}],
  ])("of the same provider is no ID-JAG: %s", async (_what, header, claims) => {
    await refuse(stage.idp.mint({ header, claims }));
  });

  test("of ours is no ID-JAG", async () => {
    const { identity_assertion, claim_token } = (await register.anonymous(stage)).body;
    const { access_token } = (await exchange(stage, identity_assertion)).body;
    for (const value of [identity_assertion, claim_token, access_token]) await refuse(value);
  });
});

describe("an ID-JAG at another door", () => {
  test.each<[string, (value: string) => PromiseLike<Response>, (response: Response) => void]>([
    [
      "as assertion",
      (value) => exchange(stage, value),
      (response) => expectOauthRefusal(response, "invalid_grant"),
    ],
    [
      "as claim_token",
      (value) => poll(stage, value),
      (response) => expectOauthRefusal(response, "invalid_grant"),
    ],
    [
      "as bearer token",
      (value) => callApi(stage, value),
      (response) => expectApiRefusal(response, 401, "invalid_token"),
    ],
    [
      "as claim_token of a new claim",
      (value) => startClaim(stage, value),
      (response) => expectAgentRefusal(response, 401, "invalid_claim_token", "invalid_claim"),
    ],
    [
      "as login_hint",
      (value) => register.serviceAuth(stage, { login_hint: value }),
      (response) => expectAgentRefusal(response, 400, "invalid_login_hint"),
    ],
    [
      "as refresh_token",
      (value) => stage.agent.post("/agent/identity").send({ type: "refresh", refresh_token: value }),
      (response) => expectAgentRefusal(response, 400, "invalid_refresh_token"),
    ],
    [
      "as security event",
      (value) => stage.agent.post("/agent/event/notify").type("application/secevent+jwt").send(value),
      ({ status, body }) =>
        expect({ status, err: body.err }).toEqual({ status: 400, err: "invalid_request" }),
    ],
    [
      "to be revoked",
      (value) => stage.agent.post("/oauth2/revoke").type("form").send({ token: value }),
      ({ status, text }) => expect({ status, text }).toEqual({ status: 200, text: "" }),
    ],
  ])("is refused, %s, and is not used up", async (_what, send, expectOutcome) => {
    const token = stage.idp.mint();
    const kept = await stage.snapshot();
    expectOutcome(await send(token));
    expect(await stage.snapshot()).toEqual(kept);
    expect((await registerBy(stage, token)).status).toBe(200);
  });
});
