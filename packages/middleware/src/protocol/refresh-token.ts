/**
 * Owns the refresh tokens of agents: what one looks like and when it is good. A token is an HMAC over its family and
 * its number, so the one that follows can be told again without being stored (PROTOCOL section 8).
 */
import { createHmac, hash } from "node:crypto";
import { equalInConstantTime } from "@agent-auth/web/secrets";
import { formatId, idBytes } from "./ids.js";
import type { EpochSeconds, RefreshFamily } from "./model.js";

/** The token before the good one is honoured this long, so that a lost answer costs nothing. */
export const refreshGraceSeconds = 30;

const shape = /^rt_([0-9a-f]{32})_([1-9][0-9]{0,8})_([A-Za-z0-9_-]{43})$/;

/** What a refresh token claims to be. Says nothing about whether it is one. */
export interface RefreshToken {
  familyId: string;
  sequence: number;
  mac: string;
}

function sign(key: Buffer, familyId: string, sequence: number): string {
  return createHmac("sha256", key).update(`${familyId}\n${sequence}`).digest("base64url");
}

/** The token with this number. `familyId` is `rtf_` and 32 hexadecimal digits. */
export function formatRefreshToken(key: Buffer, familyId: string, sequence: number): string {
  return `rt_${familyId.slice("rtf_".length)}_${sequence}_${sign(key, familyId, sequence)}`;
}

/** Reads a token that one of the keys made; null for anything else. */
export function readRefreshToken(keys: readonly Buffer[], value: string): RefreshToken | null {
  const match = shape.exec(value);
  if (match === null) return null;
  const token = { familyId: `rtf_${match[1]}`, sequence: Number(match[2]), mac: match[3] as string };
  const isOurs = keys.some((key) =>
    equalInConstantTime(sign(key, token.familyId, token.sequence), token.mac),
  );
  return isOurs ? token : null;
}

/**
 * The `jti` of the assertion that goes with the family's good token: whoever asks again gets the same one. As hard to
 * guess as the id of the family, which nobody learns without one of its tokens.
 */
export function assertionIdOf({ id, sequence }: Pick<RefreshFamily, "id" | "sequence">): string {
  const digest = hash("sha256", `assertion\n${id}\n${sequence}`, "buffer");
  return formatId("asn", digest.subarray(0, idBytes));
}

/** How a token of ours stands: the good one, the one before it within its grace, or one that was used before. */
export function refreshStanding(
  family: RefreshFamily,
  sequence: number,
  now: EpochSeconds,
): "current" | "previous" | "reused" | "over" {
  if (family.revokedAt !== null || family.expiresAt <= now || sequence > family.sequence) return "over";
  if (sequence === family.sequence) return "current";
  const isPrevious = sequence === family.sequence - 1 && family.rotatedAt !== null;
  return isPrevious && now - (family.rotatedAt ?? 0) <= refreshGraceSeconds ? "previous" : "reused";
}
