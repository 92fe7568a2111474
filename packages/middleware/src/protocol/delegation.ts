/** Owns the record that a person at a provider is a user here, and what it allows (PROTOCOL sections 3 and 8). */
import type { AttemptLink, EpochSeconds } from "./model.js";
import { intersect } from "./scopes.js";

/** The one row of `(issuer, subject)`. It outlives unlinking, so that revocations are remembered. */
export interface Delegation {
  issuer: string;
  subject: string;
  /** Null: not linked. */
  userId: string | null;
  /** Starts at 1; raised whenever power over the row is taken away. */
  version: number;
  /** ID-JAGs issued at or before this moment are worthless. */
  revokedAt: EpochSeconds | null;
  /** What the person left ticked; null: everything on offer. */
  scopeCeiling: string[] | null;
  createdAt: EpochSeconds;
  linkedAt: EpochSeconds | null;
}

/** Whether an ID-JAG issued at `issuedAt` is older than the last revocation. */
export function isRevokedBy(delegation: Delegation | null, issuedAt: EpochSeconds): boolean {
  return delegation !== null && delegation.revokedAt !== null && issuedAt <= delegation.revokedAt;
}

/** Whether the link of an attempt could still be made. The bind decides for good. */
export function isLinkable(delegation: Delegation | null, link: AttemptLink): boolean {
  if (delegation === null) return true;
  // What was no row then is version 1 now, unless something was taken back.
  const isUnchanged = delegation.version === Math.max(link.version, 1);
  const isTheirs = delegation.userId === null || delegation.userId === link.userId;
  return isUnchanged && isTheirs && !isRevokedBy(delegation, link.issuedAt);
}

/** What an agent of a provider is granted: what is on offer, within the provider's and the person's ceiling. */
export function grantedByProvider(
  offered: readonly string[],
  providerCeiling: readonly string[] | null,
  delegation: Delegation | null,
): string[] {
  const withinProvider = providerCeiling === null ? [...offered] : intersect(offered, providerCeiling);
  const ceiling = delegation?.scopeCeiling ?? null;
  return ceiling === null ? withinProvider : intersect(withinProvider, ceiling);
}

/** What a person can grant to the agent of an attempt: what is on offer, within the ceilings of provider and ID-JAG. */
export function grantableByPerson(
  offered: readonly string[],
  providerCeiling: readonly string[] | null,
  link: AttemptLink | null,
): string[] {
  const withinProvider = grantedByProvider(offered, providerCeiling, null);
  return intersect(withinProvider, link?.scopes ?? withinProvider);
}
