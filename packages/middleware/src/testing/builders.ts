/** Owns records for tests: complete, valid, each with an identity of its own, so a test says only what it is about. */
import type { AdminJob } from "../admin-jobs-port.js";
import type {
  AccessToken,
  AttemptLink,
  AuditEvent,
  ClaimAttempt,
  Hashed,
  NewMail,
  RefreshFamily,
  Registration,
  SecretPurpose,
  StoredSigningKey,
  TokenHolder,
} from "../protocol/model.js";
import type { TrustedProvider } from "../protocol/provider.js";

/** The instant the builders' records were made at: 2027-01-15T08:00:00Z. */
export const someTime = 1_800_000_000;

let built = 0;

function nextNumber(): number {
  built += 1;
  return built;
}

/** A value of the form a hash has. It is the hash of nothing. */
export function aHash<Purpose extends SecretPurpose>(purpose: Purpose): Hashed<Purpose> {
  return `hash-of-${purpose}-${nextNumber()}` as Hashed<Purpose>;
}

/** An unclaimed anonymous registration made at `someTime`, its claim window open for a day. */
export function aRegistration(overrides: Partial<Registration> = {}): Registration {
  return {
    id: `reg_${nextNumber()}`,
    kind: "anonymous",
    clientName: "Example Agent",
    createdAt: someTime,
    createdIp: "192.0.2.1",
    userAgent: "example-agent/1.0",
    generation: 1,
    scopes: ["api.read"],
    scopeLimit: null,
    userId: null,
    claimedAt: null,
    claimTokenHash: aHash("claim_token"),
    claimExpiresAt: someTime + 86_400,
    claimEndedAt: null,
    claimEndReason: null,
    wrongGuesses: 0,
    currentAttemptId: null,
    collectedAt: null,
    pollInterval: 5,
    lastPolledAt: null,
    endsAt: null,
    suspendedAt: null,
    revokedAt: null,
    revokedBy: null,
    revokedReason: null,
    expiredAt: null,
    lastUsedAt: null,
    issuer: null,
    subject: null,
    idJagIssuedAt: null,
    ...overrides,
  };
}

/** An open attempt made at `someTime` that lives ten minutes. Give it the `registrationId` it belongs to. */
export function anAttempt(overrides: Partial<ClaimAttempt> = {}): ClaimAttempt {
  return {
    id: `att_${nextNumber()}`,
    registrationId: "reg_of_nobody",
    tokenHash: aHash("claim_attempt_token"),
    loginHint: "alice@example.com",
    userCodeHash: aHash("user_code"),
    createdAt: someTime,
    expiresAt: someTime + 600,
    createdIp: "192.0.2.1",
    userAgent: "example-agent/1.0",
    wrongGuesses: 0,
    viewedAt: null,
    confirmedAt: null,
    confirmedUserId: null,
    confirmedScopes: null,
    readBackCodeHash: null,
    deniedAt: null,
    replacedAt: null,
    link: null,
    ...overrides,
  };
}

/** What an ID-JAG of `someTime` says of a person never heard of before: the terms of a bind, the link of an attempt. */
export function aLink(overrides: Partial<AttemptLink> = {}): AttemptLink {
  return {
    issuer: "https://provider.example",
    subject: `subject_${nextNumber()}`,
    userId: "user_alice",
    version: 0,
    issuedAt: someTime,
    scopes: null,
    ...overrides,
  };
}

/** A provider an operator has added, with no demands of its own. */
export function aProvider(overrides: Partial<TrustedProvider> = {}): TrustedProvider {
  return {
    issuer: `https://provider-${nextNumber()}.example`,
    name: "Example Provider",
    jwksUri: null,
    clientIds: [],
    algorithms: ["ES256"],
    allowedEmailDomains: null,
    requiredAmr: [],
    jit: true,
    scopes: null,
    maxAuthAgeSeconds: 3600,
    source: "database",
    disabledAt: null,
    ...overrides,
  };
}

/** A token of generation 1 issued at `someTime` for an hour. Give it the `registrationId` it belongs to. */
export function aToken(overrides: Partial<AccessToken> = {}): AccessToken {
  return {
    hash: aHash("access_token"),
    registrationId: "reg_of_nobody",
    generation: 1,
    scopes: ["api.read"],
    resource: "https://api.example.com",
    createdAt: someTime,
    expiresAt: someTime + 3600,
    revokedAt: null,
    ...overrides,
  };
}

/** A chain of refresh tokens begun at `someTime` for 30 days. Give it the `registrationId` it belongs to. */
export function aRefreshFamily(overrides: Partial<RefreshFamily> = {}): RefreshFamily {
  return {
    id: `rtf_${nextNumber()}`,
    registrationId: "reg_of_nobody",
    generation: 1,
    sequence: 1,
    createdAt: someTime,
    rotatedAt: null,
    expiresAt: someTime + 30 * 86_400,
    revokedAt: null,
    ...overrides,
  };
}

/** A claim link to be mailed to a person. */
export function aMail(overrides: Partial<NewMail> = {}): NewMail {
  return {
    template: "claim_link",
    recipient: "alice@example.com",
    userId: null,
    attemptId: null,
    ...overrides,
  };
}

/** A key that signs from `someTime` on. Its halves are not real keys. */
export function aSigningKey(overrides: Partial<StoredSigningKey> = {}): StoredSigningKey {
  return {
    kid: `key_${nextNumber()}`,
    algorithm: "ES256",
    publicJwk: { kty: "EC", crv: "P-256", x: "eA", y: "eQ" },
    encryptedPrivateJwk: "Y2lwaGVydGV4dA",
    createdAt: someTime,
    signsFrom: someTime,
    retiredAt: null,
    ...overrides,
  };
}

/** An audit event of the system at `someTime`. */
export function anAuditEvent(overrides: Partial<AuditEvent> = {}): AuditEvent {
  return {
    type: "registration.created",
    at: someTime,
    actor: { kind: "system", id: null },
    ip: null,
    registrationId: null,
    detail: {},
    ...overrides,
  };
}

/** A job an operator has started at `someTime`, and nobody has worked on. */
export function anAdminJob(overrides: Partial<AdminJob> = {}): AdminJob {
  return {
    id: `job_${nextNumber()}`,
    action: "revoke",
    filter: {},
    createdBefore: null,
    actor: { kind: "operator", id: "op_1" },
    reason: "incident",
    ip: null,
    createdAt: someTime,
    advancedAt: someTime,
    cursor: null,
    passes: 0,
    changed: 0,
    unlinked: 0,
    changedInPass: 0,
    leaseUntil: null,
    finishedAt: null,
    ...overrides,
  };
}

/** What `findAccessToken` tells of a registration. */
export function holderOf(registration: Registration): TokenHolder {
  const { id, kind, clientName, userId, scopes, generation, issuer, subject } = registration;
  const { claimedAt, claimExpiresAt, currentAttemptId, endsAt, suspendedAt, revokedAt } = registration;
  return {
    id,
    kind,
    clientName,
    userId,
    scopes,
    generation,
    claimedAt,
    claimExpiresAt,
    currentAttemptId,
    endsAt,
    suspendedAt,
    revokedAt,
    issuer,
    subject,
  };
}
