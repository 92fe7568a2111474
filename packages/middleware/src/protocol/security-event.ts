/**
 * Owns the checks on a Security Event Token and what its events mean here (RFC 8417, RFC 8935, PROTOCOL section 7).
 * Pure: trust is looked up and the signature checked in between.
 */
import { isKeyId, isName, isNumericDate, isType, type UnverifiedJws } from "./compact-jws.js";
import { Refusal } from "./errors.js";
import { clockSkewSeconds } from "./id-jag.js";
import type { EpochSeconds } from "./model.js";

export const securityEventType = "secevent+jwt";
/** An event is acted on at most this long after it was issued. */
export const longestEventAgeSeconds = 86_400;

export const assertionRevokedEvent =
  "https://schemas.workos.com/events/agent/auth/identity/assertion/revoked";
export const sessionRevokedEvent = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
export const accountDisabledEvent = "https://schemas.openid.net/secevent/risc/event-type/account-disabled";

/** What an event does to everything that carries `(iss, sub)`. "revoke" also unlinks the delegation. */
export type EventEffect = "revoke" | "end_sessions";
const effects: Record<string, EventEffect> = {
  [assertionRevokedEvent]: "revoke",
  [accountDisabledEvent]: "revoke",
  [sessionRevokedEvent]: "end_sessions",
};

/** Advertised as `events_supported`: exactly those with an effect. */
export const enforcedEvents: readonly string[] = Object.keys(effects);

export interface VerifiedSecurityEvent {
  issuer: string;
  jti: string;
  /** By the issuer's clock, which may be ahead of ours: it is compared with what else that clock has dated. */
  issuedAt: EpochSeconds;
  /** Null when no event in the token has an effect on a subject of this issuer. */
  effect: { subject: string; kind: EventEffect; types: string[] } | null;
}

/** Form, `typ` and that there is an issuer to ask about. Refuses with `invalid_request`. */
export function checkEventForm(jws: UnverifiedJws | null): UnverifiedJws {
  if (jws === null) throw refuse("invalid_request", "The body is not one compact JWS of at most 16 KiB.");
  if (!isType(jws.header.typ, securityEventType))
    throw refuse("invalid_request", `The header typ is not ${securityEventType}.`);
  if (Object.hasOwn(jws.header, "crit"))
    throw refuse("invalid_request", "The header has crit, which is not supported.");
  if (!isKeyId(jws.header.kid)) throw refuse("invalid_request", "The header kid is not a short string.");
  if (typeof jws.payload.iss !== "string")
    throw refuse("invalid_request", "The claim iss is missing or not a string.");
  return jws;
}

/** The claims of a token whose signature is good. */
export function checkEventClaims(
  claims: Record<string, unknown>,
  policy: { issuer: string; audience: string; now: EpochSeconds },
): VerifiedSecurityEvent {
  const { aud, iat, exp, jti, events } = claims;
  const audiences: unknown[] = Array.isArray(aud) ? aud : [aud];
  if (!audiences.includes(policy.audience))
    throw refuse("invalid_audience", "The token is for somebody else.");
  if (!isName(jti))
    throw refuse("invalid_request", "The claim jti is missing or longer than 255 characters.");
  if (!isNumericDate(iat)) throw refuse("invalid_request", "The claim iat is missing or not a number.");
  if (iat > policy.now + clockSkewSeconds) throw refuse("invalid_request", "The claim iat is in the future.");
  if (iat < policy.now - longestEventAgeSeconds)
    throw refuse("invalid_request", "The token is older than a day.");
  // A SET normally has no exp; one that has passed is a token nobody means to be acted on.
  if (exp !== undefined && (!isNumericDate(exp) || exp + clockSkewSeconds <= policy.now))
    throw refuse("invalid_request", "The token has expired.");
  if (
    typeof events !== "object" ||
    events === null ||
    Array.isArray(events) ||
    Object.keys(events).length === 0
  )
    throw refuse("invalid_request", "The claim events is not an object with at least one event.");
  const types = Object.keys(events);
  for (const type of types) {
    const payload: unknown = (events as Record<string, unknown>)[type];
    if (typeof payload !== "object" || payload === null || Array.isArray(payload))
      throw refuse("invalid_request", "An event payload is not an object.");
  }
  const enforced = types.filter((type) => Object.hasOwn(effects, type));
  const base = { issuer: policy.issuer, jti, issuedAt: Math.floor(iat) };
  if (enforced.length === 0) return { ...base, effect: null };
  const subject = subjectOf(claims, policy.issuer, enforced);
  if (subject === null) return { ...base, effect: null };
  // The stronger of two effects wins.
  const kind = enforced.some((type) => effects[type] === "revoke") ? "revoke" : "end_sessions";
  return { ...base, effect: { subject, kind, types: enforced } };
}

/**
 * The subject, from `sub_id` (RFC 9493, `iss_sub`) or, for the auth.md event, from `sub`. Null when the token names a
 * subject of another issuer: a provider can speak for its own people only.
 */
function subjectOf(claims: Record<string, unknown>, issuer: string, types: string[]): string | null {
  const { sub, sub_id: subjectId } = claims;
  if (subjectId !== undefined) {
    if (typeof subjectId !== "object" || subjectId === null || Array.isArray(subjectId))
      throw refuse("invalid_request", "The claim sub_id is not an object.");
    const { format, iss, sub: named } = subjectId as Record<string, unknown>;
    if (format !== "iss_sub" || !isName(named) || typeof iss !== "string")
      throw refuse("invalid_request", "The claim sub_id is not a complete iss_sub subject.");
    if (sub !== undefined && sub !== named)
      throw refuse("invalid_request", "sub and sub_id contradict each other.");
    return iss === issuer ? named : null;
  }
  if (!isName(sub)) throw refuse("invalid_request", "The token names no subject.");
  if (types.some((type) => type !== assertionRevokedEvent))
    throw refuse("invalid_request", "This event type names its subject in sub_id.");
  return sub;
}

function refuse(code: "invalid_request" | "invalid_audience", description: string): Refusal {
  return new Refusal(`event_${code}`, { description });
}
