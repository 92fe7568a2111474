/** Forged ID-JAGs: algorithms, keys in the token, foreign keys and bent signatures (JWT-01 to JWT-06, JWT-11 to JWT-17). */
import { createHmac, sign } from "node:crypto";
import { beforeEach, describe, expect, test } from "@jest/globals";
import {
  ecKey,
  edKey,
  encoded,
  type IssuerKey,
  type Members,
  publicJwk,
  rsaKey,
  sealed,
  testIssuer,
} from "../support/issuer.js";
import { expectRefused, type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import { forgersSecrets, signingKeyOf } from "./forged-assertions.js";
import type { ObservedWorld } from "./observed-world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld({ options: { secrets: forgersSecrets } });
});

const attacker = ecKey("attacker");
const rsa = rsaKey("rsa");

/** Header and payload of a valid token, changed, and what signs them. */
function forged(
  header: Members,
  signatureOf: (input: string) => Buffer | string,
  claims: Members = {},
): string {
  const parts = stage.idp.parts({ header, claims });
  const input = `${encoded(parts.header)}.${encoded(parts.claims)}`;
  return `${input}.${encoded(signatureOf(input))}`;
}
const refuse = (assertion: string, name: "invalid_assertion" | "invalid_signature" | "issuer_not_enabled") =>
  expectRefused(stage, () => registerBy(stage, assertion), name);

describe("alg", () => {
  test.each(["none", "None", "NONE", "nOnE", "", "null", "HS1"])("%j signs nothing", async (alg) => {
    for (const signature of ["", "junk", Buffer.alloc(64)])
      await refuse(
        forged({ alg }, () => signature),
        "invalid_assertion",
      );
    const [head, body] = stage.idp.mint({ header: { alg } }).split(".");
    await refuse(`${head}.${body}`, "invalid_assertion");
  });

  test("of a MAC does not turn a public key into a secret, neither the provider's nor ours", async () => {
    const [ours] = (await stage.agent.get("/.well-known/jwks.json")).body.keys;
    const { publicKey } = stage.idp.key;
    const pem = publicKey.export({ type: "spki", format: "pem" }).toString();
    const jwk = publicJwk(stage.idp.key);
    const secrets = [
      pem,
      pem.trim(),
      publicKey.export({ type: "spki", format: "der" }),
      JSON.stringify(jwk),
      JSON.stringify({ keys: [jwk] }),
      String(jwk.x),
      Buffer.from(String(jwk.x), "base64url"),
      JSON.stringify(ours),
      ours.x,
      Buffer.from(ours.x, "base64url"),
      "",
    ];
    for (const secret of secrets)
      for (const [alg, hash] of [
        ["HS256", "sha256"],
        ["HS384", "sha384"],
        ["HS512", "sha512"],
      ] as const) {
        const mac = (input: string) => createHmac(hash, secret).update(input).digest();
        await refuse(forged({ alg }, mac), "invalid_assertion");
        await refuse(forged({}, mac), "invalid_signature");
      }
  });

  test("must be on the provider's list, even when its keys could verify another one", async () => {
    const narrow = await providerWorld({ provider: { algorithms: ["ES256"] } });
    narrow.idp.publish([publicJwk(narrow.idp.key), publicJwk(rsa)]);
    await expectRefused(narrow, () => registerBy(narrow, narrow.idp.mint({ key: rsa })), "invalid_assertion");
    expect((await registerBy(narrow, narrow.idp.mint())).status).toBe(200);
  });

  test.each<[string, IssuerKey]>([
    ["ES256", ecKey()],
    ["RS256", rsa],
    ["PS256", { ...rsa, alg: "PS256" }],
    ["EdDSA", edKey()],
  ])("%s works by default", async (_alg, key) => {
    stage.idp.publish([publicJwk(key)]);
    expect((await registerBy(stage, stage.idp.mint({ key }))).status).toBe(200);
  });
});

