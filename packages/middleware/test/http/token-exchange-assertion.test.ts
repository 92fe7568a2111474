/**
 * Our own identity assertion at the token endpoint (JWT-01 to JWT-30, JBG-02 to JBG-14). Forgeries are made with our
 * real key where they can be, so that each proves which check refused it.
 */
import { createHmac, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { claimedByAlice, exchange, issuer, register } from "../support/world.js";
import {
  encode,
  forgersSecrets,
  forge as forgeWith,
  type Members,
  read,
  signed,
  signingKeyOf,
} from "./forged-assertions.js";
import { expectOauthRefusal, type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
let assertion: string;
let header: Members;
let claims: Members;
let ourKey: KeyObject;

beforeEach(async () => {
  stage = await observedWorld({ options: { secrets: forgersSecrets } });
  assertion = (await register.anonymous(stage)).body.identity_assertion;
  [header, claims] = assertion.split(".").slice(0, 2).map(read) as [Members, Members];
  ourKey = await signingKeyOf(stage);
});
afterEach(() => stage.close());

const forge = (forgedHeader: unknown, forgedClaims: unknown = claims, key = ourKey) =>
  forgeWith(key, forgedHeader, forgedClaims);

/** Refused like every bad assertion, nothing stored, and the real one still works (JBG-11). */
async function expectRefused(forgery: string): Promise<void> {
  const before = await stage.snapshot();
  const response = await exchange(stage, forgery);
  expectOauthRefusal(response, "invalid_grant");
  expect(await stage.snapshot()).toEqual(before);
  expect((await exchange(stage, assertion)).status).toBe(200);
}

describe("the assertion we issue", () => {
  test("has exactly our header, and a key of the published set (JWT-26)", async () => {
    expect(header).toEqual({ alg: "ES256", typ: "agent-identity-assertion+jwt", kid: expect.any(String) });
    const { keys } = (await stage.agent.get("/.well-known/jwks.json")).body;
    expect(keys.map((key: { kid: string }) => key.kid)).toContain(header.kid);
    expect(Buffer.from(assertion.split(".")[2] as string, "base64url")).toHaveLength(64);
  });

  test("has exactly our claims, and tells nothing of people (JWT-26, JWT-30)", async () => {
    expect(claims).toEqual({
      iss: issuer,
      aud: issuer,
      sub: expect.stringMatching(/^reg_/),
      iat: stage.clock.now(),
      exp: stage.clock.now() + 3600,
      jti: expect.stringMatching(/^asn_[0-9a-f]{32}$/),
      gen: 1,
    });
    const claimed = (await claimedByAlice(stage)).body.identity_assertion;
    expect(read(claimed.split(".")[1])).toMatchObject({ gen: 2 });
    expect(Object.keys(read(claimed.split(".")[1])).sort()).toEqual(Object.keys(claims).sort());
  });

  test("can be verified by anybody with the published key (JWT-27)", async () => {
    const { keys } = (await stage.agent.get("/.well-known/jwks.json")).body;
    const publicKey = createPublicKey({ format: "jwk", key: keys[0] });
    expect(publicKey.equals(createPublicKey(ourKey))).toBe(true);
  });

  test("is the same as one made here with the same key, so the forgeries below differ in one thing only", async () => {
    expect((await exchange(stage, forge(header))).status).toBe(200);
  });

  test("goes on to work after a rotation, and the next one is signed by the next key (JWT-28)", async () => {
    const { kid } = await stage.auth.rotateKeys();
    stage.clock.advance(300);
    const next = (await register.anonymous(stage)).body.identity_assertion;
    expect(read(next.split(".")[0]).kid).toBe(kid);
    expect((await exchange(stage, next)).status).toBe(200);
    expect((await exchange(stage, assertion)).status).toBe(200);
  });
});

describe("a header we would not write", () => {
  test.each<[string, Members]>([
    ["alg none", { alg: "none" }],
    ["alg None", { alg: "None" }],
    ["alg nOnE", { alg: "nOnE" }],
    ["alg NONE", { alg: "NONE" }],
    ["an empty alg", { alg: "" }],
    ["no alg", { alg: undefined }],
    ["alg es256", { alg: "es256" }],
    ["alg ES384", { alg: "ES384" }],
    ["alg RS256", { alg: "RS256" }],
    ["a list as alg", { alg: ["ES256"] }],
    ["no typ", { typ: undefined }],
    ["typ JWT", { typ: "JWT" }],
    ["typ at+jwt", { typ: "at+jwt" }],
    ["typ of an ID-JAG", { typ: "oauth-id-jag+jwt" }],
    ["typ of a security event", { typ: "secevent+jwt" }],
    ["typ of a client assertion", { typ: "client-authentication+jwt" }],
    ["typ as prefix", { typ: "agent-identity-assertion" }],
    ["no kid", { kid: undefined }],
    ["an unknown kid", { kid: "unknown" }],
    ["an empty kid", { kid: "" }],
    ["a numeric kid", { kid: 1 }],
    ["a kid object", { kid: {} }],
    ["a kid that is a path (JWT-12)", { kid: "../../etc/passwd" }],
    ["a kid that is a query (JWT-12)", { kid: "' OR 1=1 --" }],
    ["a kid that is a language member (JWT-12)", { kid: "__proto__" }],
    ["a kid with a line break (JWT-12)", { kid: "a\r\nb" }],
    ["jku (JWT-05)", { jku: "https://evil.example/jwks.json" }],
    ["x5u (JWT-05)", { x5u: "https://evil.example/cert.pem" }],
    ["x5c (JWT-05)", { x5c: ["MIIB"] }],
    ["x5t (JWT-05)", { x5t: "x" }],
    ["crit (JWT-06)", { crit: ["x"], x: 1 }],
    ["an empty crit (JWT-06)", { crit: [] }],
    ["crit that is no list (JWT-06)", { crit: "exp" }],
    ["crit that names alg (JWT-06)", { crit: ["alg"] }],
    ["unencoded payload (JWT-06)", { crit: ["b64"], b64: false }],
    ["b64 without crit", { b64: true }],
    ["cty", { cty: "JWT" }],
    ["zip", { zip: "DEF" }],
    ["an unknown member", { x: 1 }],
  ])("is refused: %s, signed with our key", async (_what, change) => {
    await expectRefused(forge({ ...header, ...change }));
  });

  test.each<[string, string]>([
    ["an array", "[]"],
    ["a string", '"ES256"'],
    ["null", "null"],
    ["no JSON", "{"],
    ["empty", "{}"],
  ])("is refused: %s", async (_what, text) => {
    await expectRefused(forge(text));
  });

  test("is refused: alg twice (JWT-08)", async () => {
    await expectRefused(forge(JSON.stringify(header).replace("{", '{"alg":"none","jwk":{},')));
  });

  test("is refused: invalid UTF-8", async () => {
    const input = `${Buffer.from([0x7b, 0xff, 0x7d]).toString("base64url")}.${encode(claims)}`;
    await expectRefused(`${input}.${signed(input, ourKey).toString("base64url")}`);
  });
});

describe("a signature that is not ours", () => {
  test("is refused: made with another key under our kid (JBG-10)", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await expectRefused(forge(header, claims, privateKey));
  });

  test("is refused: made with another key that the header brings along (JWT-05)", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    await expectRefused(forge({ ...header, jwk: publicKey.export({ format: "jwk" }) }, claims, privateKey));
    await expectRefused(
      forge({ ...header, kid: undefined, jwk: publicKey.export({ format: "jwk" }) }, claims, privateKey),
    );
  });

  test.each(["HS256", "HS384", "HS512"])(
    "is refused: an %s MAC over any form of our public key (JWT-02)",
    async (alg) => {
      const publicKey = createPublicKey(ourKey);
      const jwk = publicKey.export({ format: "jwk" });
      const { keys } = (await stage.agent.get("/.well-known/jwks.json")).body;
      const secretsToTry: (string | Buffer)[] = [
        publicKey.export({ format: "pem", type: "spki" }),
        publicKey.export({ format: "der", type: "spki" }),
        JSON.stringify(jwk),
        JSON.stringify(keys[0]),
        Buffer.from(jwk.x as string, "base64url"),
        "",
      ];
      const input = `${encode({ ...header, alg })}.${encode(claims)}`;
      for (const secret of secretsToTry)
        await expectRefused(
          `${input}.${createHmac(alg.replace("HS", "sha"), secret).update(input).digest("base64url")}`,
        );
    },
  );

  test.each<[string, (signature: Buffer) => Buffer]>([
    ["one byte short (JWT-17)", (signature) => signature.subarray(0, 63)],
    ["one byte long (JWT-17)", (signature) => Buffer.concat([signature, Buffer.from([0])])],
    ["all zero (JWT-17)", () => Buffer.alloc(64)],
    ["one byte (JWT-17)", () => Buffer.alloc(1)],
    ["of another message", () => signed("other", ourKey)],
    ["with one bit changed", (signature) => Buffer.from(signature).fill((signature[0] as number) ^ 1, 0, 1)],
  ])("is refused: %s", async (_what, change) => {
    const input = `${encode(header)}.${encode(claims)}`;
    await expectRefused(`${input}.${change(signed(input, ourKey)).toString("base64url")}`);
  });

  test("is refused: in DER form (JWT-17)", async () => {
    const input = `${encode(header)}.${encode(claims)}`;
    const der = sign("sha256", Buffer.from(input), { key: ourKey, dsaEncoding: "der" });
    await expectRefused(`${input}.${der.toString("base64url")}`);
  });

  test("is refused: kept while the claims were changed, also right after the real one was seen", async () => {
    const [first, , third] = assertion.split(".");
    expect((await exchange(stage, assertion)).status).toBe(200);
    await expectRefused(`${first}.${encode({ ...claims, gen: 2 })}.${third}`);
    const other = (await register.anonymous(stage)).body;
    await expectRefused(`${first}.${encode({ ...claims, sub: other.id })}.${third}`);
  });
});

