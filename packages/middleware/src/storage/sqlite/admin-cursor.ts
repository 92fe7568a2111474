/** Owns cursors: a cut between two rows of a listing, as text that nobody else reads and nobody can abuse. */
import type { Cursor } from "../../admin-queries-port.js";

/** Values of the columns a listing is sorted by. */
export type Place = (number | string)[];

/** A cut right in front of a place, or right behind it, in the order of the listing. */
export interface Cut {
  place: Place;
  side: "before" | "after";
}

/** Longer than any cursor of ours; anything longer is not worth decoding. */
const longestCursor = 4096;

/** `name` says which listing and order the cut is one of. */
export function cursorOf(name: string, { place, side }: Cut): Cursor {
  return Buffer.from(JSON.stringify([name, side, ...place])).toString("base64url");
}

/** The cut of a cursor, or null when it is none of this listing: malformed, foreign or made up. */
export function cutOf(cursor: Cursor, name: string, example: Place): Cut | null {
  if (cursor.length > longestCursor) return null;
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(cursor, "base64url").toString());
  } catch {
    return null;
  }
  if (!Array.isArray(content) || content.length !== example.length + 2) return null;
  const [ofName, side, ...place] = content as unknown[];
  if (ofName !== name || (side !== "before" && side !== "after")) return null;
  const isSound = example.every((sample, index) => {
    const value = place[index];
    return typeof value === typeof sample && (typeof value === "string" || Number.isSafeInteger(value));
  });
  return isSound ? { place: place as Place, side } : null;
}
