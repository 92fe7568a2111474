/**
 * Owns the interface of persistence, in the words of the protocol. Read next: `testing/store-contract.ts`, its
 * executable meaning.
 */
import type { IdentityStore } from "./identity-store-port.js";
import type {
  AccessToken,
  Actor,
  AuditEvent,
  AuditEventType,
  ClaimAttempt,
  EpochSeconds,
  Hashed,
  Registration,
  StoredAuditEvent,
  StoredSigningKey,
  TokenHolder,
} from "./protocol/model.js";

/** The database was locked or unreachable for longer than we wait. Answered with 503 and `Retry-After`. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

export type AttemptOutcome =
  | { outcome: "started" }
  /** The registration no longer allows a claim to start: revoked, suspended, claimed, expired or ended. */
  | { outcome: "not_allowed" }
  /** A person has confirmed the current attempt. */
  | { outcome: "in_flight" }
  /** The hourly budget is spent; `retryAt` is when its oldest attempt leaves the hour. */
  | { outcome: "too_many"; retryAt: EpochSeconds };

export type GuessOutcome =
  | { outcome: "spent"; attemptGuesses: number; claimGuesses: number }
  /** A budget was used up before, so nothing was spent and nothing may be compared. */
  | { outcome: "exhausted" };

export type CollectOutcome = "collected" | "already_collected" | "not_allowed";

/** A token joined with what counts of the registration it belongs to. */
export interface TokenWithHolder {
  token: AccessToken;
  holder: TokenHolder;
}

/** How much of the hour's budget is used. `resetSeconds` is at least 1. */
export interface LimitUse {
  used: number;
  resetSeconds: number;
}

/**
 * Persistence. Every verb is one atomic step: of any number of concurrent callers exactly one succeeds, and a verb
 * that answers "no" has changed nothing, its audit events included. No verb reads a clock. All may throw
 * `StoreUnavailable`. Verbs that take power away or spend something survive a power cut once they have returned.
 */
export interface Store extends IdentityStore {
  /** Inserts a registration, its first attempt if there is one, and their audit events. */
  createRegistration(input: {
    registration: Registration;
    attempt: ClaimAttempt | null;
    audit: AuditEvent[];
  }): Promise<void>;

  findRegistration(id: string): Promise<Registration | null>;
  findRegistrationByClaimToken(hash: Hashed<"claim_token">): Promise<Registration | null>;
  /** Newest first, revoked ones included. */
  findRegistrationsByUser(userId: string, limit: number): Promise<Registration[]>;
  /** Claimed registrations of the user that are not revoked. */
  countClaimedByUser(userId: string): Promise<number>;

  findAttempt(id: string): Promise<ClaimAttempt | null>;
  findAttemptByToken(hash: Hashed<"claim_attempt_token">): Promise<ClaimAttempt | null>;

