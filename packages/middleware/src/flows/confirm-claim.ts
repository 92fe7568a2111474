/** Lets a person bind an agent to their account with the code it showed them, whether ours was revealed or not. */
import { usesCodeEntry } from "../protocol/ceremony.js";
import { isUserCodeAlive } from "../protocol/claim-rules.js";
import type { AuditEvent, Caller } from "../protocol/model.js";
import { intersect } from "../protocol/scopes.js";
import { isUserCode, normaliseUserCode } from "../protocol/user-code.js";
import { bindAttempt } from "./bind-attempt.js";
import { guessCode } from "./guess-code.js";
import type { IdentityContext } from "./identity-context.js";
import { settleAccount } from "./settle-account.js";
import type { OpenClaim } from "./view-claim.js";

export type ConfirmOutcome =
  | { outcome: "confirmed" }
  | { outcome: "no_scope" }
  | { outcome: "malformed_code" }
  | { outcome: "wrong_code"; remaining: number }
  /** The code is right, and the person has no account and none was created. */
  | { outcome: "no_account" }
  /** The attempt or the claim is over, or somebody was faster: the page shows how things stand now. */
  | { outcome: "over" };

/** Exactly one of any number of concurrent right answers is "confirmed". */
export async function confirmClaim(
  context: IdentityContext,
  input: { claim: OpenClaim; userCode: string; scopes: readonly string[]; caller: Caller },
): Promise<ConfirmOutcome> {
  const { settings, keys } = context;
  const { caller } = input;
  const { registration, attempt, user, now } = input.claim;
  const scopes = intersect(input.claim.offered, input.scopes);
  if (scopes.length === 0) return { outcome: "no_scope" };
  const code = usesCodeEntry(settings.ceremony) ? normaliseUserCode(input.userCode) : null;
  if (code === null) return { outcome: "malformed_code" };

  const event = (type: AuditEvent["type"], detail: AuditEvent["detail"]): AuditEvent => ({
    type,
    at: now,
    actor: { kind: "user", id: user.id },
    ip: caller.ip,
    registrationId: registration.id,
    detail: { attemptId: attempt.id, ...detail },
  });
  const { userCodeHash } = attempt;
  const guess = await guessCode(context, {
    registration,
    attempt,
    isRight: () =>
      userCodeHash !== null &&
      isUserCodeAlive(attempt, settings.lifetimes.attemptSeconds, now) &&
      isUserCode(keys.userCode, attempt.id, code, userCodeHash),
    event,
    now,
  });
  if (guess.outcome === "wrong" && guess.remaining > 0)
    return { outcome: "wrong_code", remaining: guess.remaining };
  if (guess.outcome !== "right") return { outcome: "over" };
  const id = user.id ?? (await settleAccount(context, attempt));
  if (id === null) return { outcome: "no_account" };
  const binding = { registration, attempt, user: { ...user, id }, scopes, caller, now };
  const bound = await bindAttempt(context, binding);
  return { outcome: bound ? "confirmed" : "over" };
}
