/** Owns what a registration may exchange for, and what an access token is worth now (PROTOCOL sections 5, 6, 8). */
import type { AccessToken, EpochSeconds, Registration, TokenHolder } from "./model.js";
import { intersect } from "./scopes.js";
import { allows, statusOf } from "./state.js";

/** Scopes the service offers, from its options. */
export interface ScopePolicy {
  preClaimScopes: readonly string[];
  postClaimScopes: readonly string[];
}

/**
 * What the registration is granted at `now`, or null when it may not act at all. An unclaimed anonymous registration
 * keeps the pre-claim scopes through the whole ceremony; other kinds must be claimed first.
 */
export function grantedScopes(
  registration: TokenHolder,
  policy: ScopePolicy,
  now: EpochSeconds,
): string[] | null {
  const status = statusOf(registration, now);
  if (allows(status, "exchange_claimed")) return intersect(registration.scopes, policy.postClaimScopes);
  if (registration.kind === "anonymous" && allows(status, "exchange_unclaimed"))
    return intersect(registration.scopes, policy.preClaimScopes);
  return null;
}

/** When a token or assertion issued at `now` must end: its lifetime, cut at the end of the registration's own life. */
export function expiryOf(
  registration: Registration,
  lifetimeSeconds: number,
  now: EpochSeconds,
): EpochSeconds {
  const ends = [now + lifetimeSeconds];
  if (registration.claimedAt === null) ends.push(registration.claimExpiresAt);
  if (registration.endsAt !== null) ends.push(registration.endsAt);
  return Math.min(...ends);
}

/**
 * What an access token allows at `now`: its scopes cut down to what the registration is granted now, or null when it
 * is revoked, expired, of an older generation, or for another resource.
 */
export function tokenScopes(
  token: AccessToken,
  registration: TokenHolder,
  policy: ScopePolicy & { resource: string },
  now: EpochSeconds,
): string[] | null {
  if (token.revokedAt !== null || token.expiresAt <= now) return null;
  if (token.generation !== registration.generation || token.resource !== policy.resource) return null;
  const granted = grantedScopes(registration, policy, now);
  return granted === null ? null : intersect(token.scopes, granted);
}

/** Whether a `resource` parameter names `resource`. An origin may come with or without its root slash (RFC 8707). */
export function isResource(value: string, resource: string): boolean {
  if (value === resource) return true;
  const isOrigin = (text: string) => /^https?:\/\/[^/?#]+\/?$/.test(text);
  return isOrigin(value) && isOrigin(resource) && value.replace(/\/$/, "") === resource.replace(/\/$/, "");
}