  /**
   * Makes `attempt` the current attempt of its registration, replaces the previous one and resets the poll interval
   * and `lastPolledAt`, if at `now` the registration is not revoked, suspended, past `endsAt`, claimed, claim-ended or past its window, no
   * person has confirmed the current attempt, and fewer than `maxPerHour` attempts were created after `now - 3600`.
   * With `expectedAttemptId`, another current attempt than that one is "in_flight": it must not be replaced unseen.
   */
  startAttempt(input: {
    attempt: ClaimAttempt;
    expectedAttemptId?: string | null;
    pollInterval: number;
    maxPerHour: number;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<AttemptOutcome>;

  /** Notes the first view of an attempt. True for the first caller only. */
  markViewed(input: { attemptId: string; now: EpochSeconds; audit: AuditEvent[] }): Promise<boolean>;

  /**
   * Spends one guess on the attempt and on its claim, before anything is compared, if both are below their limits.
   * Fails closed: whoever cannot spend may not compare.
   */
  spendGuess(input: { attemptId: string; maxPerAttempt: number; maxPerClaim: number }): Promise<GuessOutcome>;

  /** Ends the claim handle for good after too many wrong codes. True for the first caller only. */
  lockClaim(input: { registrationId: string; now: EpochSeconds; audit: AuditEvent[] }): Promise<boolean>;

  /**
   * Binds the registration to a person: user, `claimedAt`, scopes, generation + 1. True for exactly one caller, and
   * only while the attempt is current, unreplaced, undenied and unexpired, the registration's generation equals
   * `generation`, and it is not revoked, suspended, past `endsAt`, claimed, claim-ended or past its window.
   * An attempt with a `link` binds only its `userId`, and links the delegation in the same step: the row must have the
   * link's version (0: no row, or version 1 without a revocation), no revocation at or after its `issuedAt`, and no
   * other user; its ceiling becomes `scopes`, the registration carries issuer, subject and `issuedAt` from then on.
   * Events of type delegation.created in `audit` are left out when the row was linked to this user before.
   */
  confirmClaim(input: {
    attemptId: string;
    registrationId: string;
    generation: number;
    userId: string;
    scopes: string[];
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;

  /** Ends the claim handle for good because the person refused. Same conditions as `confirmClaim`, generation apart. */
  denyClaim(input: {
    attemptId: string;
    registrationId: string;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;

  /**
   * Records a poll. `early` when less than the registration's interval has passed since the last one; the interval
   * then grows by `step` up to `ceiling`. The first poll is never early.
   */
  recordPoll(input: {
    registrationId: string;
    step: number;
    ceiling: number;
    now: EpochSeconds;
  }): Promise<{ early: boolean; interval: number }>;

  /**
   * Marks the finished claim as collected and stores its first access token. "collected" for exactly one caller, if
   * the registration is claimed, not revoked, suspended or ended, and its generation equals the token's.
   */
  collectClaim(input: {
    token: AccessToken;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<CollectOutcome>;

  /** Stores a token if at `now` its registration has its generation and is not revoked, suspended or past `endsAt`. */
  issueAccessToken(input: { token: AccessToken; now: EpochSeconds; audit: AuditEvent[] }): Promise<boolean>;

  /** One indexed read, no write: the token and its registration, however both stand. */
  findAccessToken(hash: Hashed<"access_token">): Promise<TokenWithHolder | null>;

  /** True for the first caller; false for unknown and already revoked tokens. */
  revokeAccessToken(input: {
    hash: Hashed<"access_token">;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;

  /** Stores when registrations were last used; an older time never overwrites a newer one. */
  recordUse(uses: { registrationId: string; at: EpochSeconds }[]): Promise<void>;

  /**
   * The one teardown: tokens, assertion, claim handle and attempts die together with the generation. `as: "revoked"`
   * works in every status but revoked; `as: "expired"` only for an unclaimed registration whose window is over and
   * was not expired before; `as: "uncollected"` revokes a claimed registration whose window is over and that nobody has
   * collected, and unlinks nothing. True for the first caller only. "revoked" by anybody but the system also unlinks the
   * delegation of a registration that carries one: user and ceiling cleared, `revokedAt` raised to `now`, version + 1,
   * and `delegationEvent` is written; other registrations that carry the same pair stay as they are.
   */
  endRegistration(input: {
    registrationId: string;
    as: "revoked" | "expired" | "uncollected";
    actor: Actor;
    reason: string;
    now: EpochSeconds;
    audit: AuditEvent[];
    delegationEvent?: AuditEvent | null;
  }): Promise<boolean>;

  /**
   * Sets or clears the suspension. False when it was so already, the registration is unknown, or a suspension is set on
   * a revoked one; one that was revoked while suspended can be resumed, or it could never be revived.
   */
  setSuspended(input: {
    registrationId: string;
    suspended: boolean;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;

  /** Ids of unclaimed registrations whose window closed by `now` and that were not expired yet, oldest first. */
  findExpired(now: EpochSeconds, limit: number): Promise<string[]>;
  /**
   * Ids of claimed registrations never collected whose attempt-born delivery window is over by `now`: both
   * `claimExpiresAt` and `claimedAt + graceSeconds` have passed. Oldest first.
   */
  findUncollected(now: EpochSeconds, graceSeconds: number, limit: number): Promise<string[]>;
  /** Deletes access tokens that expired before `before`. Returns how many; at most `limit`. */
  deleteExpiredTokens(before: EpochSeconds, limit: number): Promise<number>;

  /** Newest first by `signsFrom`. */
  listSigningKeys(): Promise<StoredSigningKey[]>;
  /**
   * Adds a key if the newest stored `kid` is still `newestKid` (null: there is none), and retires the previous newest
   * one at `key.signsFrom`. Two nodes that both want the next key: one wins.
   */
  addSigningKey(input: {
    key: StoredSigningKey;
    newestKid: string | null;
    audit: AuditEvent[];
  }): Promise<boolean>;
  /** Deletes keys retired before `before`. */
  deleteRetiredKeys(before: EpochSeconds): Promise<number>;

  appendAudit(events: AuditEvent[]): Promise<void>;
  /** Oldest first. `afterId` pages. */
  listAudit(filter: {
    registrationId?: string;
    type?: AuditEventType;
    afterId?: number;
    limit: number;
  }): Promise<StoredAuditEvent[]>;
  /** Events of these types with `after < at <= before` that no handler has been told of. Oldest first. */
  listUnannounced(filter: {
    types: AuditEventType[];
    after: EpochSeconds;
    before: EpochSeconds;
    limit: number;
  }): Promise<StoredAuditEvent[]>;
  markAnnounced(ids: number[]): Promise<void>;

  /** Adds one to a fixed window and answers how full it is. Keeps its own time (see `docs/storage.md`). */
  consumeLimit(input: { key: string; windowSeconds: number }): Promise<LimitUse>;

  /** Cheap check that the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
