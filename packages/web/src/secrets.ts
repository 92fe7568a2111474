/**
 * Owns what is done with secrets: comparing them, deriving keys, stamping forms, encrypting at rest. Pure: keys, nonces
 * and the time come in as arguments.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  hash,
  hkdfSync,
  timingSafeEqual,
} from "node:crypto";

/** The one constant-time comparison of two strings. */
export function equalInConstantTime(left: string, right: string): boolean {
  return timingSafeEqual(hash("sha256", left, "buffer"), hash("sha256", right, "buffer"));
}

export interface DerivedKey {
  /** Names the secret without telling it, so that ciphertext can say what opens it. */
  id: string;
  key: Buffer;
}

/**
 * Keys of one package for one purpose (HKDF-SHA-256, RFC 5869): of the current secret first, then of the older ones. No
 * two uses share a key, and a leak of one says nothing about the others.
 */
export function deriveKeys(
  secrets: readonly string[],
  salt: string,
  purpose: string,
): [DerivedKey, ...DerivedKey[]] {
  const keys = secrets.map((secret) => {
    const key = Buffer.from(hkdfSync("sha256", secret, salt, purpose, 32));
    return { id: createHash("sha256").update(key).digest("hex").slice(0, 8), key };
  });
  return keys as [DerivedKey, ...DerivedKey[]];
}

function sign(key: Buffer | string, words: readonly string[], expiresAt: number): string {
  const text = JSON.stringify([...words, expiresAt]);
  return createHmac("sha256", key).update(text).digest("base64url");
}

/** A token that says `words` until `expiresAt`, epoch seconds: a CSRF token, the value of a cookie. Nothing is stored. */
export function stamp(key: Buffer | string, words: readonly string[], expiresAt: number): string {
  return `${expiresAt}.${sign(key, words, expiresAt)}`;
}

/** Whether the token says these words and is still in time, under any of the keys still accepted. */
export function isStamp(
  keys: readonly (Buffer | string)[],
  words: readonly string[],
  token: string,
  now: number,
): boolean {
  const [, expires, mac] = /^([1-9]\d{0,11})\.([A-Za-z0-9_-]{43})$/.exec(token) ?? [];
  if (expires === undefined || mac === undefined || Number(expires) <= now) return false;
  return keys.some((key) => equalInConstantTime(sign(key, words, Number(expires)), mac));
}

const sealVersion = "v1";
export const nonceBytes = 12;

/**
 * Encrypts `text` into one self-describing line (AES-256-GCM). `nonce` must be fresh random bytes; `context` must be
 * given again to open it.
 */
export function seal(key: DerivedKey, nonce: Buffer, text: string, context: string): string {
  const cipher = createCipheriv("aes-256-gcm", key.key, nonce);
  cipher.setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return [sealVersion, key.id, nonce.toString("base64url"), sealed.toString("base64url")].join(".");
}

/** Decrypts with whichever key fits; null when none does or the line was changed. */
export function open(keys: readonly DerivedKey[], line: string, context: string): string | null {
  const [version, id, nonce, sealed, rest] = line.split(".");
  const key = keys.find((candidate) => candidate.id === id);
  if (
    rest !== undefined ||
    version !== sealVersion ||
    key === undefined ||
    nonce === undefined ||
    sealed === undefined
  )
    return null;
  const bytes = Buffer.from(sealed, "base64url");
  if (bytes.length < 16) return null;
  try {
    const decipher = createDecipheriv("aes-256-gcm", key.key, Buffer.from(nonce, "base64url"));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString("utf8");
  } catch {
    return null;
  }
}
