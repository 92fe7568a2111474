/** Owns encryption at rest: AES-256-GCM under a derived key, in one self-describing line. */
import { createCipheriv, createDecipheriv } from "node:crypto";
import type { DerivedKey } from "./derived-keys.js";

const version = "v1";
export const nonceBytes = 12;

/** Encrypts `text`. `nonce` must be fresh random bytes; `context` must be given again to open it. */
export function seal(key: DerivedKey, nonce: Buffer, text: string, context: string): string {
  const cipher = createCipheriv("aes-256-gcm", key.key, nonce);
  cipher.setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return [version, key.id, nonce.toString("base64url"), sealed.toString("base64url")].join(".");
}

/** Decrypts with whichever key fits; null when none does or the line was changed. */
export function open(keys: readonly DerivedKey[], line: string, context: string): string | null {
  const [foundVersion, id, nonce, sealed, rest] = line.split(".");
  const key = keys.find((candidate) => candidate.id === id);
  if (
    rest !== undefined ||
    foundVersion !== version ||
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
