/** Scopes only ever narrow (RFC 6749 section 3.3, TOK-22). */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { covers, formatScope, intersect, isScope, parseScope } from "../../src/protocol/scopes.js";

const legal = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index)).filter(
  (character) => character !== '"' && character !== "\\",
);
const scope = fc
  .array(fc.constantFrom(...legal), { minLength: 1, maxLength: 12 })
  .map((parts) => parts.join(""));
const scopes = fc.uniqueArray(scope, { maxLength: 8 });

describe("scopes", () => {
  test("come back as they were written, with any number of spaces between them", () => {
    fc.assert(
      fc.property(scopes, fc.array(fc.nat({ max: 3 })), (written, spaces) => {
        expect(parseScope(formatScope(written))).toEqual(written);
        const spread = written.map((name, place) => " ".repeat(spaces[place] ?? 0) + name).join(" ");
        expect(parseScope(`${spread}  `)).toEqual(written);
      }),
    );
  });

  test("drop doubles and keep their order", () => {
    fc.assert(
      fc.property(scopes, (written) => {
        expect(parseScope(formatScope([...written, ...written]))).toEqual(written);
      }),
    );
  });

  test("are refused with any character that is not theirs, and nothing throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const isLegal = [...text].every((character) => character === " " || legal.includes(character));
        expect(parseScope(text) !== null).toBe(isLegal);
        expect(isScope(text)).toBe(isLegal && text !== "" && !text.includes(" "));
      }),
      { numRuns: 500 },
    );
  });

  test("cut down are part of both sides, in the order of the first, and never more than before", () => {
    fc.assert(
      fc.property(scopes, scopes, (one, two) => {
        const cut = intersect(one, two);
        expect(covers(one, cut) && covers(two, cut)).toBe(true);
        expect(cut).toEqual(one.filter((name) => two.includes(name)));
        expect(intersect(cut, two)).toEqual(cut);
        expect(intersect(one, one)).toEqual(one);
        expect(new Set(intersect(two, one))).toEqual(new Set(cut));
      }),
    );
  });

  test("cover what they hold, nothing always, and not one thing more", () => {
    fc.assert(
      fc.property(scopes, scopes, (granted, needed) => {
        expect(covers(granted, needed)).toBe(intersect(needed, granted).length === needed.length);
        expect(covers(granted, [])).toBe(true);
        expect(covers([], needed)).toBe(needed.length === 0);
      }),
    );
  });
});
