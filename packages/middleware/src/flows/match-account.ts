/**
 * Finds out whom a provider speaks of: a linked user, an account that has to approve the link first, or nobody yet
 * (PROTOCOL section 3). Reads only; an e-mail match alone never links anything.
 */
import type { AccountRecord } from "../ports.js";
import type { Delegation } from "../protocol/delegation.js";
import { isRevokedBy } from "../protocol/delegation.js";
import { Refusal } from "../protocol/errors.js";
import type { IdentityContext } from "./identity-context.js";
import type { VouchedFor } from "./verify-id-jag.js";

export type Match =
  | { kind: "linked"; userId: string; delegation: Delegation }
  | { kind: "step_up"; account: AccountRecord; delegation: Delegation | null }
  | { kind: "unknown"; delegation: Delegation | null };

/** Refuses with `assertion_revoked` when the ID-JAG is older than the last revocation. */
export async function matchAccount(
  context: IdentityContext,
  { idJag, provider }: VouchedFor,
): Promise<Match> {
  const { store, accounts } = context;
  const delegation = await store.findDelegation(idJag.issuer, idJag.subject);
  if (isRevokedBy(delegation, idJag.issuedAt)) throw new Refusal("assertion_revoked");
  if (delegation?.userId != null && (await accounts.findById(delegation.userId)) != null)
    return { kind: "linked", userId: delegation.userId, delegation };
  // A link to a user who is gone matches nobody; the person is found anew.
  const account =
    (idJag.email === null ? null : await accounts.findByEmail?.(idJag.email)) ??
    (idJag.phone === null ? null : await accounts.findByPhone?.(idJag.phone)) ??
    null;
  if (account !== null) return { kind: "step_up", account, delegation };
  if (accounts.create === undefined || !provider.jit) throw new Refusal("account_not_found");
  return { kind: "unknown", delegation };
}
