/** Owns what the host's `secrets` are used for: keys for one purpose each. */
import { type DerivedKey, deriveKeys as derive } from "@agent-auth/web/secrets";

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

/** Keys for one purpose: of the current secret first, then of the older ones. */
export function deriveKeys(
  secrets: readonly string[] | null,
  purpose: KeyPurpose,
): [DerivedKey, ...DerivedKey[]] {
  return derive(secrets ?? [loopbackSecret], "agent-auth", purpose);
}