describe("a key in the header", () => {
  test("convinces nobody, and nobody goes to look for it", async () => {
    const trap = await testIssuer(stage.clock, { key: attacker });
    const der = attacker.publicKey.export({ type: "spki", format: "der" }).toString("base64");
    const headers: Members[] = [
      { jwk: publicJwk(attacker) },
      { jku: trap.jwksUri },
      { x5u: `${trap.issuer}/chain.pem` },
      { x5c: [der] },
      {
        jwk: publicJwk(attacker),
        jku: trap.jwksUri,
        x5u: trap.jwksUri,
        x5c: [der],
        x5t: "x",
        "x5t#S256": "x",
      },
    ];
    for (const header of headers) {
      for (const kid of [attacker.kid, stage.idp.key.kid, undefined, trap.jwksUri])
        await refuse(stage.idp.mint({ key: attacker, header: { kid, ...header } }), "invalid_signature");
      // The same header on a token that is signed well: it was the signature that was refused.
      expect((await registerBy(stage, stage.idp.mint({ header }))).status).toBe(200);
    }
    expect(trap.asked).toEqual([]);
  });

  test("or in a claim creates no trust", async () => {
    const trap = await testIssuer(stage.clock, { key: attacker });
    const claims = {
      iss: trap.issuer,
      jwks_uri: trap.jwksUri,
      sub_id: { format: "iss_sub", iss: stage.idp.issuer },
    };
    await refuse(trap.mint({ claims }), "issuer_not_enabled");
    expect([...trap.asked, ...stage.idp.asked]).toEqual([]);
  });
});

describe("kid", () => {
  test.each([
    "../../../../etc/passwd",
    "' OR 1=1 --",
    "__proto__",
    "constructor",
    "toString",
    "line\r\nfeed",
    "\u0000",
    "\u202e",
    "%00",
    "http://127.0.0.1:1/keys",
    "x".repeat(255),
  ])("%j is looked up and not found", async (kid) => {
    await refuse(stage.idp.mint({ header: { kid } }), "invalid_signature");
    expect(JSON.stringify(stage.logs)).not.toContain(JSON.stringify(kid).slice(1, -1));
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
  });

  test("a hundred random ones cost the provider two fetches at most", async () => {
    const before = await stage.snapshot();
    const mint = (index: number) => stage.idp.mint({ header: { kid: `random-${index}` } });
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => registerBy(stage, mint(index))),
    );
    expect(new Set(answers.map(({ body }) => body.error))).toEqual(new Set(["invalid_signature"]));
    expect(stage.idp.timesAsked()).toBeLessThanOrEqual(2);
    expect(await stage.snapshot()).toEqual(before);
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
  });

  test("left out, every fitting key is tried", async () => {
    stage.idp.publish([publicJwk(attacker), publicJwk(rsa), publicJwk(stage.idp.key)]);
    const header = { kid: undefined };
    expect((await registerBy(stage, stage.idp.mint({ header }))).status).toBe(200);
    await refuse(stage.idp.mint({ header, key: ecKey() }), "invalid_signature");
  });
});

describe("an issuer", () => {
  test("is never this service, not even with our own key", async () => {
    const privateKey = await signingKeyOf({
      rows: (table) => stage.rows(table as "signing_keys"),
    } as ObservedWorld);
    const [{ kid }] = (await stage.agent.get("/.well-known/jwks.json")).body.keys;
    const key: IssuerKey = { kid, alg: "ES256", privateKey, publicKey: privateKey };
    await refuse(stage.idp.mint({ key, claims: { iss: "https://notes.example" } }), "issuer_not_enabled");
    await refuse(stage.idp.mint({ key }), "invalid_signature");
    const own = { trustedProviders: [{ issuer: "https://notes.example", name: "Us" }] };
    await expect(providerWorld({ options: own })).rejects.toThrow("must not be this service itself");
  });

  test("cannot be spoken for by another trusted one, under any kid", async () => {
    const other = await testIssuer(stage.clock);
    const two = await providerWorld({
      idp: stage.idp,
      clock: stage.clock,
      others: [{ issuer: other.issuer, name: "Other", jwksUri: other.jwksUri }],
    });
    for (const kid of [other.key.kid, stage.idp.key.kid, undefined]) {
      const assertion = stage.idp.mint({ key: other.key, header: { kid } });
      await expectRefused(two, () => registerBy(two, assertion), "invalid_signature");
    }
    expect(other.asked).toEqual([]);
    // Neither a jti nor a subject of one is one of the other.
    for (const idp of [stage.idp, other])
      expect((await registerBy(two, idp.mint({ claims: { jti: "same", sub: "same" } }))).status).toBe(200);
    expect(await two.rows("delegations")).toHaveLength(2);
    expect(new Set((await two.rows("registrations")).map(({ user_id }) => user_id)).size).toBe(2);
  });
});

