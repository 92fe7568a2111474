/**
 * Owns the shape of every opaque secret: how it is built from random bytes, recognised, and hashed for storage.
 * Pure: random bytes come in as an argument.
 */
import { hash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Hashed, Plaintext, SecretPurpose } from "./model.js";

/** Random bytes in an opaque secret: 160 bits. */
export const secretBytes = 20;

/**
 * A secret begins with the low bits of the time it was made at, and so does the hash it is stored under: what was made
 * lately is together in every index, where it is written and where it is looked for. The time is no part of the secret.
 */
const timeBytes = 4;

type OpaquePurpose = Exclude<SecretPurpose, "user_code">;

const prefixes: Record<OpaquePurpose, string> = {
  access_token: "at_",
  claim_token: "ct_",
  claim_attempt_token: "cat_",
};

const bodyLength = Math.ceil(((timeBytes + secretBytes) * 4) / 3);
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

/**
 * Builds a secret: prefix, time, 160 random bits, checksum. `milliseconds` is the time since the epoch; `random` must
 * hold exactly `secretBytes` bytes.
 */
export function formatSecret<Purpose extends OpaquePurpose>(
  purpose: Purpose,
  milliseconds: number,
  random: Buffer,
): Plaintext<Purpose> {
  if (random.length !== secretBytes) throw new RangeError(`A secret takes ${secretBytes} random bytes.`);
  const body = Buffer.alloc(timeBytes + secretBytes);
  // It begins again every seven weeks, which only sends the next ones to the other end of an index.
  body.writeUInt32BE(milliseconds % 2 ** 32);
  random.copy(body, timeBytes);
  const unchecked = prefixes[purpose] + body.toString("base64url");
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

/** The time in a secret, eight hexadecimal digits, and the secret's SHA-256, base64url. */
export function hashSecret<Purpose extends OpaquePurpose>(secret: Plaintext<Purpose>): Hashed<Purpose> {
  const start = secret.indexOf("_") + 1;
  const time = Buffer.from(secret.slice(start, start + 6), "base64url").toString("hex", 0, timeBytes);
  return `${time}${hash("sha256", secret, "base64url")}` as Hashed<Purpose>;
}
