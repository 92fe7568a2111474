/** Refresh tokens of agents: their form, whose they are, and how one stands (PROTOCOL section 8, RFC 9700 section 4.14.2). */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { formatId } from "../../src/protocol/ids.js";
import {
  assertionIdOf,
  formatRefreshToken,
  readRefreshToken,
  refreshGraceSeconds,
  refreshStanding,
} from "../../src/protocol/refresh-token.js";
import { aRefreshFamily } from "../../src/testing/builders.js";

const bytes = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((array) => Buffer.from(array));
const key = bytes(32);
const familyId = bytes(16).map((random) => formatId("rtf", random));
const sequence = fc.integer({ min: 1, max: 999_999_999 });
const token = fc.record({ key, familyId, sequence });
const textOf = (parts: { key: Buffer; familyId: string; sequence: number }) =>
  formatRefreshToken(parts.key, parts.familyId, parts.sequence);

describe("a refresh token", () => {
  test("names its family and its number, with an HMAC over both", () => {
    fc.assert(
      fc.property(token, (parts) => {
        const shape = /^rt_([0-9a-f]{32})_(\d+)_([\w-]{43})$/;
        const [, family, number, mac = ""] = shape.exec(textOf(parts)) ?? [];
        expect([`rtf_${family}`, number]).toEqual([parts.familyId, String(parts.sequence)]);
        expect(Buffer.from(mac, "base64url")).toHaveLength(32);
      }),
    );
  });

  test("can be told again without being stored", () => {
    fc.assert(fc.property(token, (parts) => expect(textOf(parts)).toBe(textOf({ ...parts }))));
  });

  test("is read as what it is, whichever of the keys made it", () => {
    fc.assert(
      fc.property(token, fc.array(key, { maxLength: 3 }), fc.nat(3), (parts, others, at) => {
        const keys = [...others.slice(0, at), parts.key, ...others.slice(at)];
        const read = readRefreshToken(keys, textOf(parts));
        expect(read).toMatchObject({ familyId: parts.familyId, sequence: parts.sequence });
      }),
    );
  });

  test("of another key is none", () => {
    fc.assert(
      fc.property(token, fc.array(key, { maxLength: 3 }), (parts, others) => {
        fc.pre(!others.some((other) => other.equals(parts.key)));
        expect(readRefreshToken(others, textOf(parts))).toBeNull();
      }),
    );
  });

  test("with any one character changed, removed or added is none", () => {
    const character = fc.constantFrom(..."0123456789abcdefghijABCXYZ-_ .\n\u0000é".split(""));
    const change = fc.constantFrom("changed", "removed", "added");
    fc.assert(
      fc.property(token, character, fc.nat(), change, (parts, letter, place, kind) => {
        const text = textOf(parts);
        const at = place % (text.length + (kind === "added" ? 1 : 0));
        const rest = text.slice(kind === "added" ? at : at + 1);
        const other = text.slice(0, at) + (kind === "removed" ? "" : letter) + rest;
        fc.pre(other !== text);
        expect(readRefreshToken([parts.key], other)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test("cannot lend its HMAC to another family or another number", () => {
    fc.assert(
      fc.property(token, familyId, sequence, (parts, otherFamily, otherSequence) => {
        const mac = textOf(parts).slice(-43);
        const forged = `rt_${otherFamily.slice(4)}_${otherSequence}_${mac}`;
        fc.pre(otherFamily !== parts.familyId || otherSequence !== parts.sequence);
        expect(readRefreshToken([parts.key], forged)).toBeNull();
      }),
    );
  });

  test("is never read from noise", () => {
    const almost = fc.stringMatching(/^rt_[0-9a-f]{32}_[0-9]{1,10}_[A-Za-z0-9_-]{43}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string(), almost), key, (text, some) => {
        expect(readRefreshToken([some], text)).toBeNull();
      }),
    );
  });
});

describe("the id of an assertion", () => {
  test("is the same for the same token of a family, and another one for every other", () => {
    fc.assert(
      fc.property(familyId, sequence, familyId, sequence, (id, number, otherId, otherNumber) => {
        const jti = assertionIdOf({ id, sequence: number });
        expect(jti).toMatch(/^asn_[0-9a-f]{32}$/);
        expect(jti).not.toContain(id.slice(4));
        expect(assertionIdOf({ id, sequence: number })).toBe(jti);
        expect(assertionIdOf({ id, sequence: otherNumber }) === jti).toBe(otherNumber === number);
        expect(assertionIdOf({ id: otherId, sequence: number }) === jti).toBe(otherId === id);
      }),
    );
  });
});

describe("the standing of a token", () => {
  const now = 2_000_000_000;
  const time = fc.integer({ min: now - 100, max: now + 100 });
  const family = fc
    .record({
      sequence: fc.integer({ min: 1, max: 6 }),
      rotatedAt: fc.option(time),
      expiresAt: time,
      revokedAt: fc.option(time, { freq: 3 }),
    })
    .map(aRefreshFamily);
  const number = fc.integer({ min: 1, max: 8 });

  test("is over with its family, whatever its number", () => {
    fc.assert(
      fc.property(family, number, (stored, asked) => {
        fc.pre(stored.revokedAt !== null || stored.expiresAt <= now);
        expect(refreshStanding(stored, asked, now)).toBe("over");
      }),
    );
  });

  test("follows from its number while the family lives", () => {
    fc.assert(
      fc.property(family, number, (stored, asked) => {
        const alive = { ...stored, revokedAt: null, expiresAt: now + 1 };
        const since = alive.rotatedAt === null ? null : now - alive.rotatedAt;
        const inGrace = since !== null && since <= refreshGraceSeconds;
        const expected =
          asked > alive.sequence
            ? "over"
            : asked === alive.sequence
              ? "current"
              : asked === alive.sequence - 1 && inGrace
                ? "previous"
                : "reused";
        expect(refreshStanding(alive, asked, now)).toBe(expected);
      }),
    );
  });

  test.each([
    [-5, "previous"],
    [0, "previous"],
    [29, "previous"],
    [30, "previous"],
    [31, "reused"],
    [86_400, "reused"],
  ])("of the one before the good one, %i seconds after the rotation, is %s", (seconds, standing) => {
    const rotatedAt = now - seconds;
    const stored = aRefreshFamily({ sequence: 3, rotatedAt, expiresAt: now + 1 });
    expect(refreshStanding(stored, 2, now)).toBe(standing);
    expect(refreshStanding(stored, 1, now)).toBe("reused");
  });

  test("changes in the very second of the family's end", () => {
    const stored = aRefreshFamily({ expiresAt: now });
    expect(refreshStanding(stored, 1, now - 1)).toBe("current");
    expect(refreshStanding(stored, 1, now)).toBe("over");
  });
});
