/** Owns what a provider's security event does, in one step with the memory that it was acted on. */
import type { Store } from "../../ports.js";
import { aboutEach } from "../audit-events.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import type { RememberJwtId } from "./jwt-ids.js";

/** Registrations that carry the pair through an ID-JAG that is not newer than the event. */
const affected = `issuer = @issuer AND subject = @subject AND revoked_at IS NULL
  AND (id_jag_issued_at IS NULL OR id_jag_issued_at <= @issuedAt)`;

/** Builds the verb that acts on an event. */
export function createSecurityEventVerbs(
  connection: Connection,
  parts: { writeAudit: WriteAudit; delegations: DelegationSteps; remember: RememberJwtId },
): Pick<Store, "applySecurityEvent"> {
  const { writeAudit, delegations, remember } = parts;
  const revoke = connection.prepare<{ id: string; user_id: string | null }>(
    `UPDATE registrations
     SET revoked_at = @now, revoked_by = @by, revoked_reason = @reason, generation = generation + 1
     WHERE ${affected} RETURNING id, user_id`,
  );
  const endSessions = connection.prepare<{ id: string; user_id: string | null }>(
    `UPDATE registrations
     SET generation = generation + 1,
       collected_at = CASE WHEN claimed_at IS NULL THEN collected_at ELSE coalesce(collected_at, @now) END
     WHERE ${affected} RETURNING id, user_id`,
  );
  // A newer ID-JAG spares a registration, not what it was given before the event: the agent presents a new one. What
  // was bound after the event has nothing older to lose.
  const renew = connection.prepare(
    `UPDATE registrations SET generation = generation + 1
     WHERE issuer = @issuer AND subject = @subject AND kind = 'identity_assertion' AND revoked_at IS NULL
       AND claimed_at <= @issuedAt AND id_jag_issued_at > @issuedAt`,
  );
  // Their registrations may live on: an anonymous one is not the provider's to end before it is claimed.
  const endAttempts = connection.prepare(
    `UPDATE claim_attempts SET expires_at = @now
     WHERE link_issuer = @issuer AND link_subject = @subject AND link_issued_at <= @issuedAt
       AND denied_at IS NULL AND replaced_at IS NULL AND expires_at > @now`,
  );

  return {
    async applySecurityEvent(input) {
      const { issuer, subject, kind, jti, issuedAt, rememberUntil, actor, reason, now } = input;
      return connection.spend(() => {
        if (!remember({ purpose: "security-event", issuer, jti, expiresAt: rememberUntil }))
          return { first: false, registrations: 0 };
        writeAudit(input.audit);
        if (subject === null || kind === null) return { first: true, registrations: 0 };

        const pair = { issuer, subject };
        delegations.revoke(pair, issuedAt, now);
        const wasCut = kind === "revoke" && delegations.unlink(pair, issuedAt);
        const ended =
          kind === "revoke"
            ? revoke.all({ ...pair, issuedAt, by: actor.kind, reason, now })
            : endSessions.all({ ...pair, issuedAt, now });
        renew.run({ ...pair, issuedAt });
        endAttempts.run({ ...pair, issuedAt, now });
        const { registrationEvent, delegationEvent } = input;
        if (registrationEvent !== null) writeAudit(aboutEach(ended, registrationEvent));
        if (wasCut && delegationEvent !== null) writeAudit([delegationEvent]);
        return { first: true, registrations: ended.length };
      });
    },
  };
}
