/** Revokes one access token. Possession is the authority (RFC 7009 section 2.1). */
import type { Caller } from "../protocol/model.js";
import { hashSecret, parseSecret } from "../protocol/secrets.js";
import { agentEvent } from "./audit-entries.js";
import type { FlowContext } from "./context.js";

/** Answers the same for known, unknown, expired and already revoked tokens. */
export async function revokeToken(
  context: FlowContext,
  input: { token: string; caller: Caller },
): Promise<void> {
  const token = parseSecret("access_token", input.token);
  if (token === null) return;
  const hash = hashSecret(token);
  const found = await context.store.findAccessToken(hash);
  if (found === null) return;
  const now = context.clock.now();
  await context.store.revokeAccessToken({
    hash,
    now,
    audit: [agentEvent("token.revoked", found.holder.id, input.caller, now)],
  });
}
