/** Owns the form of ids. They are names, not secrets: they may appear in logs, URLs and the dashboard. */

export const idBytes = 16;
export type IdPrefix = "reg" | "clm" | "req" | "asn" | "usr";

/** `reg_` and 32 hexadecimal digits. `random` holds `idBytes` bytes. */
export function formatId(prefix: IdPrefix, random: Buffer): string {
  return `${prefix}_${random.toString("hex")}`;
}