describe("a signature", () => {
  const der = (input: string) => sign("sha256", Buffer.from(input), stage.idp.key.privateKey);
  const raw = (input: string) =>
    sign("sha256", Buffer.from(input), { key: stage.idp.key.privateKey, dsaEncoding: "ieee-p1363" });

  test.each<[string, (input: string) => Buffer]>([
    ["in DER", der],
    ["of 63 bytes", (input) => raw(input).subarray(0, 63)],
    ["of 65 bytes", (input) => Buffer.concat([raw(input), Buffer.alloc(1)])],
    ["of one byte", () => Buffer.alloc(1)],
    ["of zeros", () => Buffer.alloc(64)],
    ["of ones", () => Buffer.alloc(64, 0xff)],
    ["with r of zero", (input) => Buffer.concat([Buffer.alloc(32), raw(input).subarray(32)])],
    [
      "with its halves swapped",
      (input) => Buffer.concat([raw(input).subarray(32), raw(input).subarray(0, 32)]),
    ],
    ["over another text", (input) => raw(`${input}x`)],
  ])("%s is none", async (_what, signatureOf) => {
    await refuse(forged({}, signatureOf), "invalid_signature");
    expect((await registerBy(stage, forged({}, raw))).status).toBe(200);
  });

  test("turned into its twin is a replay, not a new token", async () => {
    const token = stage.idp.mint();
    expect((await registerBy(stage, token)).status).toBe(200);
    const [head, body, signature] = token.split(".") as [string, string, string];
    const bytes = Buffer.from(signature, "base64url");
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const twin = (order - BigInt(`0x${bytes.subarray(32).toString("hex")}`)).toString(16).padStart(64, "0");
    const bent = encoded(Buffer.concat([bytes.subarray(0, 32), Buffer.from(twin, "hex")]));
    await expectRefused(stage, () => registerBy(stage, `${head}.${body}.${bent}`), "replay_detected");
  });
});

describe("a published key", () => {
  const p384 = ecKey("p384", "P-384", "ES384");
  const weak = rsaKey("weak", "RS256", 1024);
  test.each<[string, IssuerKey, Members, Members]>([
    ["P-384 under ES256", p384, { alg: undefined }, { alg: "ES256" }],
    ["P-384 that calls itself ES256", p384, { alg: "ES256" }, { alg: "ES256" }],
    ["RSA of 1024 bits", weak, {}, {}],
    ["for encryption", attacker, { use: "enc" }, {}],
    ["whose operations leave out verify", attacker, { use: undefined, key_ops: ["encrypt"] }, {}],
    ["for another algorithm", { ...rsa, alg: "PS256" }, { alg: "RS256" }, {}],
    ["whose point is not on the curve", attacker, { x: "A".repeat(43) }, {}],
    ["without its point", attacker, { x: undefined, y: undefined }, {}],
    ["of no known type", attacker, { kty: "AKP" }, {}],
    ["that is a secret", attacker, { kty: "oct", k: "c2VjcmV0" }, {}],
  ])("%s verifies nothing", async (_what, key, members, header) => {
    stage.idp.publish([publicJwk(key, members), publicJwk(stage.idp.key)]);
    await refuse(stage.idp.mint({ key, header }), "invalid_signature");
    expect((await registerBy(stage, stage.idp.mint())).status).toBe(200);
  });

  test("sealed by nobody's key but with a JWKS of odd entries is refused, not a failure of ours", async () => {
    stage.idp.publish([{}, { kty: 7 }, { kty: "EC", kid: "odd", crv: "P-256" }] as Members[]);
    const parts = stage.idp.parts({ header: { kid: "odd" } });
    await refuse(sealed(parts.header, parts.claims, parts.key), "invalid_signature");
  });
});
