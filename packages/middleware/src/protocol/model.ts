/**
 * Owns the records the core works on. Values only: integer epoch seconds, arrays of scopes, and secrets as
 * branded types so that a plaintext can never be put where only its hash belongs.
 */

import type { ActorKind } from "./service-model.js";

export type {
  Actor,
  ActorKind,
  AnnouncedType,
  AuditEvent,
  AuditEventType,
  MailTemplate,
  NewMail,
  QueuedMail,
  RefreshFamily,
  StoredAuditEvent,
  StoredSigningKey,
} from "./service-model.js";

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
  /** What an operator has left of them: nobody but a person at a page grants more. Null: no such limit. */
  scopeLimit: string[] | null;
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
  /**
   * When a person authorised it. With read-back that is when the code is revealed to them: nothing is bound before the
   * agent brings it, and `expiresAt` is when the code stops working.
   */
  confirmedAt: EpochSeconds | null;
  /** Null also while confirmed, for a person who has proven a mailbox and has no account yet. */
  confirmedUserId: string | null;
  deniedAt: EpochSeconds | null;
  /** What the person left ticked when a code was revealed to them; null before that and with code entry. */
  confirmedScopes: string[] | null;
  /** The code a person reads to the agent, from the moment it is revealed. Independent of `userCodeHash`. */
  readBackCodeHash: Hashed<"user_code"> | null;
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

/** What a request tells about its sender. Neither is a proof of anything. */
export interface Caller {
  ip: string | null;
  userAgent: string | null;
}
