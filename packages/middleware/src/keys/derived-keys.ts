/**
 * Owns the keys that derive from the host's `secrets`: one per purpose, so that no two uses share a key and a leak of
 * one says nothing about the others (HKDF, RFC 5869).
 */
import { createHash, hkdfSync } from "node:crypto";

export type KeyPurpose =
  | "user-code"
  | "read-back-code"
  | "refresh-token"
  | "mail-link"
  | "page-csrf"
  | "mailbox-proof"
  | "signing-key-encryption";

/** Known to everybody who reads this file, hence for loopback issuers only. */
const loopbackSecret = "agent-auth loopback development secret, never used elsewhere";

export interface DerivedKey {
  /** Names the secret without telling it, so that ciphertext can say what opens it. */
  id: string;
  key: Buffer;
}

/** Keys for one purpose: of the current secret first, then of the older ones. */
export function deriveKeys(
  secrets: readonly string[] | null,
  purpose: KeyPurpose,
): [DerivedKey, ...DerivedKey[]] {
  const keys = (secrets ?? [loopbackSecret]).map((secret) => {
    const key = Buffer.from(hkdfSync("sha256", secret, "agent-auth", purpose, 32));
    return { id: createHash("sha256").update(key).digest("hex").slice(0, 8), key };
  });
  return keys as [DerivedKey, ...DerivedKey[]];
}
