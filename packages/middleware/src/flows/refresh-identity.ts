/**
 * Renews an agent's assertion for its refresh token, and hands out the next token with it. A token works once; the one
 * before it is answered alike for some seconds, and any other that comes back ends the family (RFC 9700 section 4.14.2).
 */
import { expiryOf } from "../protocol/access-rules.js";
import { Refusal } from "../protocol/errors.js";
import type { Caller, EpochSeconds, RefreshFamily, Registration } from "../protocol/model.js";
import { type RefreshToken, readRefreshToken, refreshStanding } from "../protocol/refresh-token.js";
import { type Body, refreshedBody } from "../protocol/replies.js";
import { allows, statusOf } from "../protocol/state.js";
import { agentEvent } from "./audit-entries.js";
import type { FlowContext } from "./context.js";
import { issueWithRefresh } from "./issue-assertion.js";

/** Seconds after which an agent tries again when the registration changed under its request. */
const retryAfterChangeSeconds = 1;

/** A token that may be answered. */
interface Usable {
  registration: Registration;
  family: RefreshFamily;
  /** Whether the token is the good one, and not yet the one before it. */
  isCurrent: boolean;
}

/**
 * Refuses with `invalid_refresh_token`, whatever is wrong. `onUsable` is called with the registration's id before
 * anything is spent, and may refuse as well.
 */
export async function refreshIdentity(
  context: FlowContext,
  input: { refreshToken: string; caller: Caller; onUsable: (registrationId: string) => Promise<void> },
): Promise<Body> {
  const token = readRefreshToken(context.keys.refreshToken, input.refreshToken);
  if (token === null) throw new Refusal("invalid_refresh_token");
  const now = context.clock.now();
  const usable = await findUsable(context, token, input.caller, now);
  await input.onUsable(usable.registration.id);
  return usable.isCurrent ? rotate(context, usable, input.caller, now) : answer(context, usable);
}

async function findUsable(
  context: FlowContext,
  { familyId, sequence }: Omit<RefreshToken, "mac">,
  caller: Caller,
  now: EpochSeconds,
): Promise<Usable> {
  const { store } = context;
  const family = await store.findRefreshFamily(familyId);
  const registration = family === null ? null : await store.findRegistration(family.registrationId);
  if (family === null || registration === null) throw new Refusal("invalid_refresh_token");
  // Before the token's own standing: nothing is spent, and no family ends, while the registration may not act.
  if (!allows(statusOf(registration, now), "refresh") || registration.generation !== family.generation)
    throw new Refusal("invalid_refresh_token");
  const standing = refreshStanding(family, sequence, now);
  if (standing === "reused") {
    // Two hold what one was given, and nobody can tell which of them is the agent.
    const detail = { reason: "refresh_token_reuse" };
    const audit = [agentEvent("token.revoked", registration.id, caller, now, detail)];
    await store.endRefreshFamily({ familyId, now, audit });
  }
  if (standing === "reused" || standing === "over") throw new Refusal("invalid_refresh_token");
  return { registration, family, isCurrent: standing === "current" };
}

/** Makes the next token the good one. Who loses the race for it is told what the winner was told. */
async function rotate(
  context: FlowContext,
  { registration, family }: Usable,
  caller: Caller,
  now: EpochSeconds,
): Promise<Body> {
  const { id: familyId, sequence } = family;
  const expiresAt = expiryOf(registration, context.settings.lifetimes.refreshTokenSeconds, now);
  const next = { ...family, sequence: sequence + 1, rotatedAt: now, expiresAt };
  // Signed before the token is spent: a key that cannot be had must not cost the agent its token.
  const body = await answer(context, { registration, family: next });
  const audit = [agentEvent("assertion.refreshed", registration.id, caller, now)];
  if (await context.store.rotateRefreshToken({ familyId, sequence, expiresAt, now, audit })) return body;
  const again = await findUsable(context, { familyId, sequence }, caller, now);
  if (!again.isCurrent) return answer(context, again);
  // Stopped and let go again in between: the token is as good as before.
  throw new Refusal("temporarily_unavailable", { retryAfterSeconds: retryAfterChangeSeconds });
}

/** As of the rotation, not of the request: whoever asks again is told the same. */
async function answer(
  context: FlowContext,
  { registration, family }: Pick<Usable, "registration" | "family">,
): Promise<Body> {
  const rotatedAt = family.rotatedAt ?? family.createdAt;
  return refreshedBody(registration, await issueWithRefresh(context, registration, family, rotatedAt));
}
