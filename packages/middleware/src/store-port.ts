/**
 * Owns the interface of persistence, in the words of the protocol. Read next: `testing/store-contract.ts`, its
 * executable meaning.
 */
import type { ClaimStore } from "./claim-store-port.js";
import type { IdentityStore } from "./identity-store-port.js";
import type { MailStore } from "./mail-store-port.js";
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
import type { RefreshStore } from "./refresh-store-port.js";
import type { RetentionStore } from "./retention-store-port.js";

/** The database was locked or unreachable for longer than we wait. Answered with 503 and `Retry-After`. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

/** A token joined with what counts of the registration it belongs to. */
export interface TokenWithHolder {
  token: AccessToken;
  holder: TokenHolder;
}

/** Calls of a registration: when the last of them came, and which scopes each of them needed. */
export interface Use {
  registrationId: string;
  at: EpochSeconds;
  scopes: readonly string[];
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
export interface Store extends ClaimStore, IdentityStore, RefreshStore, MailStore, RetentionStore {
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

  /**
   * Stores when registrations were last used, and when calls last needed each of their scopes; an older time never
   * overwrites a newer one. One that comes up to `resolutionSeconds` after the stored one need not be stored: those who
   * call all the time would be written all the time, by every node. Of scopes only those are kept that the registration holds, a row for each, so rows are as few
   * as those; they go with the registration. Only `AdminQueries.listScopeUses` reads them: a store without that may
   * leave `scopes` aside.
   */
  recordUse(uses: Use[], resolutionSeconds?: number): Promise<void>;

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

  /**
   * Makes `holder` the one who does what `name` stands for, for `seconds` from now, or for as long again if it is already.
   * False while somebody else is. Time is the database's, because clocks of instances differ.
   */
  takeLease(lease: { name: string; holder: string; seconds: number }): Promise<boolean>;

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
  /** Deletes windows that are over by the same time. Returns how many; at most `limit`. */
  deleteLimitWindows(limit: number): Promise<number>;

  /** Cheap check that the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
