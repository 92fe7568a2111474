/** Owns what every flow is handed: the ports, and the part of the settings the flows decide by. */
import type { AssertionKeys, Clock, Random, Store } from "../ports.js";
import type { Endpoints } from "../protocol/endpoints.js";
import type { IdentityType } from "../protocol/metadata.js";

export interface FlowSettings {
  issuer: string;
  resource: string;
  preClaimScopes: readonly string[];
  postClaimScopes: readonly string[];
  identityTypes: readonly IdentityType[];
  wrongAccount: "refuse" | "advise";
  lifetimes: {
    accessTokenSeconds: number;
    assertionSeconds: number;
    claimWindowSeconds: number;
    attemptSeconds: number;
  };
}

/** Told of committed audit events, so that handlers of `on` can be called. */
export interface Announcer {
  committed(): void;
}

export interface FlowContext {
  store: Store;
  clock: Clock;
  random: Random;
  assertionKeys: AssertionKeys;
  settings: FlowSettings;
  endpoints: Endpoints;
  /** Keys of user codes: current first, older ones after it. */
  userCodeKeys: readonly [Buffer, ...Buffer[]];
  announcer: Announcer;
}
