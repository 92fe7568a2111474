/** Owns what counts as a `login_hint`. Today an e-mail address; the wire calls it opaque so that more can follow. */
import { domainToASCII } from "node:url";

/** Longest address SMTP can carry (RFC 5321 section 4.5.3.1.3). */
const longestAddress = 254;
// A local part and a dotted host without white space, control or bidirectional characters. Many scripts cannot be
// written without combining marks, so hosts may hold them. Delivery is the only real proof.
const address =
  /^[^\s@<>"(),:;\\[\]\p{Cc}\p{Cf}]{1,64}@(?:[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}-]{0,61}[\p{L}\p{M}\p{N}])?\.)+[\p{L}\p{M}\p{N}-]{2,63}$/u;

/**
 * Trims and lower-cases an address for comparison, its host in the ASCII form mail is delivered to (UTS 46), so that two
 * spellings of one mailbox's host are one address; null when it is not an address.
 */
export function parseLoginHint(value: string): string | null {
  const trimmed = value.trim().normalize("NFC");
  if (trimmed.length > longestAddress || !address.test(trimmed)) return null;
  const at = trimmed.lastIndexOf("@");
  const host = asciiHost(trimmed.slice(at + 1));
  const whole = `${trimmed.slice(0, at)}@${host}`.toLowerCase();
  return host !== "" && whole.length <= longestAddress ? whole : null;
}

/** A host in ASCII is one already. URL rules would read one that ends in a number as an IPv4 address; no mail goes there. */
export function asciiHost(host: string): string {
  if (/^[!-~]+$/.test(host)) return host;
  const mapped = domainToASCII(host);
  return /^[0-9.]*$/.test(mapped) ? "" : mapped;
}

/** Whether an account's address is the hinted one. */
export function isHinted(loginHint: string, email: string): boolean {
  return parseLoginHint(email) === loginHint;
}

/** `alice@example.com` as `a****@e******.com`: enough to recognise your own, too little to learn somebody's. */
export function maskAddress(email: string): string {
  const [local = "", host = ""] = email.split("@");
  const [first = "", ...rest] = host.split(".");
  const mask = (text: string) => text.slice(0, 1) + "*".repeat(Math.max(text.length - 1, 3));
  return `${mask(local)}@${[mask(first), ...rest].join(".")}`;
}
