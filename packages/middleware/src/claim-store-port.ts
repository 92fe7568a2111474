/** Owns the part of persistence that a claim needs: its attempts, its guesses, and its endings. */
import type {
  AccessToken,
  AuditEvent,
  ClaimAttempt,
  EpochSeconds,
  Hashed,
  RefreshFamily,
} from "./protocol/model.js";

export type AttemptOutcome =
  | { outcome: "started" }
  /** The registration no longer allows a claim to start: revoked, suspended, claimed, expired or ended. */
  | { outcome: "not_allowed" }
  /** A person has confirmed the current attempt. */
  | { outcome: "in_flight" }
  /** The attempt has a link whose issuer an operator has switched off (see `IdentityStore`). */
  | { outcome: "issuer_disabled" }
  /** The hourly budget is spent; `retryAt` is when its oldest attempt leaves the hour. */
  | { outcome: "too_many"; retryAt: EpochSeconds };

export type GuessOutcome =
  | { outcome: "right" }
  /** Counted, with the wrong guesses of the attempt and of its claim by now. */
  | { outcome: "wrong"; attemptGuesses: number; claimGuesses: number }
  /** A budget was used up before, so nothing was compared and nothing counted. */
  | { outcome: "exhausted" };

export type CollectOutcome = "collected" | "already_collected" | "not_allowed";

/** See `Store` for what holds for every verb. */
export interface ClaimStore {
  findAttempt(id: string): Promise<ClaimAttempt | null>;
  /** How many attempts of a registration were created after `after`. */
  countAttempts(input: { registrationId: string; after: EpochSeconds }): Promise<number>;
  findAttemptByToken(hash: Hashed<"claim_attempt_token">): Promise<ClaimAttempt | null>;

  /**
   * Makes `attempt` the current attempt of its registration, replaces the previous one and resets the poll interval
   * and `lastPolledAt`, if at `now` the registration is not revoked, suspended, past `endsAt`, claimed, claim-ended or past its window, no
   * person has confirmed the current attempt while it lives (unexpired, guesses left), and fewer than `maxPerHour` attempts were created after `now - 3600`.
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
   * Judges one guess at a code of the attempt: `isRight` is asked, and a wrong one counted on the attempt and on its
   * claim, if both are below their limits. One step: of any number of guesses at once no more are compared than the
   * budget allows, and nobody ever sees a right one counted. Fails closed. `isRight` may be asked again when the step
   * is tried again, so it has no effects.
   */
  spendGuess(input: {
    attemptId: string;
    isRight: () => boolean;
    maxPerAttempt: number;
    maxPerClaim: number;
  }): Promise<GuessOutcome>;

  /** Ends the claim handle for good after too many wrong codes. True for the first caller only. */
  lockClaim(input: { registrationId: string; now: EpochSeconds; audit: AuditEvent[] }): Promise<boolean>;

  /**
   * Notes that a person authorised the attempt and that a read-back code was revealed to them: `confirmedAt`,
   * `confirmedUserId`, `confirmedScopes`, the hash of the code, and `expiresAt` as the end of it. Binds nothing. True
   * for exactly one caller, under the conditions of `denyClaim` and only while nobody has confirmed the attempt.
   */
  revealReadBackCode(input: {
    attemptId: string;
    registrationId: string;
    userId: string | null;
    scopes: string[];
    codeHash: Hashed<"user_code">;
    expiresAt: EpochSeconds;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;

  /**
   * Binds the registration to a person: user, `claimedAt`, scopes, generation + 1. True for exactly one caller, and
   * only while the attempt is current, unreplaced, undenied and unexpired, the registration's generation equals
   * `generation`, and it is not revoked, suspended, past `endsAt`, claimed, claim-ended or past its window.
   * An attempt that was confirmed before, by revealing a code, binds only the user it was confirmed by, if it names one.
   * With `delivery` the agent that asks is given everything at once: the claim counts as collected and the family is
   * stored; `scopes` must be among the `confirmedScopes` there are now, if any. A `scopeLimit` is lifted: a person has
   * decided anew. An attempt with a `link` binds only its `userId`, and links the delegation in the same step: the row must have the
   * link's version (0: no row, or version 1 without a revocation), no revocation at or after its `issuedAt`, and no
   * other user; the issuer is not switched off and the pair not stopped. Its ceiling becomes `scopes`, the registration
   * carries issuer, subject and `issuedAt` from then on and takes over the earliest `endsAt` as in `admitByIdJag`.
   * Events of type delegation.created in `audit` are left out when the row was linked to this user before.
   */
  confirmClaim(input: {
    attemptId: string;
    registrationId: string;
    generation: number;
    userId: string;
    scopes: string[];
    delivery?: { refreshFamily: RefreshFamily };
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;

  /**
   * Ends the claim handle for good because the person refused. Same conditions as `confirmClaim`, generation and who
   * confirmed apart.
   */
  denyClaim(input: {
    attemptId: string;
    registrationId: string;
    /** Whether it is enough that the claim is open, and the attempt its current one, alive or not. */
    evenIfOver?: boolean;
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
   * Marks the finished claim as collected and stores its first access token and the family of its refresh tokens. "collected" for exactly one caller, if
   * the registration is claimed, not revoked, suspended or ended, and its generation equals the token's.
   */
  collectClaim(input: {
    token: AccessToken;
    refreshFamily: RefreshFamily;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<CollectOutcome>;
}
