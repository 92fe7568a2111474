/** The code a page shows: derived, never stored, the same again after a rotation (PROTOCOL section 4.1, decision 0007). */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { Plaintext } from "../../src/protocol/model.js";
import {
  isReadBackCode,
  type ReadBackKeys,
  readBackCodeHash,
  shownReadBackCode,
} from "../../src/protocol/read-back-code.js";
import { hashUserCode, isUserCode } from "../../src/protocol/user-code.js";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const keys = fc.record({
  readBackCode: fc.tuple(key),
  userCode: fc.tuple(key),
}) as fc.Arbitrary<ReadBackKeys>;
const attemptId = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => `clm_${Buffer.from(bytes).toString("hex")}`);
const code = fc
  .nat({ max: 999_999 })
  .map((value) => String(value).padStart(6, "0") as Plaintext<"user_code">);

/** The same secrets with a new one before them. */
const rotated = (older: ReadBackKeys, newer: ReadBackKeys): ReadBackKeys => ({
  readBackCode: [newer.readBackCode[0], ...older.readBackCode],
  userCode: [newer.userCode[0], ...older.userCode],
});

describe("the code of an attempt", () => {
  test("is six digits, the same every time, and the one behind its hash", () => {
    fc.assert(
      fc.property(keys, attemptId, (given, id) => {
        const stored = readBackCodeHash(given, id);
        expect(stored).toBe(readBackCodeHash(given, id));
        const shown = shownReadBackCode(given, id, stored) as Plaintext<"user_code">;
        expect(shown).toMatch(/^\d{6}$/);
        expect(isReadBackCode(given, id, shown, stored)).toBe(true);
      }),
    );
  });

  test("is shown unchanged after a rotation, goes on to be good, and is gone with its secret", () => {
    fc.assert(
      fc.property(keys, keys, attemptId, (older, newer, id) => {
        fc.pre(!older.userCode[0].equals(newer.userCode[0]));
        const stored = readBackCodeHash(older, id);
        const shown = shownReadBackCode(older, id, stored) as Plaintext<"user_code">;
        const after = rotated(older, newer);
        expect(shownReadBackCode(after, id, stored)).toBe(shown);
        expect(isReadBackCode(after, id, shown, stored)).toBe(true);
        expect(shownReadBackCode(newer, id, stored)).toBeNull();
        expect(isReadBackCode(newer, id, shown, stored)).toBe(false);
      }),
    );
  });

  test("is good for no other attempt and in no other place, whatever code it is", () => {
    fc.assert(
      fc.property(keys, attemptId, attemptId, code, (given, id, other, typed) => {
        fc.pre(id !== other);
        const stored = readBackCodeHash(given, id);
        expect(isReadBackCode(given, other, typed, stored)).toBe(false);
        expect(isUserCode(given.userCode, id, typed, stored)).toBe(false);
        expect(isReadBackCode(given, id, typed, hashUserCode(given.userCode[0], id, typed))).toBe(false);
      }),
    );
  });

  test("is spread over all there are: attempts of one key share codes no more often than chance has it", () => {
    const given: ReadBackKeys = { readBackCode: [Buffer.alloc(32, 1)], userCode: [Buffer.alloc(32, 2)] };
    const shown = Array.from({ length: 2000 }, (_, number) => {
      const id = `clm_${number}`;
      return shownReadBackCode(given, id, readBackCodeHash(given, id)) as string;
    });
    // Two in two thousand are equal about twice; the keys are fixed, so this never flickers.
    expect(shown.length - new Set(shown).size).toBeLessThan(10);
    for (const place of [0, 1, 2, 3, 4, 5])
      expect(new Set(shown.map((digits) => digits[place])).size).toBe(10);
  });
});
