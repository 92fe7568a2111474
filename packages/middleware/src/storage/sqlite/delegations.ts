/** Owns delegations as such: finding them, reserving the creation of a user, and forgetting one who is gone. */
import type { ReserveOutcome } from "../../identity-store-port.js";
import type { Store } from "../../ports.js";
import { termsHold } from "../delegation-terms.js";
import { delegationFromRow } from "../identity-rows.js";
import type { Connection } from "./connection.js";
import { type DelegationSteps, unlinked } from "./delegation-steps.js";
import type { RememberJwtId } from "./jwt-ids.js";
import type { IsIssuerDisabled } from "./subject-lookup.js";

type DelegationVerbs = Pick<
  Store,
  "findDelegation" | "hasLinkWithIssuer" | "reserveDelegation" | "releaseReservation" | "forgetGoneUser"
>;

/** Builds the verbs of a delegation. */
export function createDelegationVerbs(
  connection: Connection,
  parts: { delegations: DelegationSteps; isIssuerDisabled: IsIssuerDisabled; remember: RememberJwtId },
): DelegationVerbs {
  const { delegations: steps, isIssuerDisabled, remember } = parts;
  const selectLink = connection.prepare("SELECT 1 FROM delegations WHERE user_id = ? AND issuer = ? LIMIT 1");
  const reserve = connection.prepare(
    `UPDATE delegations
     SET reserved_until = @leaseUntil, idempotency_key = coalesce(idempotency_key, @idempotencyKey)
     WHERE issuer = @issuer AND subject = @subject`,
  );
  const release = connection.prepare(
    `UPDATE delegations SET reserved_until = NULL
     WHERE issuer = @issuer AND subject = @subject AND idempotency_key = @idempotencyKey`,
  );
  // The version stays: nobody can act for a user who is gone, and the caller goes on with the version it has read.
  const forget = connection.prepare(
    `UPDATE delegations SET ${unlinked} WHERE issuer = @issuer AND subject = @subject AND user_id = @userId`,
  );

  return {
    async findDelegation(issuer, subject) {
      const row = connection.read(() => steps.find({ issuer, subject }));
      return row === undefined ? null : delegationFromRow(row);
    },

    async hasLinkWithIssuer(userId, issuer) {
      return connection.read(() => selectLink.get(userId, issuer)) !== undefined;
    },

    async reserveDelegation({ issuer, subject, version, issuedAt, gone, idempotencyKey, leaseUntil, now }) {
      return connection.spend((): ReserveOutcome => {
        if (isIssuerDisabled(issuer)) return { outcome: "issuer_disabled" };
        const row = steps.find({ issuer, subject });
        if (!termsHold(row, { version, issuedAt })) return { outcome: "revoked" };
        if (row !== undefined && row.user_id !== null && row.user_id !== gone?.userId)
          return { outcome: "linked" };
        const until = row?.reserved_until ?? null;
        if (until !== null && until > now) return { outcome: "busy", until };
        if (gone !== null) {
          const { jti, expiresAt, userId } = gone;
          if (!remember({ purpose: "id-jag", issuer, jti, expiresAt })) return { outcome: "replayed" };
          forget.run({ issuer, subject, userId });
        }
        steps.ensure({ issuer, subject }, now);
        reserve.run({ issuer, subject, idempotencyKey, leaseUntil });
        return {
          outcome: "reserved",
          idempotencyKey: row?.idempotency_key ?? idempotencyKey,
          version: row?.version ?? 1,
        };
      });
    },

    async releaseReservation({ issuer, subject, idempotencyKey }) {
      connection.grant(() => release.run({ issuer, subject, idempotencyKey }));
    },

    async forgetGoneUser({ issuer, subject, userId }) {
      connection.spend(() => forget.run({ issuer, subject, userId }));
    },
  };
}
