/** The claims of our own assertions at their exact seconds (JWT-18 to JWT-23). */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { assertionClaims, readAssertionClaims } from "../../src/protocol/identity-assertion.js";
import { someTime } from "../../src/testing/builders.js";

const issuer = "https://notes.example";
const claims = assertionClaims({
  issuer,
  registrationId: "reg_1",
  generation: 3,
  jti: "asn_1",
  now: someTime,
  expiresAt: someTime + 3600,
  scopes: null,
});

describe("claims", () => {
  test("that we wrote come back", () => {
    expect(readAssertionClaims(claims, issuer, someTime)).toMatchObject({
      registrationId: "reg_1",
      generation: 3,
      expiresAt: someTime + 3600,
    });
  });

  test.each<[string, number, boolean]>([
    ["a second before the end", 3599, true],
    ["at the end", 3600, false],
    ["after the end", 3601, false],
    ["on a node whose clock is a minute behind", -60, true],
    ["on a node whose clock is further behind", -61, false],
  ])("are good or not: %s", (_what, seconds, good) => {
    expect(readAssertionClaims(claims, issuer, someTime + seconds) !== null).toBe(good);
  });

  test.each(["iss", "aud", "sub", "jti", "iat", "exp", "gen"])("need %s, of the right kind", (name) => {
    const wrong = [undefined, null, "", [], {}, true, Number.NaN, Number.POSITIVE_INFINITY, 1.5];
    for (const value of wrong)
      expect(readAssertionClaims({ ...claims, [name]: value }, issuer, someTime)).toBeNull();
    const { [name]: _left, ...others } = claims;
    expect(readAssertionClaims(others, issuer, someTime)).toBeNull();
  });

  test("of anything else are refused without an exception", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...Object.keys(claims), "nbf", "scope", "x"), fc.jsonValue()),
        (other) => {
          expect(readAssertionClaims(other, issuer, someTime)).toBeNull();
        },
      ),
    );
  });

  test("of another issuer are not ours, however alike the names", () => {
    for (const other of [
      `${issuer}/`,
      issuer.toUpperCase(),
      `${issuer}:443`,
      "https://notes.example.evil",
      "",
    ])
      expect(readAssertionClaims(claims, other, someTime)).toBeNull();
  });
});
