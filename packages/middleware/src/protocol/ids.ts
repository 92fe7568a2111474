/** Owns the form of ids. They are names, not secrets: they may appear in logs, URLs and the dashboard. */
import { hash } from "node:crypto";

export const idBytes = 16;
export type IdPrefix = "reg" | "clm" | "req" | "asn" | "usr" | "rtf" | "job";

/** `reg_` and 32 hexadecimal digits. `random` holds `idBytes` bytes. */
export function formatId(prefix: IdPrefix, random: Buffer): string {
  return `${prefix}_${random.toString("hex")}`;
}

/** The idempotency key under which the account of a proven mailbox is created: the same one for the same address. */
export function mailboxAccountKey(address: string): string {
  return `usr_${hash("sha256", `mailbox\n${address}`, "hex").slice(0, 32)}`;
}
