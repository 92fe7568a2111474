/**
 * Owns the code our page shows to a person who authorised, for them to read to their agent. It is derived from a server
 * key and the attempt, so that the page can show it again and nothing of it is stored but a keyed hash.
 */
import { createHmac } from "node:crypto";
import type { Hashed, Plaintext } from "./model.js";
import { drawUserCode, hashUserCode, isUserCode } from "./user-code.js";

/** Keys the code derives from and keys it is hashed under: current first, older ones after it. */
export interface ReadBackKeys {
  readBackCode: readonly [Buffer, ...Buffer[]];
  userCode: readonly [Buffer, ...Buffer[]];
}

/** Keeps the two codes of an attempt apart: neither is good in the place of the other. */
function hashContext(attemptId: string): string {
  return `${attemptId}\nread-back`;
}

/** The attempt's code under one key. Each draw of the rejection sampling is the HMAC of the next number. */
function deriveCode(key: Buffer, attemptId: string): Plaintext<"user_code"> {
  let draws = 0;
  return drawUserCode(() => {
    draws += 1;
    return createHmac("sha256", key).update(`${attemptId}\n${draws}`).digest().readUInt32BE();
  });
}

/** The hash to store when the attempt's code is revealed. */
export function readBackCodeHash(keys: ReadBackKeys, attemptId: string): Hashed<"user_code"> {
  return hashUserCode(keys.userCode[0], hashContext(attemptId), deriveCode(keys.readBackCode[0], attemptId));
}

/** Whether `code` is the one that was revealed. Constant time per key. */
export function isReadBackCode(
  keys: Pick<ReadBackKeys, "userCode">,
  attemptId: string,
  code: Plaintext<"user_code">,
  stored: Hashed<"user_code">,
): boolean {
  return isUserCode(keys.userCode, hashContext(attemptId), code, stored);
}

/**
 * The code that was revealed, to be shown again. Every key is tried, so that a rotation of the secrets in between does
 * not change what the person reads; null when its secret is no longer accepted.
 */
export function shownReadBackCode(
  keys: ReadBackKeys,
  attemptId: string,
  stored: Hashed<"user_code">,
): Plaintext<"user_code"> | null {
  const candidates = keys.readBackCode.map((key) => deriveCode(key, attemptId));
  return candidates.find((code) => isReadBackCode(keys, attemptId, code, stored)) ?? null;
}
