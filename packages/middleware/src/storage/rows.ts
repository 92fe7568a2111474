/**
 * Owns the translation between rows and records: the only place that knows how a record is spelled in columns.
 * Rows have the column names as keys, scopes as one space-separated text, objects as JSON text.
 */
import type { AccessToken, ClaimAttempt, Registration, TokenHolder } from "../protocol/model.js";
import { linkFromRow } from "./identity-rows.js";
import { scopesFromText, scopesToText } from "./scope-text.js";
import type { accessTokens, claimAttempts, registrations } from "./sqlite/schema.js";

/** A row of `registrations`. */
export type RegistrationRow = typeof registrations.$inferSelect;
/** A row of `claim_attempts`. */
export type AttemptRow = typeof claimAttempts.$inferSelect;
/** A row of `access_tokens`. */
export type TokenRow = typeof accessTokens.$inferSelect;

/** The row that stores a registration. */
export function registrationToRow(record: Registration): RegistrationRow {
  return {
    id: record.id,
    kind: record.kind,
    client_name: record.clientName,
    created_at: record.createdAt,
    created_ip: record.createdIp,
    user_agent: record.userAgent,
    generation: record.generation,
    scopes: scopesToText(record.scopes),
    scope_limit: record.scopeLimit === null ? null : scopesToText(record.scopeLimit),
    user_id: record.userId,
    claimed_at: record.claimedAt,
    claim_token_hash: record.claimTokenHash,
    claim_expires_at: record.claimExpiresAt,
    claim_ended_at: record.claimEndedAt,
    claim_end_reason: record.claimEndReason,
    wrong_guesses: record.wrongGuesses,
    current_attempt_id: record.currentAttemptId,
    collected_at: record.collectedAt,
    poll_interval: record.pollInterval,
    last_polled_at: record.lastPolledAt,
    ends_at: record.endsAt,
    suspended_at: record.suspendedAt,
    revoked_at: record.revokedAt,
    revoked_by: record.revokedBy,
    revoked_reason: record.revokedReason,
    expired_at: record.expiredAt,
    last_used_at: record.lastUsedAt,
    issuer: record.issuer,
    subject: record.subject,
    id_jag_issued_at: record.idJagIssuedAt,
  };
}

/** The registration a row stores. */
export function registrationFromRow(row: RegistrationRow): Registration {
  return {
    id: row.id,
    kind: row.kind as Registration["kind"],
    clientName: row.client_name,
    createdAt: row.created_at,
    createdIp: row.created_ip,
    userAgent: row.user_agent,
    generation: row.generation,
    scopes: scopesFromText(row.scopes),
    scopeLimit: row.scope_limit === null ? null : scopesFromText(row.scope_limit),
    userId: row.user_id,
    claimedAt: row.claimed_at,
    claimTokenHash: row.claim_token_hash as Registration["claimTokenHash"],
    claimExpiresAt: row.claim_expires_at,
    claimEndedAt: row.claim_ended_at,
    claimEndReason: row.claim_end_reason as Registration["claimEndReason"],
    wrongGuesses: row.wrong_guesses,
    currentAttemptId: row.current_attempt_id,
    collectedAt: row.collected_at,
    pollInterval: row.poll_interval,
    lastPolledAt: row.last_polled_at,
    endsAt: row.ends_at,
    suspendedAt: row.suspended_at,
    revokedAt: row.revoked_at,
    revokedBy: row.revoked_by as Registration["revokedBy"],
    revokedReason: row.revoked_reason,
    expiredAt: row.expired_at,
    lastUsedAt: row.last_used_at,
    issuer: row.issuer,
    subject: row.subject,
    idJagIssuedAt: row.id_jag_issued_at,
  };
}

/** The columns of a registration that its tokens depend on. */
export type HolderRow = Pick<
  RegistrationRow,
  | "id"
  | "kind"
  | "client_name"
  | "user_id"
  | "scopes"
  | "generation"
  | "claimed_at"
  | "claim_expires_at"
  | "current_attempt_id"
  | "ends_at"
  | "suspended_at"
  | "revoked_at"
  | "issuer"
  | "subject"
>;

/** What a token's registration is, as far as the token depends on it. */
export function holderFromRow(row: HolderRow): TokenHolder {
  return {
    id: row.id,
    kind: row.kind as TokenHolder["kind"],
    clientName: row.client_name,
    userId: row.user_id,
    scopes: scopesFromText(row.scopes),
    generation: row.generation,
    claimedAt: row.claimed_at,
    claimExpiresAt: row.claim_expires_at,
    currentAttemptId: row.current_attempt_id,
    endsAt: row.ends_at,
    suspendedAt: row.suspended_at,
    revokedAt: row.revoked_at,
    issuer: row.issuer,
    subject: row.subject,
  };
}

/** The row that stores an attempt. */
export function attemptToRow(record: ClaimAttempt): AttemptRow {
  return {
    id: record.id,
    registration_id: record.registrationId,
    token_hash: record.tokenHash,
    login_hint: record.loginHint,
    user_code_hash: record.userCodeHash,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    created_ip: record.createdIp,
    user_agent: record.userAgent,
    wrong_guesses: record.wrongGuesses,
    viewed_at: record.viewedAt,
    confirmed_at: record.confirmedAt,
    denied_at: record.deniedAt,
    replaced_at: record.replacedAt,
    confirmed_user_id: record.confirmedUserId,
    confirmed_scopes: record.confirmedScopes === null ? null : scopesToText(record.confirmedScopes),
    read_back_code_hash: record.readBackCodeHash,
    link_issuer: record.link?.issuer ?? null,
    link_subject: record.link?.subject ?? null,
    link_user_id: record.link?.userId ?? null,
    link_version: record.link?.version ?? null,
    link_issued_at: record.link?.issuedAt ?? null,
    link_scopes: record.link?.scopes == null ? null : scopesToText(record.link.scopes),
  };
}

/** The attempt a row stores. */
export function attemptFromRow(row: AttemptRow): ClaimAttempt {
  return {
    id: row.id,
    registrationId: row.registration_id,
    tokenHash: row.token_hash as ClaimAttempt["tokenHash"],
    loginHint: row.login_hint,
    userCodeHash: row.user_code_hash as ClaimAttempt["userCodeHash"],
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    createdIp: row.created_ip,
    userAgent: row.user_agent,
    wrongGuesses: row.wrong_guesses,
    viewedAt: row.viewed_at,
    confirmedAt: row.confirmed_at,
    deniedAt: row.denied_at,
    replacedAt: row.replaced_at,
    confirmedUserId: row.confirmed_user_id,
    confirmedScopes: row.confirmed_scopes === null ? null : scopesFromText(row.confirmed_scopes),
    readBackCodeHash: row.read_back_code_hash as ClaimAttempt["readBackCodeHash"],
    link: linkFromRow(row),
  };
}

/** The row that stores a token. */
export function tokenToRow(record: AccessToken): TokenRow {
  return {
    hash: record.hash,
    registration_id: record.registrationId,
    generation: record.generation,
    scopes: scopesToText(record.scopes),
    resource: record.resource,
    created_at: record.createdAt,
    expires_at: record.expiresAt,
    revoked_at: record.revokedAt,
  };
}

/** The token a row stores. */
export function tokenFromRow(row: TokenRow): AccessToken {
  return {
    hash: row.hash as AccessToken["hash"],
    registrationId: row.registration_id,
    generation: row.generation,
    scopes: scopesFromText(row.scopes),
    resource: row.resource,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
  };
}
