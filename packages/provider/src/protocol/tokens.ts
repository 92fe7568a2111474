/** Owns the claims of everything this provider signs, and the checks on what comes back. */
import type { User } from "./model.js";

/** `typ` of an ID-JAG (draft-ietf-oauth-identity-assertion-authz-grant section 3.1). */
export const idJagType = "oauth-id-jag+jwt";
/** `typ` of the ID token an agent runtime holds after its user signed in. */
export const subjectTokenType = "JWT";
/** `typ` of a Security Event Token (RFC 8417 section 2.3). */
export const securityEventType = "secevent+jwt";

export const idJagUrn = "urn:ietf:params:oauth:token-type:id-jag";
export const idTokenUrn = "urn:ietf:params:oauth:token-type:id_token";
export const revokedEvent = "https://schemas.workos.com/events/agent/auth/identity/assertion/revoked";

/** How people sign in here: a password (RFC 8176). */
const methods = ["pwd"];

type Claims = Record<string, unknown>;

/** What a service may know about the person. Only what is verified is worth a match, and it is marked as such. */
function personClaims(user: User): Claims {
  return {
    email: user.email,
    email_verified: user.emailVerified,
    ...(user.phone === null ? {} : { phone_number: user.phone, phone_number_verified: user.phoneVerified }),
    name: user.name,
  };
}

export interface SubjectTokenInput {
  issuer: string;
  clientId: string;
  user: User;
  authTime: number;
  now: number;
  lifetimeSeconds: number;
}

/** An ID token for the agent runtime itself, which it exchanges for ID-JAGs. */
export function subjectTokenClaims(input: SubjectTokenInput): Claims {
  const { issuer, clientId, user, authTime, now, lifetimeSeconds } = input;
  return {
    iss: issuer,
    sub: user.id,
    aud: clientId,
    iat: now,
    exp: now + lifetimeSeconds,
    auth_time: authTime,
    amr: methods,
    ...personClaims(user),
  };
}

/** What is used of a subject token whose signature and `typ` are good; null when it is not for this client, now. */
export function readSubjectToken(
  claims: Claims,
  expected: { issuer: string; clientId: string; now: number },
): { userId: string; authTime: number } | null {
  const { iss, aud, exp, sub, auth_time: authTime } = claims;
  if (iss !== expected.issuer || aud !== expected.clientId) return null;
  if (typeof exp !== "number" || exp <= expected.now) return null;
  return typeof sub === "string" && typeof authTime === "number" ? { userId: sub, authTime } : null;
}

export interface IdJagInput {
  issuer: string;
  user: User;
  audience: string;
  clientId: string;
  jti: string;
  authTime: number;
  now: number;
  lifetimeSeconds: number;
  resources?: string[];
  scope?: string | undefined;
  agentPlatform?: string | undefined;
  agentContextId?: string | undefined;
}

/** An ID-JAG: `aud` is one string, and `auth_time` is when the person really signed in, not when this is minted. */
export function idJagClaims(input: IdJagInput): Claims {
  const { user, now, resources = [] } = input;
  return {
    iss: input.issuer,
    sub: user.id,
    aud: input.audience,
    client_id: input.clientId,
    jti: input.jti,
    iat: now,
    exp: now + input.lifetimeSeconds,
    auth_time: input.authTime,
    amr: methods,
    ...personClaims(user),
    ...(resources.length === 0 ? {} : { resource: resources.length === 1 ? resources[0] : resources }),
    ...(input.scope === undefined ? {} : { scope: input.scope }),
    ...(input.agentPlatform === undefined ? {} : { agent_platform: input.agentPlatform }),
    ...(input.agentContextId === undefined ? {} : { agent_context_id: input.agentContextId }),
  };
}

/** A Security Event Token without `exp`, as RFC 8417 section 2.2 has it. */
export function securityEventClaims(input: {
  issuer: string;
  audience: string;
  subject: string;
  jti: string;
  now: number;
  type: string;
  payload: Claims;
}): Claims {
  return {
    iss: input.issuer,
    iat: input.now,
    jti: input.jti,
    aud: input.audience,
    sub: input.subject,
    events: { [input.type]: input.payload },
  };
}
