/**
 * Owns the shape of every opaque secret: how it is built from random bytes, recognised, and hashed for storage.
 * Pure: random bytes come in as an argument.
 */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Hashed, Plaintext, SecretPurpose } from "./model.js";

/** Random bytes in an opaque secret: 192 bits. */
export const secretBytes = 24;

type OpaquePurpose = Exclude<SecretPurpose, "user_code">;

const prefixes: Record<OpaquePurpose, string> = {
  access_token: "at_",
  claim_token: "ct_",
  claim_attempt_token: "cat_",
};

const bodyLength = Math.ceil((secretBytes * 4) / 3);
const checksumLength = 7;
const shapes = Object.fromEntries(
  Object.entries(prefixes).map(([purpose, prefix]) => [
    purpose,
    new RegExp(`^${prefix}[A-Za-z0-9_-]{${bodyLength + checksumLength}}$`),
  ]),
) as Record<OpaquePurpose, RegExp>;

/** CRC-32 in base 36: lets secret scanners, and us, tell a real token from noise without a lookup. */
function checksum(text: string): string {
  return crc32(text).toString(36).padStart(checksumLength, "0");
}

/** Builds a secret: prefix, 192 random bits, checksum. `random` must hold exactly `secretBytes` bytes. */
export function formatSecret<Purpose extends OpaquePurpose>(
  purpose: Purpose,
  random: Buffer,
): Plaintext<Purpose> {
  if (random.length !== secretBytes) throw new RangeError(`A secret takes ${secretBytes} random bytes.`);
  const unchecked = prefixes[purpose] + random.toString("base64url");
  return (unchecked + checksum(unchecked)) as Plaintext<Purpose>;
}

/** Returns the value as a secret of that purpose when form and checksum fit, else null. Says nothing about validity. */
export function parseSecret<Purpose extends OpaquePurpose>(
  purpose: Purpose,
  value: string,
): Plaintext<Purpose> | null {
  if (!shapes[purpose].test(value)) return null;
  const unchecked = value.slice(0, -checksumLength);
  return checksum(unchecked) === value.slice(-checksumLength) ? (value as Plaintext<Purpose>) : null;
}

/** Whether the value claims to be one of our access tokens, good or bad. */
export function hasAccessTokenPrefix(value: string): boolean {
  return value.startsWith(prefixes.access_token);
}

/** SHA-256, base64url. Enough for secrets of 192 bits; short codes are keyed instead (`user-code.ts`). */
export function hashSecret<Purpose extends OpaquePurpose>(secret: Plaintext<Purpose>): Hashed<Purpose> {
  return hash("sha256", secret, "base64url") as Hashed<Purpose>;
}
