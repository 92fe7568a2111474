/**
 * Owns the part of persistence that identity assertions and security events need. The row of a `(issuer, subject)`
 * outlives unlinking; its `version` changes whenever power over it is taken away, and every bind is conditional on the
 * version that was read, so that a revocation between any two steps is never lost.
 */

import type { Delegation } from "./protocol/delegation.js";
import type {
  Actor,
  AttemptLink,
  AuditEvent,
  ClaimAttempt,
  EpochSeconds,
  Registration,
} from "./protocol/model.js";
import type { TrustedProvider } from "./protocol/provider.js";

export type ReserveOutcome =
  | { outcome: "reserved"; idempotencyKey: string; version: number }
  /** Somebody else is creating this user until `until`. */
  | { outcome: "busy"; until: EpochSeconds }
  /** The row names a user by now. */
  | { outcome: "linked" }
  /** The `jti` of `gone` was used before. */
  | { outcome: "replayed" }
  /** An operator has switched the issuer off; so in every verb that takes an ID-JAG further, before anything else. */
  | { outcome: "issuer_disabled" }
  /** The version is another one, or `issuedAt` does not lie after the last revocation. */
  | { outcome: "revoked" };

export type AdmitOutcome =
  | { outcome: "admitted"; registration: Registration }
  | { outcome: "suspended" }
  /** The delegation names another user, or none while `link` is off. */
  | { outcome: "changed" }
  /** Nothing is left within the ceiling of the delegation and the limit of the registration. */
  | { outcome: "no_scope" }
  | { outcome: "issuer_disabled" }
  | { outcome: "revoked" };

export type StepUpOutcome =
  | { outcome: "started"; registration: Registration }
  | { outcome: "in_flight" }
  | { outcome: "too_many"; retryAt: EpochSeconds }
  | { outcome: "suspended" }
  /** The row names a user by now: the match is clean. */
  | { outcome: "linked" }
  | { outcome: "issuer_disabled" }
  | { outcome: "revoked" };

export type BindOutcome =
  | "bound"
  | "not_allowed"
  | "in_flight"
  | "changed"
  | "no_scope"
  | "issuer_disabled"
  | "revoked"
  | "suspended";

/**
 * See `Store` for what holds for every verb.
 *
 * Trust in the issuer is asked again in the step that binds. A flow asks it first of all, and then waits for hooks of
 * the host: an ID-JAG that was in flight when an operator switched its provider off would come out of an incident as a
 * new registration, after the job that was to end them all. So once `setProviderDisabled` has returned, nothing of the
 * issuer is admitted, bound, reserved, opened or confirmed, an attempt that a person has already authorised included:
 * whose provider is not believed must not be linked on its word, and the person at the page knows nothing of the
 * incident. The attempt is not ended, though: enabled again before it lapses, it goes on. What is bound already stays.
 */
export interface IdentityStore {
  /** The row of `(issuer, subject)`, linked or not. */
  findDelegation(issuer: string, subject: string): Promise<Delegation | null>;
  /** The one registration of kind identity_assertion of `(issuer, subject)`. */
  findRegistrationBySubject(issuer: string, subject: string): Promise<Registration | null>;
  /** Whether any registration that carries the pair, whatever its kind, is suspended or past `endsAt`. */
  isSubjectStopped(issuer: string, subject: string, now: EpochSeconds): Promise<boolean>;

  /** Remembers a `jti` of a purpose and an issuer until `expiresAt`. True for the first caller only; fails closed. */
  rememberJwtId(input: {
    purpose: "id-jag";
    issuer: string;
    jti: string;
    expiresAt: EpochSeconds;
  }): Promise<boolean>;

  /**
   * Reserves the right to create the user of `(issuer, subject)`, creating the row if needed. One caller holds it
   * until `leaseUntil`; whoever comes after a lease that ran out resumes with the same `idempotencyKey`. Nobody is to
   * be created for an issuer that is switched off.
   */
  reserveDelegation(input: {
    issuer: string;
    subject: string;
    version: number;
    issuedAt: EpochSeconds;
    /** A user who is no more, if the row names one: unlinked with the reservation, which then uses up the ID-JAG. */
    gone: { userId: string; jti: string; expiresAt: EpochSeconds } | null;
    /** Used when no earlier reservation left one. */
    idempotencyKey: string;
    leaseUntil: EpochSeconds;
    now: EpochSeconds;
  }): Promise<ReserveOutcome>;
  /** Unlinks a user who no longer exists at the host. Nothing happens when the row names somebody else by now. */
  forgetGoneUser(input: { issuer: string; subject: string; userId: string }): Promise<void>;
  /** Whether the user has a link with any subject of this issuer. */
  hasLinkWithIssuer(userId: string, issuer: string): Promise<boolean>;
  /** Gives a reservation back early, because the host did not create the user; its key is kept. */
  releaseReservation(input: { issuer: string; subject: string; idempotencyKey: string }): Promise<void>;

