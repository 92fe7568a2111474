/** Owns the form of ids. They are names, not secrets: they may appear in logs, URLs and the dashboard. */
import { hash } from "node:crypto";

export const idBytes = 16;
export type IdPrefix = "reg" | "clm" | "req" | "asn" | "usr" | "rtf" | "job";

/** `reg_` and 32 hexadecimal digits. `random` holds `idBytes` bytes. */
export function formatId(prefix: IdPrefix, random: Buffer): string {
  return `${prefix}_${random.toString("hex")}`;
}

/**
 * The same form for what is stored: eight digits are `now`, in seconds, three the milliseconds into that second, and 84
 * bits are random. New rows are neighbours in every index that has the id in it, so that those of one commit share the
 * few pages it has to write.
 */
export function formatRowId(
  prefix: IdPrefix,
  time: { now: number; milliseconds: number },
  random: Buffer,
): string {
  const digits = (value: number, count: number) =>
    Math.max(0, value).toString(16).padStart(count, "0").slice(-count);
  const order = digits(time.now, 8) + digits(time.milliseconds, 3);
  return `${prefix}_${order}${random.toString("hex").slice(order.length)}`;
}

/** The idempotency key under which the account of a proven mailbox is created: the same one for the same address. */
export function mailboxAccountKey(address: string): string {
  return `usr_${hash("sha256", `mailbox\n${address}`, "hex").slice(0, 32)}`;
}
