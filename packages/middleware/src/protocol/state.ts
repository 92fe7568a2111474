/**
 * Owns the one evaluation order of a registration's status and the one table of what may happen in which status.
 * Every path (register, claim, token, API, sweeper, dashboard) asks here (PROTOCOL section 8).
 */
import type { EpochSeconds, Registration } from "./model.js";

export const statuses = [
  "revoked",
  "suspended",
  "ended",
  "claimed",
  "expired",
  "pending_claim",
  "unclaimed",
] as const;
export type Status = (typeof statuses)[number];

type Standing = Pick<
  Registration,
  "revokedAt" | "suspendedAt" | "endsAt" | "claimedAt" | "claimExpiresAt" | "currentAttemptId"
>;

/** Evaluates the status at `now`. The order of the lines is the contract. */
export function statusOf(registration: Standing, now: EpochSeconds): Status {
  if (registration.revokedAt !== null) return "revoked";
  if (registration.suspendedAt !== null) return "suspended";
  if (registration.endsAt !== null && registration.endsAt <= now) return "ended";
  if (registration.claimedAt !== null) return "claimed";
  if (registration.claimExpiresAt <= now) return "expired";
  if (registration.currentAttemptId !== null) return "pending_claim";
  return "unclaimed";
}

/** What can happen to a registration, and in which statuses it may. */
export const transitions = {
  /** An agent starts or restarts a claim. */
  start_claim: ["unclaimed", "pending_claim"],
  /** A person authorises or denies the current attempt. */
  settle_claim: ["pending_claim"],
  /** The agent collects what the claim granted. */
  collect_claim: ["claimed"],
  /** An anonymous agent exchanges its pre-claim assertion. */
  exchange_unclaimed: ["unclaimed", "pending_claim"],
  /** Any agent exchanges an assertion after the claim. */
  exchange_claimed: ["claimed"],
  /** An agent renews its assertion with a refresh token. */
  refresh: ["claimed"],
  suspend: ["ended", "claimed", "expired", "pending_claim", "unclaimed"],
  resume: ["suspended", "revoked"],
  revoke: ["suspended", "ended", "claimed", "expired", "pending_claim", "unclaimed"],
  /** The sweeper notes that the claim window closed. */
  expire: ["expired"],
} as const satisfies Record<string, readonly Status[]>;
export type Transition = keyof typeof transitions;

/** Whether `transition` may happen in `status`. */
export function allows(status: Status, transition: Transition): boolean {
  return (transitions[transition] as readonly Status[]).includes(status);
}
