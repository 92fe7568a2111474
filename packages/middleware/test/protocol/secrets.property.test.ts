/** Opaque secrets: their form, their checksum and their hash (PROTOCOL section 6). */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatId, formatRowId } from "../../src/protocol/ids.js";
import {
  formatSecret,
  hasAccessTokenPrefix,
  hashSecret,
  parseSecret,
  secretBytes,
} from "../../src/protocol/secrets.js";

const purposes = ["access_token", "claim_token", "claim_attempt_token"] as const;
const prefixes = { access_token: "at_", claim_token: "ct_", claim_attempt_token: "cat_" } as const;
const purpose = fc.constantFrom(...purposes);
const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const time = fc.nat({ max: 2 ** 43 - 1 });
const secret = fc
  .tuple(purpose, time, bytes(secretBytes))
  .map(([kind, milliseconds, random]) => ({ kind, text: formatSecret(kind, milliseconds, random) }));
/** Eight digits of the low bits. */
const lowBits = (milliseconds: number) => (milliseconds % 2 ** 32).toString(16).padStart(8, "0");

describe("a secret", () => {
  test("has its prefix, the time, 160 random bits and a checksum", () => {
    fc.assert(
      fc.property(purpose, time, bytes(secretBytes), (kind, milliseconds, random) => {
        const text = formatSecret(kind, milliseconds, random);
        expect(text).toMatch(new RegExp(`^${prefixes[kind]}[A-Za-z0-9_-]{39}$`));
        const body = Buffer.from(text.slice(prefixes[kind].length, -7), "base64url").toString("hex");
        expect(body).toBe(lowBits(milliseconds) + random.toString("hex"));
        expect(hasAccessTokenPrefix(text)).toBe(kind === "access_token");
      }),
    );
  });

  test("is recognised as what it is, and as nothing else", () => {
    fc.assert(
      fc.property(secret, purpose, ({ kind, text }, other) => {
        expect(parseSecret(other, text)).toBe(other === kind ? text : null);
      }),
    );
  });

  test("is not recognised with any one character changed, added or taken away", () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+/= \n\0é";
    fc.assert(
      fc.property(secret, fc.nat(), fc.constantFrom(...alphabet), ({ kind, text }, at, letter) => {
        const index = at % text.length;
        const changed = text.slice(0, index) + letter + text.slice(index + 1);
        if (changed !== text) expect(parseSecret(kind, changed)).toBeNull();
        expect(parseSecret(kind, text.slice(0, index) + letter + text.slice(index))).toBeNull();
        expect(parseSecret(kind, text.slice(0, index) + text.slice(index + 1))).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test("is nothing that was not made here", () => {
    fc.assert(
      fc.property(purpose, fc.string({ unit: "binary" }), (kind, text) => {
        expect(parseSecret(kind, text)).toBeNull();
        expect(parseSecret(kind, prefixes[kind] + text)).toBeNull();
      }),
    );
  });

  test.each([0, 1, secretBytes - 1, secretBytes + 1, 24, 32])("is not made of %i bytes", (length) => {
    expect(() => formatSecret("claim_token", 0, Buffer.alloc(length))).toThrow(RangeError);
  });

  test("is stored as its time and a hash that differs with every bit and tells nothing else of it", () => {
    const bits = fc.nat({ max: secretBytes * 8 - 1 });
    fc.assert(
      fc.property(time, bytes(secretBytes), bits, (milliseconds, random, bit) => {
        const other = Buffer.from(random);
        other[bit >> 3] = (other[bit >> 3] as number) ^ (1 << (bit & 7));
        const made = (bytes: Buffer) => formatSecret("access_token", milliseconds, bytes);
        const [one, two] = [made(random), made(other)];
        expect(hashSecret(one)).toMatch(/^[0-9a-f]{8}[A-Za-z0-9_-]{43}$/);
        expect(hashSecret(one)).toBe(hashSecret(made(random)));
        expect(hashSecret(one).slice(0, 8)).toBe(lowBits(milliseconds));
        expect(hashSecret(one).slice(8)).not.toBe(hashSecret(two).slice(8));
        expect(hashSecret(one)).not.toContain(one.slice(9, 20));
        expect(hashSecret(one)).not.toContain(random.toString("hex").slice(0, 16));
      }),
    );
  });
});

describe("an id", () => {
  test("is its prefix and 32 hexadecimal digits, one for every 128 bits", () => {
    fc.assert(
      fc.property(fc.constantFrom("reg", "clm", "req", "asn"), bytes(16), bytes(16), (prefix, one, two) => {
        expect(formatId(prefix, one)).toMatch(new RegExp(`^${prefix}_[0-9a-f]{32}$`));
        expect(formatId(prefix, one) === formatId(prefix, two)).toBe(one.equals(two));
      }),
    );
  });

  test("of a row sorts by the millisecond it was made in, and keeps 84 random bits", () => {
    fc.assert(
      fc.property(time, time, bytes(16), bytes(16), (early, late, one, two) => {
        const [first, second] = [formatRowId("reg", early, one), formatRowId("reg", late, two)];
        expect(first).toMatch(/^reg_[0-9a-f]{32}$/);
        if (early !== late) expect(first < second).toBe(early < late);
        const random = (bytes: Buffer) => bytes.toString("hex").slice(11);
        expect(first.slice(15) === second.slice(15)).toBe(random(one) === random(two));
      }),
    );
  });
});
