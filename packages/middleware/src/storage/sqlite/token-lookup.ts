/**
 * Owns the one read every request to the host's API pays for: a token joined with what counts of its registration.
 * A row that was read is used again only while the database is in the very state it was read in, so nothing here can
 * outlive a revocation, on whichever connection it was committed.
 */
import type { TokenWithHolder } from "../../ports.js";
import type { Hashed } from "../../protocol/model.js";
import { foundFromRow, type LookupRow, lookupColumns } from "../lookup-row.js";
import type { Connection } from "./connection.js";

/** Tokens whose rows are kept, a few hundred bytes each. */
const knownTokens = 10_000;

/** Compiles the lookup once and returns it. */
export function createTokenLookup(
  connection: Connection,
): (hash: Hashed<"access_token">) => Promise<TokenWithHolder | null> {
  const select = connection.prepare<LookupRow>(
    `SELECT ${lookupColumns}
     FROM access_tokens AS token JOIN registrations AS holder ON holder.id = token.registration_id
     WHERE token.hash = ?`,
    { asArrays: true },
  );
  const known = new Map<string, { writes: number; version: number; found: TokenWithHolder }>();
  return (hash) =>
    connection.readTogether(() => {
      // Asked before the row is read: whatever is committed in between makes the next call read it again.
      const [writes, version] = [connection.ownWrites(), connection.foreignVersion()];
      const remembered = known.get(hash);
      if (remembered?.writes === writes && remembered.version === version) return remembered.found;
      const row = select.get(hash);
      const found = row === undefined ? null : foundFromRow(hash, row);
      if (known.size >= knownTokens) known.clear();
      if (found !== null) known.set(hash, { writes, version, found });
      return found;
    });
}
