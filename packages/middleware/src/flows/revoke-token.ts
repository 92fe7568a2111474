/** Revokes one access token, or a chain of refresh tokens. Possession is the authority (RFC 7009 section 2.1). */
import type { Caller } from "../protocol/model.js";
import { readRefreshToken } from "../protocol/refresh-token.js";
import { hashSecret, parseSecret } from "../protocol/secrets.js";
import { agentEvent } from "./audit-entries.js";
import type { FlowContext } from "./context.js";

/** Answers the same for known, unknown, expired and already revoked tokens. */
export async function revokeToken(
  context: FlowContext,
  input: { token: string; caller: Caller; onKnown?: (registrationId: string) => void },
): Promise<void> {
  const refreshToken = readRefreshToken(context.keys.refreshToken, input.token);
  if (refreshToken !== null) return revokeFamily(context, refreshToken.familyId, input);
  const token = parseSecret("access_token", input.token);
  if (token === null) return;
  const hash = hashSecret(token);
  const found = await context.store.findAccessToken(hash);
  if (found === null) return;
  input.onKnown?.(found.holder.id);
  const now = context.clock.now();
  await context.store.revokeAccessToken({
    hash,
    now,
    audit: [agentEvent("token.revoked", found.holder.id, input.caller, now)],
  });
}

/** Any token of the family will do, also one that was used long ago. With it dies what was issued beside it. */
async function revokeFamily(
  context: FlowContext,
  familyId: string,
  { caller, onKnown }: { caller: Caller; onKnown?: (registrationId: string) => void },
): Promise<void> {
  const family = await context.store.findRefreshFamily(familyId);
  const now = context.clock.now();
  // Long over: it has nothing left to give up, and no say over what came after it.
  if (family === null || family.expiresAt <= now) return;
  onKnown?.(family.registrationId);
  const detail = { reason: "refresh_token_revoked" };
  const audit = [agentEvent("token.revoked", family.registrationId, caller, now, detail)];
  await context.store.endRefreshFamily({ familyId, now, audit });
}