describe("a form that is not one compact JWS", () => {
  const last = (text: string) => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    return text.slice(0, -1) + letters[letters.indexOf(text.at(-1) as string) ^ 1];
  };

  test.each<[string, (jws: string) => string]>([
    ["two segments", (jws) => jws.split(".").slice(0, 2).join(".")],
    ["an empty signature (JWT-01)", (jws) => `${jws.split(".").slice(0, 2).join(".")}.`],
    ["an empty payload", (jws) => `${jws.split(".")[0]}..${jws.split(".")[2]}`],
    ["five segments", (jws) => `${jws}.a.b`],
    [
      "JSON serialization",
      (jws) => {
        const [first, payload, signature] = jws.split(".");
        return JSON.stringify({ protected: first, payload, signature });
      },
    ],
    ["two joined by a space", (jws) => `${jws} ${jws}`],
    ["two joined by a comma", (jws) => `${jws},${jws}`],
    ["two without anything between", (jws) => jws + jws],
    ["text behind it", (jws) => `${jws}x`],
    ["a line break behind it", (jws) => `${jws}\n`],
    ["space before it", (jws) => ` ${jws}`],
    ["padding", (jws) => `${jws}==`],
    ["padding inside", (jws) => jws.replace(".", "=.")],
    ["the other base64 alphabet", (jws) => `${jws.slice(0, -4)}+/+/`],
    ["a spare bit set at its end (JWT-09)", last],
    ["a scheme before it", (jws) => `Bearer ${jws}`],
    ["a NUL behind it", (jws) => `${jws}\u0000`],
  ])("is refused: %s", async (_what, change) => {
    await expectRefused(change(assertion));
  });

  test("is refused: over 16 KiB, although signed by us (JWT-10)", async () => {
    await expectRefused(forge(header, { ...claims, padding: "p".repeat(16_384) }));
  });

  test.each(["[]", "null", '"text"', "1", "{", "[".repeat(5000)])(
    "is refused: the payload %p",
    async (payload) => {
      await expectRefused(forge(header, payload));
    },
  );
});
