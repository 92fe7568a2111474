/**
 * Owns the short code a person carries between an agent and our page: format, normalisation and keyed hash.
 * Six digits hold 20 bits, so a plain hash could be reversed: it is an HMAC under a server key, bound to the attempt.
 */
import { createHmac } from "node:crypto";
import { equalInConstantTime } from "@agent-auth/web/secrets";
import type { Hashed, Plaintext } from "./model.js";

export const userCodeDigits = 6;
/** Random values at or above this are drawn again, so that every code is equally likely. */
const unbiasedBelow = 4_000_000_000;

/** Draws one code. `draw` returns a uniform unsigned 32-bit integer. */
export function drawUserCode(draw: () => number): Plaintext<"user_code"> {
  let value = draw();
  while (value >= unbiasedBelow) value = draw();
  return String(value % 1_000_000).padStart(userCodeDigits, "0") as Plaintext<"user_code">;
}

/** Drops spaces and dashes a person may type; null when what is left is not a code. */
export function normaliseUserCode(typed: string): Plaintext<"user_code"> | null {
  if (typed.length > 64) return null;
  const digits = typed.normalize("NFKC").replace(/[\s\p{Dash_Punctuation}]/gu, "");
  return /^[0-9]{6}$/.test(digits) ? (digits as Plaintext<"user_code">) : null;
}

/** `123456` as `123-456`, the form shown to people. */
export function displayUserCode(code: string): string {
  return `${code.slice(0, 3)}-${code.slice(3)}`;
}

/** HMAC-SHA-256 over the attempt and the code. */
export function hashUserCode(
  key: Buffer,
  attemptId: string,
  code: Plaintext<"user_code">,
): Hashed<"user_code"> {
  return createHmac("sha256", key).update(`${attemptId}\n${code}`).digest("base64url") as Hashed<"user_code">;
}

/** Whether `code` is the one behind `stored`, under any of the keys still accepted. Constant time per key. */
export function isUserCode(
  keys: readonly Buffer[],
  attemptId: string,
  code: Plaintext<"user_code">,
  stored: Hashed<"user_code">,
): boolean {
  let matched = false;
  for (const key of keys) {
    if (equalInConstantTime(hashUserCode(key, attemptId, code), stored)) matched = true;
  }
  return matched;
}
