/** Owns what the events of the audit log are called and how grave they look, in English. */
import type { Tone } from "./words.js";

const names: Record<string, [string, Tone]> = {
  "registration.created": ["Registered", "accent"],
  "registration.expired": ["Expired unclaimed", "neutral"],
  "registration.revoked": ["Revoked", "bad"],
  "registration.suspended": ["Suspended", "attention"],
  "registration.resumed": ["Resumed", "good"],
  "registration.narrowed": ["Scopes narrowed", "attention"],
  "registration.end_date_set": ["End date set", "attention"],
  "assertion.issued": ["Assertion issued", "neutral"],
  "assertion.refreshed": ["Assertion refreshed", "neutral"],
  "token.issued": ["Access token issued", "neutral"],
  "token.revoked": ["Access token revoked", "bad"],
  "claim.requested": ["Claim requested", "accent"],
  "claim.viewed": ["Claim page opened", "neutral"],
  "claim.confirmed": ["Claimed", "good"],
  "claim.denied": ["Claim denied", "bad"],
  "claim.locked": ["Claim locked", "bad"],
  "user_code.minted": ["Code shown", "neutral"],
  "delegation.created": ["Delegation linked", "good"],
  "delegation.deleted": ["Delegation unlinked", "attention"],
  "provider.added": ["Provider added", "attention"],
  "provider.changed": ["Provider changed", "attention"],
  "provider.disabled": ["Provider disabled", "bad"],
  "event.received": ["Provider event received", "accent"],
  "event.rejected": ["Provider event rejected", "bad"],
  "mail.sent": ["Mail sent", "neutral"],
  "mail.failed": ["Mail failed", "bad"],
  "key.rotated": ["Signing key rotated", "attention"],
};

/** Types that can be filtered for, in the order of the list. */
export const auditTypes = Object.keys(names);

export function auditName(type: string): string {
  return names[type]?.[0] ?? type;
}

export function auditTone(type: string): Tone {
  return names[type]?.[1] ?? "neutral";
}

export const actorWords: Record<string, string> = {
  agent: "Agent",
  user: "Person",
  provider: "Provider",
  operator: "Operator",
  system: "System",
};
