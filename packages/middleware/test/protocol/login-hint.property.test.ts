/** Addresses: one spelling to compare, nothing that could forge a mail header, masked beyond recognition. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isHinted, maskAddress, parseLoginHint } from "../../src/protocol/login-hint.js";

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const part = (extra: string, maxLength: number) =>
  fc.array(fc.constantFrom(...letters, ...extra), { minLength: 1, maxLength }).map((parts) => parts.join(""));
const label = fc.tuple(part("", 5), part("-", 8), part("", 5)).map((parts) => parts.join(""));
const address = fc
  .tuple(
    part("!#$%&'*+/=?^_`{|}~.-", 64),
    fc.array(label, { minLength: 1, maxLength: 4 }),
    part("", 10),
    part("", 10),
  )
  .map(([local, labels, first, second]) => `${local}@${labels.join(".")}.${first}${second}`);
const space = fc.constantFrom("", " ", "\t", "\r\n", "\u00A0 ");

describe("an address", () => {
  test("is taken, trimmed and in lower case, and is its own hint", () => {
    fc.assert(
      fc.property(address, space, space, (given, before, after) => {
        const hint = parseLoginHint(before + given + after);
        expect(hint).toBe(given.toLowerCase());
        expect(parseLoginHint(hint as string)).toBe(hint);
        for (const spelling of [given, given.toUpperCase(), ` ${given} `])
          expect(isHinted(hint as string, spelling)).toBe(true);
        expect(isHinted(hint as string, `x${given}`)).toBe(false);
      }),
    );
  });

  test("is never made of anything that could end a header line, name a second recipient or turn the text around", () => {
    const pieces = fc.constantFrom(
      "a",
      "@",
      ".",
      "example",
      "com",
      "\r",
      "\n",
      "\0",
      ",",
      ";",
      "<",
      ">",
      '"',
      "\u202E",
      "\u200B",
      " ",
      "(",
      ":",
      "\\",
      "[",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join("")),
          fc.string({ unit: "binary" }),
        ),
        (given) => {
          const hint = parseLoginHint(given);
          if (hint === null) return;
          expect(hint).not.toMatch(/[\s,;:<>"()\\[\]\p{Cc}\p{Cf}]/u);
          expect(hint.split("@")).toHaveLength(2);
          expect(hint.length).toBeLessThanOrEqual(254);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test("with one forbidden character anywhere inside is none", () => {
    const forbidden = fc.constantFrom(
      "\r",
      "\n",
      "\0",
      "\t",
      " ",
      ",",
      ";",
      ":",
      "<",
      ">",
      '"',
      "(",
      ")",
      "[",
      "\\",
      "\u202E",
      "\u2066",
      "\u200D",
      "\u00AD",
      "\uFEFF",
      "@",
    );
    fc.assert(
      fc.property(address, fc.nat(), forbidden, (given, at, character) => {
        const place = 1 + (at % (given.length - 1));
        expect(parseLoginHint(given.slice(0, place) + character + given.slice(place))).toBeNull();
      }),
    );
  });

  test("is decided on quickly, however long", () => {
    for (const given of [
      `a@${"a.".repeat(100_000)}`,
      `a@${"a".repeat(200_000)}`,
      `a@${"a-".repeat(120)}`,
      "@".repeat(200_000),
    ])
      expect(parseLoginHint(given)).toBeNull();
  });
});

describe("a masked address", () => {
  test("shows the first letters and the end of the host, and no more", () => {
    expect(maskAddress("alice@example.com")).toBe("a****@e******.com");
    expect(maskAddress("a@b.co")).toBe("a***@b***.co");
    expect(maskAddress("alice@mail.example.com")).toBe("a****@m***.example.com");
  });

  test("never shows the local part", () => {
    fc.assert(
      fc.property(address, (given) => {
        const [local = "", host = ""] = given.split("@");
        const [masked = "", maskedHost = ""] = maskAddress(given).split("@");
        expect(masked).toMatch(/^.\*{3,}$/u);
        expect(masked[0]).toBe(local[0]);
        expect(maskedHost.split(".").slice(1)).toEqual(host.split(".").slice(1));
      }),
    );
  });
});
