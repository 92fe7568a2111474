/**
 * Owns the one read every request to the host's API pays for: a token joined with what counts of its registration.
 * Rows come as arrays here and only of the columns that decide: that is a good part of what the read costs. A row that
 * was read is used again only while the database is in the very state it was read in, so nothing here can outlive a
 * revocation, on whichever connection it was committed.
 */
import type { TokenWithHolder } from "../../ports.js";
import type { Hashed } from "../../protocol/model.js";
import { type HolderRow, holderFromRow, type TokenRow, tokenFromRow } from "../rows.js";
import type { Connection } from "./connection.js";

type Columns = [
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

/** Tokens whose rows are kept, a few hundred bytes each. */
const knownTokens = 10_000;

/** In the order of `Columns`. */
const lookup = `
  SELECT token.generation, token.scopes, token.resource, token.created_at, token.expires_at, token.revoked_at,
    holder.id, holder.kind, holder.client_name, holder.user_id, holder.scopes, holder.generation,
    holder.claimed_at, holder.claim_expires_at, holder.current_attempt_id, holder.ends_at, holder.suspended_at,
    holder.revoked_at, holder.issuer, holder.subject
  FROM access_tokens AS token JOIN registrations AS holder ON holder.id = token.registration_id
  WHERE token.hash = ?`;

/** Compiles the lookup once and returns it. */
export function createTokenLookup(
  connection: Connection,
): (hash: Hashed<"access_token">) => Promise<TokenWithHolder | null> {
  const select = connection.prepare<Columns>(lookup).raw(true);
  const known = new Map<string, { writes: number; version: number; found: TokenWithHolder }>();
  const look = (hash: Hashed<"access_token">): TokenWithHolder | null => {
    const row = select.get(hash);
    if (row === undefined) return null;
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
    const registration_id = id;
    return {
      token: tokenFromRow({
        hash,
        registration_id,
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
  };
  return (hash) =>
    connection.readTogether(() => {
      // Asked before the row is read: whatever is committed in between makes the next call read it again.
      const [writes, version] = [connection.ownWrites(), connection.foreignVersion()];
      const remembered = known.get(hash);
      if (remembered?.writes === writes && remembered.version === version) return remembered.found;
      const found = look(hash);
      if (known.size >= knownTokens) known.clear();
      if (found !== null) known.set(hash, { writes, version, found });
      return found;
    });
}
