/** Owns the tests of the keys that derive from `secrets`: one per purpose and secret, always the same. */
import { describe, expect, test } from "@jest/globals";
import { deriveKeys, type KeyPurpose } from "../../src/keys/derived-keys.js";

const secrets = [
  "the current secret of these tests, long enough",
  "the older secret of these tests, long enough",
];
const purposes: KeyPurpose[] = ["user-code", "page-csrf", "signing-key-encryption"];

const hexOf = (given: readonly string[] | null, purpose: KeyPurpose) =>
  deriveKeys(given, purpose).map(({ key }) => key.toString("hex"));

describe("derived keys", () => {
  test("differ by purpose and by secret, and so do their names", () => {
    const all = purposes.flatMap((purpose) => deriveKeys(secrets, purpose));
    expect(new Set(all.map(({ key }) => key.toString("hex"))).size).toBe(6);
    expect(new Set(all.map(({ id }) => id)).size).toBe(6);
  });

  test.each(purposes)("are 256 bits, in the order of the secrets, the same every time: %s", (purpose) => {
    const keys = deriveKeys(secrets, purpose);
    expect(keys.map(({ key }) => key.length)).toEqual([32, 32]);
    expect(keys).toEqual(deriveKeys(secrets, purpose));
    expect(hexOf([...secrets].reverse(), purpose)).toEqual(hexOf(secrets, purpose).reverse());
    expect(hexOf([secrets[0] as string], purpose)).toEqual(hexOf(secrets, purpose).slice(0, 1));
  });

  test("hang on every byte of the secret", () => {
    const [secret] = secrets as [string];
    const near = [secret, `${secret} `, secret.toUpperCase(), secret.slice(1), `${secret}\u0301`];
    expect(new Set(near.flatMap((one) => hexOf([one], "user-code"))).size).toBe(near.length);
  });

  test("do not hold or name the secret", () => {
    for (const { id, key } of deriveKeys(secrets, "page-csrf")) {
      expect(id).toMatch(/^[0-9a-f]{8}$/);
      expect(key.toString("hex")).not.toContain(id);
      expect(key.toString("latin1")).not.toContain("secret");
    }
  });

  test("come from the public loopback secret when none is given, which is one more secret", () => {
    for (const purpose of purposes) {
      expect(hexOf(null, purpose)).toHaveLength(1);
      expect(hexOf(secrets, purpose)).not.toContain(hexOf(null, purpose)[0]);
    }
  });

  // Written down here because keys in databases of today have to open tomorrow.
  test("are the ones of HKDF-SHA-256 with our salt and the purpose (RFC 5869)", () => {
    expect(hexOf(["k".repeat(32)], "signing-key-encryption")).toEqual([expectedKey]);
  });
});

const expectedKey = "2f7de8a3dcd742016647875df1baf7db80056ab63ee77e9446682039bb857870";
