/** Checks an access token on an API call: one indexed read and no write. */
import { tokenScopes } from "../protocol/access-rules.js";
import type { TokenHolder } from "../protocol/model.js";
import { hashSecret, parseSecret } from "../protocol/secrets.js";
import type { FlowContext } from "./context.js";

export interface Authenticated {
  holder: TokenHolder;
  scopes: string[];
  resource: string;
  expiresAt: number;
}

/** What the bearer of `value` may do now, or null when it is not a good token of ours. */
export async function authenticate(context: FlowContext, value: string): Promise<Authenticated | null> {
  const token = parseSecret("access_token", value);
  if (token === null) return null;
  const found = await context.store.findAccessToken(hashSecret(token));
  if (found === null) return null;
  const { token: stored, holder } = found;
  const scopes = tokenScopes(stored, holder, context.settings, context.clock.now());
  if (scopes === null) return null;
  return { holder, scopes, resource: stored.resource, expiresAt: stored.expiresAt };
}
