/**
 * Owns the row that every request to the host's API pays for: a token joined with what counts of its registration. It
 * comes as an array, and only of the columns that decide: that is a good part of what reading it costs.
 */
import type { TokenWithHolder } from "../ports.js";
import type { Hashed } from "../protocol/model.js";
import { type HolderRow, holderFromRow, type TokenRow, tokenFromRow } from "./rows.js";

/** In the order of `lookupColumns`. */
export type LookupRow = [
  generation: TokenRow["generation"],
  scopes: TokenRow["scopes"],
  resource: TokenRow["resource"],
  created_at: TokenRow["created_at"],
  expires_at: TokenRow["expires_at"],
  revoked_at: TokenRow["revoked_at"],
  id: HolderRow["id"],
  kind: HolderRow["kind"],
  client_name: HolderRow["client_name"],
  user_id: HolderRow["user_id"],
  holder_scopes: HolderRow["scopes"],
  holder_generation: HolderRow["generation"],
  claimed_at: HolderRow["claimed_at"],
  claim_expires_at: HolderRow["claim_expires_at"],
  current_attempt_id: HolderRow["current_attempt_id"],
  ends_at: HolderRow["ends_at"],
  suspended_at: HolderRow["suspended_at"],
  holder_revoked_at: HolderRow["revoked_at"],
  issuer: HolderRow["issuer"],
  subject: HolderRow["subject"],
];

/** What is selected of `access_tokens AS token` and `registrations AS holder`. */
export const lookupColumns = `
  token.generation, token.scopes, token.resource, token.created_at, token.expires_at, token.revoked_at,
  holder.id, holder.kind, holder.client_name, holder.user_id, holder.scopes, holder.generation,
  holder.claimed_at, holder.claim_expires_at, holder.current_attempt_id, holder.ends_at, holder.suspended_at,
  holder.revoked_at, holder.issuer, holder.subject`;

/** The token that was looked for by `hash`, and its registration. */
export function foundFromRow(
  hash: Hashed<"access_token">,
  row: readonly [...LookupRow, ...unknown[]],
): TokenWithHolder {
  const [
    generation,
    scopes,
    resource,
    created_at,
    expires_at,
    revoked_at,
    id,
    kind,
    client_name,
    user_id,
    holder_scopes,
    holder_generation,
    claimed_at,
    claim_expires_at,
    current_attempt_id,
    ends_at,
    suspended_at,
    holder_revoked_at,
    issuer,
    subject,
  ] = row;
  return {
    token: tokenFromRow({
      hash,
      registration_id: id,
      generation,
      scopes,
      resource,
      created_at,
      expires_at,
      revoked_at,
    }),
    holder: holderFromRow({
      id,
      kind,
      client_name,
      user_id,
      scopes: holder_scopes,
      generation: holder_generation,
      claimed_at,
      claim_expires_at,
      current_attempt_id,
      ends_at,
      suspended_at,
      revoked_at: holder_revoked_at,
      issuer,
      subject,
    }),
  };
}
