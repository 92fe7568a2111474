/** Owns the steps that stop registrations, or let them go on, which single changes and those of jobs share. */
import type { Actor, EpochSeconds } from "../../protocol/model.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";

/** What a revocation has ended. */
export interface Revoked {
  id: string;
  user_id: string | null;
  /** The pair whose link was cut with it. */
  cut: { issuer: string; subject: string } | null;
}

/** The steps; usable inside a transaction. */
export interface StandingSteps {
  /** Null: it was revoked before, or is unknown. */
  revoke(input: { registrationId: string; actor: Actor; reason: string; now: EpochSeconds }): Revoked | null;
  /** False: it was so already, or cannot be. */
  setSuspended(input: { registrationId: string; suspended: boolean; now: EpochSeconds }): boolean;
}

/** Compiles the steps. */
export function createStandingSteps(connection: Connection, delegations: DelegationSteps): StandingSteps {
  // The new generation is what kills: assertions and tokens carry the old one, and issuing or confirming anything
  // compares it. Nothing else has to be found and ended.
  const revoke = connection.prepare<{
    user_id: string | null;
    issuer: string | null;
    subject: string | null;
  }>(
    `UPDATE registrations
     SET revoked_at = @now, revoked_by = @by, revoked_reason = @reason, generation = generation + 1
     WHERE id = @registrationId AND revoked_at IS NULL RETURNING user_id, issuer, subject`,
  );
  const suspend = connection.prepare(
    `UPDATE registrations SET suspended_at = @now
     WHERE id = @registrationId AND suspended_at IS NULL AND revoked_at IS NULL`,
  );
  const resume = connection.prepare(
    `UPDATE registrations SET suspended_at = NULL
     WHERE id = @registrationId AND suspended_at IS NOT NULL`,
  );

  return {
    revoke({ registrationId, actor, reason, now }) {
      const ended = revoke.get({ registrationId, by: actor.kind, reason, now });
      if (ended === undefined) return null;
      const { user_id, issuer, subject } = ended;
      if (actor.kind === "system" || issuer === null || subject === null)
        return { id: registrationId, user_id, cut: null };
      const pair = { issuer, subject };
      // Or the next ID-JAG would undo what a person, an operator or a provider wanted.
      delegations.revoke(pair, now, now);
      return { id: registrationId, user_id, cut: delegations.unlink(pair) ? pair : null };
    },

    setSuspended({ registrationId, suspended, now }) {
      const changed = suspended ? suspend.run({ registrationId, now }) : resume.run({ registrationId });
      return changed.changes > 0;
    },
  };
}
