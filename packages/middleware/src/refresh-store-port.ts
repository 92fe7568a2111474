/** Owns the part of persistence that refresh tokens need. A family is born with `collectClaim` or `confirmClaim`. */
import type { AuditEvent, EpochSeconds, RefreshFamily } from "./protocol/model.js";

/** See `Store` for what holds for every verb. */
export interface RefreshStore {
  findRefreshFamily(id: string): Promise<RefreshFamily | null>;
  /**
   * Makes `sequence + 1` the good number, if `sequence` still is, the family is neither revoked nor past its end, and
   * its registration is claimed, has the family's generation and is not revoked, suspended or past `endsAt`. True for
   * exactly one caller.
   */
  rotateRefreshToken(input: {
    familyId: string;
    sequence: number;
    expiresAt: EpochSeconds;
    now: EpochSeconds;
    audit: AuditEvent[];
  }): Promise<boolean>;
  /**
   * Revokes a family, and raises the generation of its registration if that is still the family's: everything that was
   * issued next to it dies too. True for the first caller only.
   */
  endRefreshFamily(input: { familyId: string; now: EpochSeconds; audit: AuditEvent[] }): Promise<boolean>;
  /** Deletes families that expired before `before`. Returns how many; at most `limit`. */
  deleteExpiredRefreshFamilies(before: EpochSeconds, limit: number): Promise<number>;
}
