/** Comparison, stamps and derived keys: what they accept, and that it is nothing else. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { deriveKeys, equalInConstantTime, isStamp, stamp } from "../src/secrets.js";

describe("the constant-time comparison", () => {
  test("says what === says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (left, right) => {
        expect(equalInConstantTime(left, right)).toBe(left === right);
        expect(equalInConstantTime(left, left)).toBe(true);
      }),
    );
  });
});

describe("a stamp", () => {
  const [key, older] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const words = ["revoke", "reg_1", "alice"];
  const now = 1_800_000_000;
  const token = stamp(key, words, now + 60);

  test("says its words until it is over, under any accepted key", () => {
    expect(isStamp([key], words, token, now)).toBe(true);
    expect(isStamp([older, key], words, token, now + 59)).toBe(true);
    expect(isStamp(["a text"], words, stamp("a text", words, now + 1), now)).toBe(true);
    expect(isStamp([key], words, token, now + 60)).toBe(false);
  });

  test("says nothing under another key, or none", () => {
    expect(isStamp([older], words, token, now)).toBe(false);
    expect(isStamp([], words, token, now)).toBe(false);
  });

  test.each<[string[]]>([
    [["revoke", "reg_1"]],
    [["revoke", "reg_1", "alice", ""]],
    [["revoke", "reg_1", "bob"]],
    [["revoke", "alice", "reg_1"]],
    [["revoke", 'reg_1","alice']],
    [["revokereg_1alice"]],
    [[]],
  ])("says no other words: %j", (others) => {
    expect(isStamp([key], others, token, now)).toBe(false);
  });

  test("does not live longer because its time was changed", () => {
    const later = token.replace(String(now + 60), String(now + 600));
    expect(isStamp([key], words, later, now)).toBe(false);
  });

  test.each([
    "",
    ".",
    token.slice(1),
    token.slice(0, -1),
    `${token}A`,
    `${token}\n`,
    ` ${token}`,
    `0${token}`,
  ])("is nothing like %j", (other) => {
    expect(isStamp([key], words, other, now)).toBe(false);
  });
});

describe("derived keys", () => {
  const secrets = ["the current secret of these tests", "the older secret of these tests"];
  const hexOf = (given: string[], salt: string, purpose: string) =>
    deriveKeys(given, salt, purpose).map(({ key }) => key.toString("hex"));

  test("differ by secret, salt and purpose, and so do their names", () => {
    const all = ["one", "two"].flatMap((salt) =>
      ["three", "four"].flatMap((purpose) => deriveKeys(secrets, salt, purpose)),
    );
    expect(new Set(all.map(({ key }) => key.toString("hex"))).size).toBe(8);
    expect(new Set(all.map(({ id }) => id)).size).toBe(8);
  });

  test("are 256 bits, in the order of the secrets, the same every time", () => {
    expect(deriveKeys(secrets, "salt", "purpose").map(({ key }) => key.length)).toEqual([32, 32]);
    expect(hexOf(secrets, "salt", "purpose")).toEqual(hexOf(secrets, "salt", "purpose"));
    expect(hexOf([...secrets].reverse(), "salt", "purpose")).toEqual(
      hexOf(secrets, "salt", "purpose").reverse(),
    );
  });
});
