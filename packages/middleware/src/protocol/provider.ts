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

/** What can be changed of an entry. Its issuer is what it is known by, and being disabled is a matter of its own. */
export const policyFields = [
  "name",
  "jwksUri",
  "clientIds",
  "algorithms",
  "allowedEmailDomains",
  "requiredAmr",
  "jit",
  "scopes",
  "maxAuthAgeSeconds",
] as const satisfies readonly (keyof TrustedProvider)[];
export type PolicyField = (typeof policyFields)[number];

/** In which parts of their policy two entries differ. The order of a list means nothing. */
export function changedPolicy(one: TrustedProvider, other: TrustedProvider): PolicyField[] {
  const textOf = (part: TrustedProvider[PolicyField]) =>
    JSON.stringify(Array.isArray(part) ? [...new Set(part)].sort() : part);
  return policyFields.filter((field) => textOf(one[field]) !== textOf(other[field]));
}

/** Entries of a list, and characters of an entry, that the audit log keeps. */
const keptEntries = 20;
const keptCharacters = 200;

/**
 * What changed, for the audit log: the names of the parts, and each part before and after. Bounded, and without the
 * query of an address, which may be a key to it.
 */
export function policyDifference(
  before: TrustedProvider,
  after: TrustedProvider,
): Record<string, string | number | boolean | null | string[]> {
  const changed = changedPolicy(before, after);
  const sides = changed.flatMap((field) => [
    [`${field}Before`, kept(field, before)] as const,
    [`${field}After`, kept(field, after)] as const,
  ]);
  return { changed, ...Object.fromEntries(sides) };
}

function kept(field: PolicyField, entry: TrustedProvider): string | number | boolean | null | string[] {
  const part = entry[field];
  if (typeof part === "string")
    return (field === "jwksUri" ? part.replace(/\?.*$/s, "?…") : part).slice(0, keptCharacters);
  if (!Array.isArray(part)) return part;
  const entries = part.slice(0, keptEntries).map((one) => one.slice(0, keptCharacters));
  return part.length > keptEntries ? [...entries, `and ${part.length - keptEntries} more`] : entries;
}

/** One public key of a provider, as operators see it. */
export interface IssuerKeySummary {
  kid: string | null;
  algorithm: string | null;
  kty: string;
  /** Since when this process has found it in every document it fetched. A key that was gone in between begins anew. */
  firstSeenAt: EpochSeconds;
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
