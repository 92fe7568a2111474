/** Owns what a provider's security event does, in one step with the memory that it was acted on. */
import type { Store } from "../../ports.js";
import { aboutEach } from "../audit-events.js";
import type { WriteAudit } from "./audit.js";
import type { Connection } from "./connection.js";
import type { DelegationSteps } from "./delegation-steps.js";
import type { RememberJwtId } from "./jwt-ids.js";
import type { Locks } from "./locks.js";

/** Registrations that carry the pair through an ID-JAG that is not newer than the event. */
const affected = `issuer = @issuer AND subject = @subject AND revoked_at IS NULL
  AND (id_jag_issued_at IS NULL OR id_jag_issued_at <= @issuedAt)`;

/** Attempts that an event ends. Their registrations may live on: an unclaimed one is not the provider's to end. */
const affectedAttempts = `link_issuer = @issuer AND link_subject = @subject AND link_issued_at <= @issuedAt
  AND denied_at IS NULL AND replaced_at IS NULL AND expires_at > @now`;

interface Ended {
  id: string;
  user_id: string | null;
}

/** Builds the verb that acts on an event. */
export function createSecurityEventVerbs(
  connection: Connection,
  parts: { writeAudit: WriteAudit; locks: Locks; delegations: DelegationSteps; remember: RememberJwtId },
): Pick<Store, "applySecurityEvent"> {
  const { writeAudit, locks, delegations, remember } = parts;
  // All that will be touched, in the order every verb locks registrations in.
  const lockAll = connection.prepare(
    `SELECT 1 FROM agent_auth.registrations
     WHERE id IN (SELECT id FROM agent_auth.registrations WHERE issuer = @issuer AND subject = @subject
                  UNION SELECT registration_id FROM agent_auth.claim_attempts WHERE ${affectedAttempts})
     ORDER BY id FOR NO KEY UPDATE`,
  );
  const revoke = connection.prepare<Ended>(
    `UPDATE agent_auth.registrations
     SET revoked_at = @now, revoked_by = @by, revoked_reason = @reason, generation = generation + 1
     WHERE ${affected} RETURNING id, user_id`,
  );
  const endSessions = connection.prepare<Ended>(
    `UPDATE agent_auth.registrations
     SET generation = generation + 1,
       collected_at = CASE WHEN claimed_at IS NULL THEN collected_at ELSE coalesce(collected_at, @now) END
     WHERE ${affected} RETURNING id, user_id`,
  );
  // A newer ID-JAG spares a registration, not what it was given before the event: the agent presents a new one. What
  // was bound after the event has nothing older to lose.
  const renew = connection.prepare(
    `UPDATE agent_auth.registrations SET generation = generation + 1
     WHERE issuer = @issuer AND subject = @subject AND kind = 'identity_assertion' AND revoked_at IS NULL
       AND claimed_at <= @issuedAt AND id_jag_issued_at > @issuedAt`,
  );
  const endAttempts = connection.prepare(
    `UPDATE agent_auth.claim_attempts SET expires_at = @now WHERE ${affectedAttempts}`,
  );

  return {
    async applySecurityEvent(input) {
      const { issuer, subject, kind, jti, issuedAt, rememberUntil, actor, reason, now } = input;
      return connection.spend(async (transaction) => {
        const event = { purpose: "security-event", issuer, jti, expiresAt: rememberUntil } as const;
        if (!(await remember(transaction, event)))
          return transaction.refuse({ first: false, registrations: 0 });
        if (subject === null || kind === null) {
          writeAudit(transaction, input.audit);
          return { first: true, registrations: 0 };
        }

        const pair = { issuer, subject };
        const row = await locks.pair(transaction, pair, now);
        transaction.send(lockAll, { ...pair, issuedAt, now });
        const cut = kind === "revoke" && delegations.unlink(transaction, row, issuedAt);
        delegations.revoke(transaction, pair, issuedAt);
        const ended = await transaction.run(kind === "revoke" ? revoke : endSessions, {
          ...pair,
          ...{ issuedAt, by: actor.kind, reason, now },
        });
        transaction.send(renew, { ...pair, issuedAt });
        transaction.send(endAttempts, { ...pair, issuedAt, now });
        const { registrationEvent, delegationEvent } = input;
        writeAudit(transaction, [
          ...input.audit,
          ...(registrationEvent === null ? [] : aboutEach(ended, registrationEvent)),
          ...(cut && delegationEvent !== null ? [delegationEvent] : []),
        ]);
        return { first: true, registrations: ended.length };
      });
    },
  };
}
