/** Owns what the service knows about a provider it trusts. Trust is configuration: no token ever adds to it. */
import type { EpochSeconds } from "./model.js";

/** Algorithms a provider may sign with unless it is narrowed. All asymmetric. */
export const assertionAlgorithms = ["ES256", "RS256", "PS256", "EdDSA"] as const;
export type AssertionAlgorithm = (typeof assertionAlgorithms)[number];

/** One entry of the trust list. */
export interface TrustedProvider {
  /** Compared character by character with `iss`. */
  issuer: string;
  /** Shown to people. Never taken from a token. */
  name: string;
  /** Pins the place of the keys; otherwise it is discovered. */
  jwksUri: string | null;
  /** `client_id` values accepted besides the issuer itself. */
  clientIds: string[];
  algorithms: AssertionAlgorithm[];
  /** Null: any domain. Compared with the part after the @, exactly. */
  allowedEmailDomains: string[] | null;
  /** Every one of these must be in `amr`. Empty: no demand. */
  requiredAmr: string[];
  /** Whether people without an account may get one. */
  jit: boolean;
  /** What agents of this provider can be granted at most. Null: everything on offer. */
  scopes: string[] | null;
  maxAuthAgeSeconds: number;
  /** Where the entry comes from: options are read-only, rows are the operators'. */
  source: "options" | "database";
  disabledAt: EpochSeconds | null;
}

/** One public key of a provider, as operators see it. */
export interface IssuerKeySummary {
  kid: string | null;
  algorithm: string | null;
  kty: string;
}

/** What is known of a provider's keys. */
export interface IssuerKeyState {
  /** Where they come from; null until that is known. */
  jwksUri: string | null;
  keys: IssuerKeySummary[];
  fetchedAt: EpochSeconds | null;
  /** Why the last fetch failed, in a sentence; null when it did not. */
  failure: string | null;
}
