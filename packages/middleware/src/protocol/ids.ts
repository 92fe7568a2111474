/** Owns the form of ids. They are names, not secrets: they may appear in logs, URLs and the dashboard. */
import { hash } from "node:crypto";

export const idBytes = 16;
export type IdPrefix = "reg" | "clm" | "req" | "asn" | "usr" | "rtf" | "job";

/** `reg_` and 32 hexadecimal digits. `random` holds `idBytes` bytes. */
export function formatId(prefix: IdPrefix, random: Buffer): string {
  return `${prefix}_${random.toString("hex")}`;
}

/**
 * The same form for what is stored: the first eight digits are `now`, in seconds, and 96 bits are random. New rows are
 * neighbours in every index that leads with the id, so that many of them share the pages a commit has to write.
 */
export function formatRowId(prefix: IdPrefix, now: number, random: Buffer): string {
  const time = Math.max(0, now).toString(16).padStart(8, "0").slice(-8);
  return `${prefix}_${time}${random.toString("hex").slice(8)}`;
}

/** The idempotency key under which the account of a proven mailbox is created: the same one for the same address. */
export function mailboxAccountKey(address: string): string {
  return `usr_${hash("sha256", `mailbox\n${address}`, "hex").slice(0, 32)}`;
}
