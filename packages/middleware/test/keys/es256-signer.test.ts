import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { compactVerify, importJWK, jwtVerify } from "jose";
import { Es256Signer } from "../../src/keys/es256-signer.js";

const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const privateJwk = pair.privateKey.export({ format: "jwk" });
const publicKey = await importJWK(
  pair.publicKey.export({ format: "jwk" }) as Record<string, string>,
  "ES256",
);
const signer = new Es256Signer(privateJwk, { typ: "a+jwt", kid: "one" });

describe("Es256Signer", () => {
  test("writes what an independent library verifies, whatever the claims", async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue()), async (values) => {
        const claims = JSON.parse(JSON.stringify(values)) as Record<string, unknown>;
        const { payload, protectedHeader } = await compactVerify(signer.sign(claims), publicKey);
        expect(JSON.parse(Buffer.from(payload).toString("utf8"))).toEqual(claims);
        expect(protectedHeader).toEqual({ alg: "ES256", typ: "a+jwt", kid: "one" });
      }),
    );
  });

  test("pads short numbers of a signature: every one of many has 64 bytes and verifies", async () => {
    for (let number = 0; number < 600; number += 1) {
      const token = signer.sign({ number });
      expect(Buffer.from(token.split(".")[2] as string, "base64url")).toHaveLength(64);
      await expect(jwtVerify(token, publicKey, { typ: "a+jwt" })).resolves.toMatchObject({
        payload: { number },
      });
    }
  });

  test.each([
    ["another curve", generateKeyPairSync("ec", { namedCurve: "P-384" })],
    ["another kind", generateKeyPairSync("rsa", { modulusLength: 2048 })],
  ])("refuses a key of %s", (_, other) => {
    const jwk = other.privateKey.export({ format: "jwk" });
    expect(() => new Es256Signer(jwk, { typ: "a+jwt", kid: "one" })).toThrow(TypeError);
  });
});
