/**
 * Owns the bodies of successful answers on agent endpoints: flat names (auth.md 0.2 to 0.7) and nested names (hosted
 * dialect) side by side, always from one builder. The only place where times become ISO 8601 strings.
 */
import type { ClaimAttempt, EpochSeconds, Registration, RegistrationKind } from "./model.js";
import { formatScope } from "./scopes.js";

export type Body = Record<string, unknown>;

/** `2026-11-21T10:00:00.000Z`. */
export function isoTime(at: EpochSeconds): string {
  return new Date(at * 1000).toISOString();
}

/** An assertion that was just signed, and the refresh token that goes with it, if one does. */
export interface IssuedAssertion {
  assertion: string;
  expiresAt: EpochSeconds;
  refreshToken?: { value: string; expiresAt: EpochSeconds };
}

/** The secrets of an attempt, on their one way out. */
export interface AttemptHandout {
  attempt: ClaimAttempt;
  verificationUri: string;
  /** Null when the service does not use code entry. */
  userCode: string | null;
  interval: number;
  now: EpochSeconds;
}

function identityMembers(issued: IssuedAssertion): Body {
  const expires = isoTime(issued.expiresAt);
  const { refreshToken } = issued;
  return {
    identity_assertion: issued.assertion,
    assertion_expires: expires,
    identity: {
      assertion: issued.assertion,
      expires_at: expires,
      ...(refreshToken === undefined
        ? {}
        : { refresh_token: { value: refreshToken.value, expires_at: isoTime(refreshToken.expiresAt) } }),
    },
  };
}

function registrationMembers(id: string, kind: RegistrationKind): Body {
  return { registration_id: id, id, registration_type: kind };
}

function codeMembers(handout: AttemptHandout): Body {
  return {
    verification_uri: handout.verificationUri,
    expires_in: handout.attempt.expiresAt - handout.now,
    interval: handout.interval,
    ...(handout.userCode === null ? {} : { user_code: handout.userCode }),
  };
}

function attemptMembers(handout: AttemptHandout): Body {
  return {
    id: handout.attempt.id,
    verification_uri: handout.verificationUri,
    expires_at: isoTime(handout.attempt.expiresAt),
  };
}

/** 200 of an anonymous registration. */
export function anonymousBody(input: {
  registration: Registration;
  issued: IssuedAssertion;
  claimToken: string;
  claimUrl: string;
  postClaimScopes: readonly string[];
}): Body {
  const { registration, issued, claimToken, claimUrl, postClaimScopes } = input;
  const expires = isoTime(registration.claimExpiresAt);
  // Assigned and not spread: this is the answer that is made most often, and spreading takes ten times as long.
  return Object.assign(registrationMembers(registration.id, "anonymous"), identityMembers(issued), {
    type: "anonymous",
    pre_claim_scopes: registration.scopes,
    post_claim_scopes: postClaimScopes,
    scopes: { pre_claim: registration.scopes, post_claim: postClaimScopes },
    claim_url: claimUrl,
    claim_token: claimToken,
    claim_token_expires: expires,
    claim: { token: claimToken, url: claimUrl, expires_at: expires },
  });
}

/** 200 of a service_auth registration: a claim in progress and no assertion. Also the body of a step-up. */
export function serviceAuthBody(input: {
  registration: Pick<Registration, "id" | "kind" | "claimExpiresAt">;
  handout: AttemptHandout;
  claimToken: string;
  claimUrl: string;
  postClaimScopes: readonly string[];
}): Body {
  const { registration, handout, claimToken, claimUrl, postClaimScopes } = input;
  const expires = isoTime(registration.claimExpiresAt);
  return {
    ...registrationMembers(registration.id, registration.kind),
    type: registration.kind,
    claim_url: claimUrl,
    claim_token: claimToken,
    claim_token_expires: expires,
    post_claim_scopes: postClaimScopes,
    scopes: { post_claim: postClaimScopes },
    claim: {
      token: claimToken,
      url: claimUrl,
      expires_at: expires,
      ...codeMembers(handout),
      attempt: attemptMembers(handout),
    },
  };
}

/** 200 of a claim that was started or restarted. */
export function claimStartedBody(registration: Registration, handout: AttemptHandout): Body {
  return {
    ...registrationMembers(registration.id, registration.kind),
    type: "service_auth",
    claim_attempt_id: handout.attempt.id,
    status: "initiated",
    expires_at: isoTime(handout.attempt.expiresAt),
    claim_attempt: codeMembers(handout),
    attempt: attemptMembers(handout),
  };
}

/** 200 of a registration a provider vouches for. */
export function identityAssertionBody(
  registration: Registration,
  issued: IssuedAssertion,
  scopes: readonly string[],
): Body {
  return {
    ...registrationMembers(registration.id, "identity_assertion"),
    type: "identity_assertion",
    ...identityMembers(issued),
    scopes,
  };
}

/** 200 of a claim that an ID-JAG completed. */
export function claimedBody(registration: Registration, issued: IssuedAssertion): Body {
  return {
    ...registrationMembers(registration.id, "identity_assertion"),
    status: "claimed",
    ...identityMembers(issued),
  };
}

/** 200 of a refresh. */
export function refreshedBody(registration: Registration, issued: IssuedAssertion): Body {
  return {
    ...registrationMembers(registration.id, registration.kind),
    type: "refresh",
    ...identityMembers(issued),
  };
}

/** 200 of a claim that an agent completed with the code a person read to it. */
export function completedBody(registration: Pick<Registration, "id">, issued: IssuedAssertion): Body {
  const { id } = registration;
  return { registration_id: id, id, status: "claimed", ...identityMembers(issued) };
}

/** 200 of the token endpoint (RFC 6749 section 5.1). `issued` only with the claim grant. */
export function tokenBody(input: {
  accessToken: string;
  expiresIn: number;
  scopes: readonly string[];
  issued: IssuedAssertion | null;
}): Body {
  return {
    access_token: input.accessToken,
    token_type: "Bearer",
    expires_in: input.expiresIn,
    scope: formatScope(input.scopes),
    ...(input.issued === null ? {} : identityMembers(input.issued)),
  };
}
