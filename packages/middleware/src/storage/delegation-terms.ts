/** Owns when what a caller has read of a delegation still holds, for every store: rows in, an answer out. */
import type { AttemptLink } from "../protocol/model.js";
import { intersect } from "../protocol/scopes.js";
import type { DelegationRow } from "./identity-rows.js";
import type { RegistrationRow } from "./rows.js";
import { scopesFromText } from "./scope-text.js";

/** Names a row. */
export interface Pair {
  issuer: string;
  subject: string;
}

/** What a caller read before: the version of the row, 0 for none, and the moment of the ID-JAG it acts on. */
type Terms = Pick<AttemptLink, "version" | "issuedAt">;

/**
 * Whether the terms still hold. A caller who saw no row may find one that somebody else has created meanwhile: as long
 * as nothing was ever taken back it still has version 1, and nothing the caller relied on has changed.
 */
export function termsHold(row: DelegationRow | undefined, { version, issuedAt }: Terms): boolean {
  if (row === undefined) return version === 0;
  if (row.revoked_at !== null && issuedAt <= row.revoked_at) return false;
  return row.version === version || (version === 0 && row.version === 1 && row.revoked_at === null);
}

/** Whether a caller with these terms may act for their user: the row names that user, or nobody and it may be linked. */
export function mayBind(
  row: DelegationRow | undefined,
  terms: AttemptLink,
  link: boolean,
): "yes" | "changed" | "revoked" {
  if (!termsHold(row, terms)) return "revoked";
  const userId = row?.user_id ?? null;
  if (userId === null) return link ? "yes" : "changed";
  return userId === terms.userId ? "yes" : "changed";
}

/** What may be granted now: what the caller worked out, within what the person has left ticked meanwhile. */
export function withinCeiling(scopes: readonly string[], delegation: DelegationRow | undefined): string[] {
  const ceiling = delegation?.scope_ceiling ?? null;
  return ceiling === null ? [...scopes] : intersect(scopes, scopesFromText(ceiling));
}

/** What of it an operator has left to the registration, if there is one: without a person at a page, no more. */
export function withinLimit(
  scopes: readonly string[],
  row: Pick<RegistrationRow, "scope_limit"> | undefined,
): string[] {
  const limit = row?.scope_limit ?? null;
  return limit === null ? [...scopes] : intersect(scopes, scopesFromText(limit));
}
