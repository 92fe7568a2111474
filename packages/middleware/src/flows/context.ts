/** Owns what every flow is handed: the ports, and the part of the settings the flows decide by. */
import type { Metrics } from "../metrics-port.js";
import type { AssertionKeys, Clock, Random, Store } from "../ports.js";
import type { Ceremony } from "../protocol/ceremony.js";
import type { Endpoints } from "../protocol/endpoints.js";
import type { IdentityType } from "../protocol/metadata.js";

export interface FlowSettings {
  issuer: string;
  resource: string;
  preClaimScopes: readonly string[];
  postClaimScopes: readonly string[];
  identityTypes: readonly IdentityType[];
  ceremony: Ceremony;
  wrongAccount: "refuse" | "advise";
  lifetimes: {
    accessTokenSeconds: number;
    assertionSeconds: number;
    claimWindowSeconds: number;
    attemptSeconds: number;
    refreshTokenSeconds: number;
  };
  /** In days; null keeps for ever. */
  retention: {
    addressesDays: number;
    endedRegistrationsDays: number | null;
    auditDays: number | null;
  };
}

/** Told of committed audit events, so that handlers of `on` can be called. */
export interface Announcer {
  committed(): void;
}

/** How often a person may be written to because an agent named them. Fixed windows; they hold even without limits. */
export interface MailCaps {
  perAddressPerHour: number;
  perAddressPerDay: number;
  perIpPerHour: number;
  perRegistrationPerDay: number;
}

/** Keys that derive from the host's secrets, one purpose each: current first, older ones after it. */
export interface FlowKeys {
  userCode: readonly [Buffer, ...Buffer[]];
  readBackCode: readonly [Buffer, ...Buffer[]];
  refreshToken: readonly [Buffer, ...Buffer[]];
  mailLink: readonly [Buffer, ...Buffer[]];
}

export interface FlowContext {
  store: Store;
  clock: Clock;
  random: Random;
  assertionKeys: AssertionKeys;
  settings: FlowSettings;
  endpoints: Endpoints;
  keys: FlowKeys;
  announcer: Announcer;
  metrics: Metrics;
  /** Null: this service sends no mail. */
  mailCaps: MailCaps | null;
  /** Told of committed mail, so that it goes out soon. */
  outbox: Announcer;
}
