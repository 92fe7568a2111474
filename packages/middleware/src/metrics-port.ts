/**
 * Owns what is counted. Every label has few values, all of them words of ours: nothing a caller sends, no id, no
 * issuer. Read next: `system/prometheus.ts`, which gives the names.
 */
import type { RegistrationKind } from "./protocol/model.js";

/** Values of labels, in full, so that every series is there from the start. */
export const guardOutcomes = [
  "passed",
  "authentication_required",
  "malformed_credentials",
  "invalid_token",
  "insufficient_scope",
  "unavailable",
] as const;
export type GuardOutcome = (typeof guardOutcomes)[number];

export const claimOutcomes = ["started", "confirmed", "denied", "locked"] as const;
export const endings = ["revoked", "expired", "uncollected"] as const;
export const grants = ["jwt-bearer", "claim"] as const;
export const mailOutcomes = ["sent", "postponed", "failed"] as const;
export const keyFetchOutcomes = ["fetched", "failed"] as const;
export const jobActions = ["revoke", "suspend", "resume"] as const;
export const storeUsers = ["request", "guard", "limit"] as const;

/** Told of what happened once it did. Never throws, returns at once. */
export interface Metrics {
  /** A request on one of our endpoints was answered. `refusal`: its error name, or "" when it was not refused. */
  request(seen: { route: string; status: number; refusal: string; seconds: number }): void;
  /** A guard of the host's routes has decided. */
  guard(outcome: GuardOutcome, seconds: number): void;
  registered(kind: RegistrationKind): void;
  claim(outcome: (typeof claimOutcomes)[number]): void;
  ended(how: (typeof endings)[number], count?: number): void;
  accessTokenIssued(grant: (typeof grants)[number]): void;
  mail(outcome: (typeof mailOutcomes)[number]): void;
  keyFetch(outcome: (typeof keyFetchOutcomes)[number]): void;
  /** A job of operators changed a registration. */
  jobChange(action: (typeof jobActions)[number]): void;
  /** The database did not answer. */
  storeUnavailable(user: (typeof storeUsers)[number]): void;
}

const nothing = () => {};

/** Where nobody counts. */
export const noMetrics: Metrics = {
  request: nothing,
  guard: nothing,
  registered: nothing,
  claim: nothing,
  ended: nothing,
  accessTokenIssued: nothing,
  mail: nothing,
  keyFetch: nothing,
  jobChange: nothing,
  storeUnavailable: nothing,
};

/** What we use of a `Registry` of prom-client; structural, so that nobody has to have that package. */
export interface MetricsRegistry {
  getSingleMetric(name: string): unknown;
  registerMetric(metric: object): void;
}