  /**
   * Admits an agent whose provider vouches for a known user. Conditional on the terms: version equal (0: no row),
   * `issuedAt` after the last revocation, and the row names `userId`, or, with `link`, nobody: then it is linked
   * (`delegation.created` is in `audit` only when `link`). The registration of `(issuer, subject)`:
   * - none: `registration` is inserted as given;
   * - the pair is stopped (see `isSubjectStopped`), also in the other verbs: "suspended";
   * - claimed by this user and not revoked: kept, its scopes cut to those of `registration`, `idJagIssuedAt` raised;
   * - anything else: revived under its own id with generation + 1, `registration`'s user, scopes and `claimedAt`,
   *   no claim handle, no current attempt, no revocation, its `scopeLimit` as it was.
   * Scopes are cut to the ceiling of the delegation's row and to the registration's `scopeLimit` as they are now;
   * "no_scope" when nothing is left. One that is inserted or revived takes over the earliest `endsAt` of the
   * registrations that carry the pair, revoked ones included, if that is earlier than its own; one that is kept keeps
   * its own. A kept registration counts as collected from now on, and no `mail` goes out for one. Returns the registration as it stands. A `link` clears the reservation.
   */
  admitByIdJag(input: {
    terms: AttemptLink;
    link: boolean;
    registration: Registration;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<AdmitOutcome>;

  /**
   * Opens or renews the one pending claim of `(issuer, subject)`, whose matched account has not approved the link.
   * Conditional on the terms (version, `issuedAt`); creates the delegation row, unlinked, if there is none. The
   * registration: none, inserted as given with `attempt` as its current one; suspended or past `endsAt`, "suspended";
   * a person has confirmed its current attempt, that lives, and it is not claimed, "in_flight"; else it is turned back to pending
   * under its own id: new claim token hash and window, no user, scopes or `claimedAt`, generation + 1, revocation and
   * expiry cleared, not collected, poll state reset; wrong guesses and the end of the claim handle are cleared only
   * if the handle had ended or the registration was revoked, claimed or expired. `attempt` replaces the previous one;
   * its `registrationId` is set to the row's. At most `maxPerHour` attempts after `now - 3600`. Registration ids in
   * `audit` are set to the row's too.
   */
  openStepUp(input: {
    terms: AttemptLink;
    registration: Registration;
    attempt: ClaimAttempt;
    maxPerHour: number;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<StepUpOutcome>;

  /**
   * Claims an anonymous registration for the user a provider vouches for: conditional on the terms as in
   * `admitByIdJag`, on `generation`, on the claim still being open, and on `expectedAttemptId` being the current
   * attempt still: a newer one is "in_flight", and so is one that another user has confirmed while it lives. Sets user,
   * `claimedAt`, `collectedAt`, scopes, issuer and subject, generation + 1; the current attempt is replaced by nothing.
   * Scopes are cut as in `admitByIdJag`, and the earliest `endsAt` is taken over as there.
   */
  bindByIdJag(input: {
    terms: AttemptLink;
    link: boolean;
    registrationId: string;
    generation: number;
    expectedAttemptId: string | null;
    scopes: string[];
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<BindOutcome>;

  /**
   * Acts on a security event, once per `(issuer, jti)`: the memory of the `jti` and the effect are one step. The row
   * of `(issuer, subject)` is created if needed, `revokedAt` raised to `issuedAt`, version + 1; with "revoke" the user
   * and the ceiling are cleared. Every registration that carries the pair through an ID-JAG not issued after the event:
   * "revoke" ends it like `endRegistration`, "end_sessions" raises its generation and leaves nothing to collect. One of
   * kind identity_assertion that a newer ID-JAG spares has its generation raised too: what it was given before is over. Attempts that carry the pair end
   * at once. `registrationEvent` and `delegationEvent` are written per affected registration, and if a link was cut;
   * a `mail` of the former goes to the user of each, and is left out where there is none.
   */
  applySecurityEvent(input: {
    issuer: string;
    subject: string | null;
    kind: "revoke" | "end_sessions" | null;
    jti: string;
    issuedAt: EpochSeconds;
    rememberUntil: EpochSeconds;
    actor: Actor;
    reason: string;
    now: EpochSeconds;
    audit: AuditEvent[];
    registrationEvent: AuditEvent | null;
    delegationEvent: AuditEvent | null;
  }): Promise<{ first: boolean; registrations: number }>;

  /** Deletes remembered `jti`s that ended before `before`. Returns how many; at most `limit`. */
  deleteRememberedJwtIds(before: EpochSeconds, limit: number): Promise<number>;

  findProvider(issuer: string): Promise<TrustedProvider | null>;
  listProviders(): Promise<TrustedProvider[]>;
  /**
   * Inserts the entry of an issuer that has none (`seen` null), or replaces one whose policy is still that of `seen`
   * (`changedPolicy` in `protocol/provider.ts`): of two who edit the same, one is told false. `disabledAt` of an entry
   * that is there is not compared and stays as it is.
   */
  saveProvider(input: {
    provider: TrustedProvider;
    seen: TrustedProvider | null;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;
  /**
   * Disables or enables. False when it was so already or there is no such entry. `entry` is that of an issuer from the
   * options: to disable it, it is stored unless there is one; to enable it, what is stored is removed, so that an issuer
   * that leaves the options later is not trusted on by a row somebody's switch has left.
   */
  setProviderDisabled(input: {
    issuer: string;
    disabled: boolean;
    entry?: TrustedProvider | null;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;
}
