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
/** Tokens whose places in the file are kept, some 150 bytes each. */
const knownPlaces = 100_000;

type PlacedRow = [...LookupRow, tokenRowid: number, holderRowid: number];

/** Compiles the lookup once and returns it. */
export function createTokenLookup(
  connection: Connection,
): (hash: Hashed<"access_token">) => Promise<TokenWithHolder | null> {
  const find = createPlacedLookup(connection);
  const known = new Map<string, { writes: number; version: number; found: TokenWithHolder }>();
  return (hash) =>
    connection.readTogether(() => {
      // Asked before the row is read: whatever is committed in between makes the next call read it again.
      const [writes, version] = [connection.ownWrites(), connection.foreignVersion()];
      const remembered = known.get(hash);
      if (remembered?.writes === writes && remembered.version === version) return remembered.found;
      const found = find(hash);
      if (known.size >= knownTokens) known.clear();
      if (found !== null) known.set(hash, { writes, version, found });
      return found;
    });
}

/**
 * Reads the row where it was the last time. That is only a guess, because a VACUUM gives rows other numbers: what is
 * read there counts if it is the token and its registration, else both are looked for by their names. It spares a walk
 * through two indexes, half of what reading takes among a million registrations.
 */
function createPlacedLookup(
  connection: Connection,
): (hash: Hashed<"access_token">) => TokenWithHolder | null {
  const columns = `${lookupColumns}, token.rowid, holder.rowid`;
  const select = connection.prepare<PlacedRow>(
    `SELECT ${columns}
     FROM access_tokens AS token JOIN registrations AS holder ON holder.id = token.registration_id
     WHERE token.hash = ?`,
    { asArrays: true },
  );
  // With a plus a column is compared and no index of it is used.
  const selectAt = connection.prepare<PlacedRow>(
    `SELECT ${columns} FROM access_tokens AS token JOIN registrations AS holder ON holder.rowid = ?
     WHERE token.rowid = ? AND +token.hash = ? AND +holder.id = token.registration_id`,
    { asArrays: true },
  );
  const places = new Map<string, { token: number; holder: number }>();
  return (hash) => {
    const place = places.get(hash);
    const there = place === undefined ? undefined : selectAt.get(place.holder, place.token, hash);
    if (there !== undefined) return foundFromRow(hash, there);
    const row = select.get(hash);
    if (row === undefined) return null;
    if (places.size >= knownPlaces) places.clear();
    const [holder = 0, token = 0] = [row.at(-1), row.at(-2)].map(Number);
    places.set(hash, { token, holder });
    return foundFromRow(hash, row);
  };
}
