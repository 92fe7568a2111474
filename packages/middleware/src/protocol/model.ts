/**
 * Owns the records the core works on. Values only: integer epoch seconds, arrays of scopes, and secrets as
 * branded types so that a plaintext can never be put where only its hash belongs.
 */

declare const brand: unique symbol;
type Branded<Base, Name extends string> = Base & { readonly [brand]: Name };

/** What a secret is for. The purpose is part of its type and of its hash, so two kinds never mix. */
export type SecretPurpose = "access_token" | "claim_token" | "claim_attempt_token" | "user_code";

/** A secret as its holder sees it. Leaves the server once, is never stored, never logged. */
export type Plaintext<Purpose extends SecretPurpose> = Branded<string, `plaintext:${Purpose}`>;

/** The only form of a secret that fits a column. */
export type Hashed<Purpose extends SecretPurpose> = Branded<string, `hash:${Purpose}`>;

/** How an agent registered (PROTOCOL section 3). */
export type RegistrationKind = "anonymous" | "service_auth" | "identity_assertion";

/** Integer seconds since 1970-01-01T00:00:00Z. */
export type EpochSeconds = number;

/** Why a claim handle is over for good: the person refused, or too many wrong codes were typed. */
export type ClaimEndReason = "denied" | "locked";

/** One agent's standing at this service. */
export interface Registration {
  id: string;
  kind: RegistrationKind;
  /** As the agent gave it: unverified text, at most 100 characters. */
  clientName: string | null;
  createdAt: EpochSeconds;
  createdIp: string | null;
  userAgent: string | null;
  /** Stamped into assertions and access tokens; a change of it makes all earlier ones worthless. */
  generation: number;
  /** What the agent is granted now. */
  scopes: string[];
  userId: string | null;
  claimedAt: EpochSeconds | null;
  claimTokenHash: Hashed<"claim_token"> | null;
  /** End of the claim window. */
  claimExpiresAt: EpochSeconds;
  claimEndedAt: EpochSeconds | null;
  claimEndReason: ClaimEndReason | null;
  /** Wrong codes over all attempts of this claim. */
  wrongGuesses: number;
  /** The attempt that counts; an older one was replaced. */
  currentAttemptId: string | null;
  /** When the tokens of the finished claim were handed out, which happens once. */
  collectedAt: EpochSeconds | null;
  /** Seconds the agent must leave between two polls. */
  pollInterval: number;
  lastPolledAt: EpochSeconds | null;
  /** End date set by an operator. */
  endsAt: EpochSeconds | null;
  suspendedAt: EpochSeconds | null;
  revokedAt: EpochSeconds | null;
  revokedBy: ActorKind | null;
  revokedReason: string | null;
  /** Set by the sweeper when the claim window closed; the status does not wait for it. */
  expiredAt: EpochSeconds | null;
  /** Batched, so up to some seconds behind. */
  lastUsedAt: EpochSeconds | null;
  /** The person at a provider this registration carries, once an ID-JAG has bound it. Both or neither. */
  issuer: string | null;
  subject: string | null;
  /** `iat` of the newest ID-JAG accepted for it. */
  idJagIssuedAt: EpochSeconds | null;
}

/** The part of a registration that decides what its access tokens are worth, and names the agent to the host. */
export type TokenHolder = Pick<
  Registration,
  | "id"
  | "kind"
  | "clientName"
  | "userId"
  | "scopes"
  | "generation"
  | "claimedAt"
  | "claimExpiresAt"
  | "currentAttemptId"
  | "endsAt"
  | "suspendedAt"
  | "revokedAt"
  | "issuer"
  | "subject"
>;

/** One try at a claim. */
export interface ClaimAttempt {
  id: string;
  registrationId: string;
  tokenHash: Hashed<"claim_attempt_token">;
  /** The address the agent named, trimmed and lower-cased. */
  loginHint: string;
  userCodeHash: Hashed<"user_code"> | null;
  createdAt: EpochSeconds;
  expiresAt: EpochSeconds;
  createdIp: string | null;
  userAgent: string | null;
  wrongGuesses: number;
  viewedAt: EpochSeconds | null;
  confirmedAt: EpochSeconds | null;
  confirmedUserId: string | null;
  deniedAt: EpochSeconds | null;
  /** Set when a newer attempt took its place. */
  replacedAt: EpochSeconds | null;
  /** What an ID-JAG opened this attempt for; null for an attempt by hint. */
  link: AttemptLink | null;
}

/** The link an attempt would make. It belongs to the attempt and locks it to one account. */
export interface AttemptLink {
  issuer: string;
  subject: string;
  /** The only user who may settle the attempt. */
  userId: string;
  /** Version of the delegation row the match was based on; 0 when there was none. */
  version: number;
  /** `iat` of the ID-JAG. */
  issuedAt: EpochSeconds;
  /** The ID-JAG's own cap on what may be granted; null: none. */
  scopes: string[] | null;
}

/** An opaque bearer token, known by its hash. */
export interface AccessToken {
  hash: Hashed<"access_token">;
  registrationId: string;
  /** Generation of the registration when the token was issued. */
  generation: number;
  scopes: string[];
  /** RFC 8707 resource the token is bound to. */
  resource: string;
  createdAt: EpochSeconds;
  expiresAt: EpochSeconds;
  revokedAt: EpochSeconds | null;
}

/** A key we sign assertions with. The private half is encrypted at rest. */
export interface StoredSigningKey {
  kid: string;
  algorithm: "ES256";
  publicJwk: Record<string, string>;
  /** AES-256-GCM ciphertext of the private JWK. */
  encryptedPrivateJwk: string;
  createdAt: EpochSeconds;
  /** Published before this moment, signs from it on. */
  signsFrom: EpochSeconds;
  /** Set when a newer key takes over: from then on it only verifies. */
  retiredAt: EpochSeconds | null;
}

/** Who did something. */
export type ActorKind = "agent" | "user" | "provider" | "operator" | "system";
export interface Actor {
  kind: ActorKind;
  /** Registration id, user id, issuer or operator id; null for the system. */
  id: string | null;
}

/** Names of PROTOCOL section 11, as far as they are built. */
export type AuditEventType =
  | "registration.created"
  | "registration.expired"
  | "registration.revoked"
  | "registration.suspended"
  | "registration.resumed"
  | "assertion.issued"
  | "token.issued"
  | "token.revoked"
  | "claim.requested"
  | "claim.viewed"
  | "claim.confirmed"
  | "claim.denied"
  | "claim.locked"
  | "user_code.minted"
  | "delegation.created"
  | "delegation.deleted"
  | "provider.added"
  | "provider.changed"
  | "provider.disabled"
  | "event.received"
  | "event.rejected"
  | "key.rotated";

/** One line of the append-only audit log. Holds no token, no code and no full hint. */
export interface AuditEvent {
  type: AuditEventType;
  at: EpochSeconds;
  actor: Actor;
  ip: string | null;
  registrationId: string | null;
  detail: Record<string, string | number | boolean | null | string[]>;
}

/** An audit event as it was stored. */
export interface StoredAuditEvent extends AuditEvent {
  id: number;
}

/** What a request tells about its sender. Neither is a proof of anything. */
export interface Caller {
  ip: string | null;
  userAgent: string | null;
}
