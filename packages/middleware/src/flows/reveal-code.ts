/** Reveals a code to the person who authorised, for them to read to their agent. Binds nothing yet. */
import { usesReadBack } from "../protocol/ceremony.js";
import type { Caller, ClaimAttempt } from "../protocol/model.js";
import { readBackCodeHash, shownReadBackCode } from "../protocol/read-back-code.js";
import { intersect } from "../protocol/scopes.js";
import { accountAt } from "./account-at.js";
import type { FlowContext } from "./context.js";
import type { IdentityContext } from "./identity-context.js";
import type { OpenClaim } from "./view-claim.js";

export type RevealOutcome =
  | { outcome: "revealed" }
  | { outcome: "no_scope" }
  /** The person proved a mailbox, and there is neither an account nor a way to create one. */
  | { outcome: "no_account" }
  /** The attempt or the claim is over, or somebody was faster: the page shows how things stand now. */
  | { outcome: "over" };

/** Exactly one of any number of concurrent calls is "revealed". */
export async function revealCode(
  context: IdentityContext,
  input: { claim: OpenClaim; scopes: readonly string[]; caller: Caller },
): Promise<RevealOutcome> {
  const { settings, store, keys } = context;
  const { registration, attempt, user, offered, now } = input.claim;
  if (!usesReadBack(settings.ceremony)) return { outcome: "over" };
  const scopes = intersect(offered, input.scopes);
  if (scopes.length === 0) return { outcome: "no_scope" };
  // A code that could not be completed would only send the person back and forth.
  if (user.id === null && !(await hasAccountToCome(context, attempt))) return { outcome: "no_account" };
  const revealed = await store.revealReadBackCode({
    attemptId: attempt.id,
    registrationId: registration.id,
    userId: user.id,
    scopes,
    codeHash: readBackCodeHash(keys, attempt.id),
    expiresAt: Math.min(now + settings.lifetimes.attemptSeconds, registration.claimExpiresAt),
    now,
    audit: [
      {
        type: "user_code.minted",
        at: now,
        actor: { kind: "user", id: user.id },
        ip: input.caller.ip,
        registrationId: registration.id,
        detail: { attemptId: attempt.id, ceremony: "read_back" },
      },
    ],
  });
  return { outcome: revealed ? "revealed" : "over" };
}

async function hasAccountToCome(context: IdentityContext, attempt: ClaimAttempt): Promise<boolean> {
  return context.accounts.create !== undefined || (await accountAt(context, attempt.loginHint)) !== null;
}

/** The code that was revealed for the attempt, six digits, for the page of the person it was revealed to. */
export function readBackCodeOf({ keys }: FlowContext, attempt: ClaimAttempt): string | null {
  const { id, readBackCodeHash: stored } = attempt;
  return stored === null ? null : shownReadBackCode(keys, id, stored);
}
