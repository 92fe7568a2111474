/** Owns delegations as such: finding them, reserving the creation of a user, and forgetting one who is gone. */
import type { ReserveOutcome } from "../../identity-store-port.js";
import type { Store } from "../../ports.js";
import { termsHold } from "../delegation-terms.js";
import { type DelegationRow, delegationFromRow } from "../identity-rows.js";
import type { Connection } from "./connection.js";
import { unlinked } from "./delegation-steps.js";
import type { RememberJwtId } from "./jwt-ids.js";
import type { Locks } from "./locks.js";
import { delegations } from "./schema.js";
import { columnsOf } from "./statements.js";
import type { IsIssuerDisabled } from "./subject-lookup.js";

type DelegationVerbs = Pick<
  Store,
  "findDelegation" | "hasLinkWithIssuer" | "reserveDelegation" | "releaseReservation" | "forgetGoneUser"
>;

/** Builds the verbs of a delegation. */
export function createDelegationVerbs(
  connection: Connection,
  parts: { locks: Locks; isIssuerDisabled: IsIssuerDisabled; remember: RememberJwtId },
): DelegationVerbs {
  const { locks, isIssuerDisabled, remember } = parts;
  const select = connection.prepare<DelegationRow>(
    `SELECT ${columnsOf(delegations)} FROM agent_auth.delegations WHERE issuer = @issuer AND subject = @subject`,
  );
  const selectLink = connection.prepare(
    "SELECT 1 FROM agent_auth.delegations WHERE user_id = @userId AND issuer = @issuer LIMIT 1",
  );
  const reserve = connection.prepare(
    `UPDATE agent_auth.delegations
     SET reserved_until = @leaseUntil, idempotency_key = coalesce(idempotency_key, @idempotencyKey)
     WHERE issuer = @issuer AND subject = @subject`,
  );
  const release = connection.prepare(
    `UPDATE agent_auth.delegations SET reserved_until = NULL
     WHERE issuer = @issuer AND subject = @subject AND idempotency_key = @idempotencyKey`,
  );
  // The version stays: nobody can act for a user who is gone, and the caller goes on with the version it has read.
  const forget = connection.prepare(
    `UPDATE agent_auth.delegations SET ${unlinked}
     WHERE issuer = @issuer AND subject = @subject AND user_id = @userId`,
  );

  return {
    async findDelegation(issuer, subject) {
      const [row] = await connection.read(select, { issuer, subject });
      return row === undefined ? null : delegationFromRow(row);
    },

    async hasLinkWithIssuer(userId, issuer) {
      return (await connection.read(selectLink, { userId, issuer })).length > 0;
    },

    async reserveDelegation({ issuer, subject, version, issuedAt, gone, idempotencyKey, leaseUntil, now }) {
      return connection.spend(async (transaction): Promise<ReserveOutcome> => {
        if (await isIssuerDisabled(transaction, issuer))
          return transaction.refuse({ outcome: "issuer_disabled" });
        const row = await locks.pair(transaction, { issuer, subject }, now);
        if (!termsHold(row, { version, issuedAt })) return transaction.refuse({ outcome: "revoked" });
        if (row !== undefined && row.user_id !== null && row.user_id !== gone?.userId)
          return transaction.refuse({ outcome: "linked" });
        const until = row?.reserved_until ?? null;
        if (until !== null && until > now) return transaction.refuse({ outcome: "busy", until });
        if (gone !== null) {
          const { jti, expiresAt, userId } = gone;
          if (!(await remember(transaction, { purpose: "id-jag", issuer, jti, expiresAt })))
            return transaction.refuse({ outcome: "replayed" });
          transaction.send(forget, { issuer, subject, userId });
        }
        transaction.send(reserve, { issuer, subject, idempotencyKey, leaseUntil });
        return {
          outcome: "reserved",
          idempotencyKey: row?.idempotency_key ?? idempotencyKey,
          version: row?.version ?? 1,
        };
      });
    },

    async releaseReservation({ issuer, subject, idempotencyKey }) {
      await connection.grant(async (transaction) =>
        transaction.send(release, { issuer, subject, idempotencyKey }),
      );
    },

    async forgetGoneUser({ issuer, subject, userId }) {
      await connection.spend(async (transaction) => transaction.send(forget, { issuer, subject, userId }));
    },
  };
}
