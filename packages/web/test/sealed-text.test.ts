/** Owns the tests of encryption at rest: what was sealed opens with its key and context, and with nothing else. */
import { randomBytes } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import { type DerivedKey, deriveKeys, nonceBytes, open, seal } from "../src/secrets.js";

const secrets = [
  "the current secret of these tests, long enough",
  "the older secret of these tests, long enough",
];
const keys = deriveKeys(secrets, "salt", "encryption");
const [current, older] = keys as [DerivedKey, DerivedKey];
const text = '{"kty":"EC","d":"a private half, ünicode too"}';
const context = "kid_1";
const nonce = () => randomBytes(nonceBytes);
const line = seal(current, nonce(), text, context);
const parts = line.split(".") as [string, string, string, string];
const withPart = (index: number, value: string) => parts.with(index, value).join(".");

describe("a sealed text", () => {
  test("opens with its key and its context", () => {
    expect(open(keys, line, context)).toBe(text);
    expect(open([...keys].reverse(), line, context)).toBe(text);
  });

  test("opens with an older key, which it names", () => {
    const old = seal(older, nonce(), text, context);
    expect(open(keys, old, context)).toBe(text);
    expect(open([current], old, context)).toBeNull();
    expect(old.split(".")[1]).toBe(older.id);
  });

  test.each(["", "a", "x".repeat(100_000), "\u0000", "ünicode 🔑"])("may be any text", (any) => {
    expect(open(keys, seal(current, nonce(), any, context), context)).toBe(any);
  });

  test("tells nothing of the text, and is another one with another nonce", () => {
    const other = seal(current, nonce(), text, context);
    expect(other).not.toBe(line);
    for (const one of [line, other]) {
      expect(one).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]{16}\.[\w-]+$/);
      expect(Buffer.from(one.split(".")[3] as string, "base64url").toString("latin1")).not.toMatch(
        /kty|private/,
      );
    }
  });
});

describe("a sealed text that does not open", () => {
  test.each(["", "kid_2", "kid_1 ", "KID_1"])("is one in another context: %p", (other) => {
    expect(open(keys, line, other)).toBeNull();
  });

  test("is one under a key of another purpose or another secret", () => {
    expect(open(deriveKeys(secrets, "salt", "forms"), line, context)).toBeNull();
    expect(
      open(
        deriveKeys(["somebody else's secret, thirty-two bytes or more"], "salt", "encryption"),
        line,
        context,
      ),
    ).toBeNull();
    expect(open([], line, context)).toBeNull();
  });

  test("is one whose key has the right name and the wrong bytes", () => {
    expect(open([{ id: current.id, key: older.key }], line, context)).toBeNull();
    expect(open(keys, withPart(1, older.id), context)).toBeNull();
  });

  test("is one with any byte of nonce or ciphertext changed", () => {
    for (const index of [2, 3]) {
      const bytes = Buffer.from(parts[index] as string, "base64url");
      for (let at = 0; at < bytes.length; at += 1) {
        const changed = Buffer.from(bytes);
        changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
        expect(open(keys, withPart(index, changed.toString("base64url")), context)).toBeNull();
      }
    }
  });

  test("is one cut short anywhere, or with bytes added", () => {
    for (let length = 0; length < line.length - 1; length += 1)
      expect(open(keys, line.slice(0, length), context)).toBeNull();
    const sealed = Buffer.from(parts[3], "base64url");
    const longer = Buffer.concat([sealed, Buffer.from([0])]).toString("base64url");
    expect(open(keys, withPart(3, longer), context)).toBeNull();
    expect(open(keys, withPart(3, sealed.subarray(-16).toString("base64url")), context)).toBeNull();
  });

  test.each<[string, string]>([
    ["empty", ""],
    ["the text itself", text],
    ["of another version", withPart(0, "v2")],
    ["without a version", withPart(0, "")],
    ["without a nonce", withPart(2, "")],
    ["without a ciphertext", withPart(3, "")],
    ["no base64", withPart(3, "%%%")],
    ["with a long nonce", withPart(2, "A".repeat(4000))],
  ])("is one that is %s", (_what, other) => {
    expect(open(keys, other, context)).toBeNull();
  });

  test("is one with the parts of two", () => {
    const other = seal(current, nonce(), text, context).split(".") as [string, string, string, string];
    expect(open(keys, withPart(2, other[2]), context)).toBeNull();
    expect(open(keys, withPart(3, other[3]), context)).toBeNull();
  });
});
