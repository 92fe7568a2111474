/** Owns the form of ids. They are names, not secrets: they may appear in logs, URLs and the dashboard. */
import { hash } from "node:crypto";

export const idBytes = 16;
/** Enough for the milliseconds of five centuries. */
const timeDigits = 11;
export type IdPrefix = "reg" | "clm" | "req" | "asn" | "usr" | "rtf" | "job";

/** `reg_` and 32 hexadecimal digits. `random` holds `idBytes` bytes. */
export function formatId(prefix: IdPrefix, random: Buffer): string {
  return `${prefix}_${random.toString("hex")}`;
}

/**
 * The same form for what is stored: eleven digits are the time it was made at, and 84 bits are random. `milliseconds` is
 * since the epoch. New rows are neighbours in every index that has the id in it, so that those of one commit share the
 * few pages it has to write.
 */
export function formatRowId(prefix: IdPrefix, milliseconds: number, random: Buffer): string {
  const time = milliseconds.toString(16).padStart(timeDigits, "0").slice(-timeDigits);
  return `${prefix}_${time}${random.toString("hex").slice(timeDigits)}`;
}

/** The same form, and the same id for the same words: for what must be made once however often it is asked for. */
export function formatDerivedId(prefix: IdPrefix, words: readonly (string | null)[]): string {
  return `${prefix}_${hash("sha256", JSON.stringify(words), "hex").slice(0, 2 * idBytes)}`;
}

/** The idempotency key under which the account of a proven mailbox is created: the same one for the same address. */
export function mailboxAccountKey(address: string): string {
  return `usr_${hash("sha256", `mailbox\n${address}`, "hex").slice(0, 32)}`;
}
