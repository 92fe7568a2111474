/** Owns the poll of an agent that waits for its person, and the one delivery of the ID token (RFC 8628 section 3.4). */
import { OAuthRefusal } from "../protocol/errors.js";
import type { Client, User } from "../protocol/model.js";
import { type Form, required } from "../protocol/requests.js";
import { hashSecret, secretBytes } from "../protocol/secrets.js";
import { subjectTokenClaims, subjectTokenType } from "../protocol/tokens.js";
import { type FlowContext, findUser } from "./context.js";

const slowDownSeconds = 5;

export async function pollDeviceGrant(context: FlowContext, client: Client, form: Form): Promise<object> {
  const { store, clock, random, lifetimes } = context;
  const now = clock.now();
  const deviceCodeHash = hashSecret(required(form, "device_code"));
  const grant = store.pollDeviceGrant(deviceCodeHash, now, slowDownSeconds);
  if (grant === null || grant.clientId !== client.clientId || grant.status === "delivered")
    throw unknownCode();
  if (grant.status === "denied")
    throw new OAuthRefusal("access_denied", "The person refused. Do not ask again.");
  if (grant.expiresAt <= now)
    throw new OAuthRefusal("expired_token", "The code is over. Start again for a new one.");
  if (grant.status === "pending") {
    const isEarly = grant.lastPolledAt !== null && grant.lastPolledAt + grant.interval > now;
    if (isEarly)
      throw new OAuthRefusal("slow_down", `Poll ${slowDownSeconds} seconds less often from now on.`);
    throw new OAuthRefusal("authorization_pending", "The person has not answered yet. Poll again.");
  }
  const user = findUser(context, grant.userId ?? "");
  if (user === null || grant.authTime === null || !store.deliverDeviceGrant(deviceCodeHash))
    throw unknownCode();
  return {
    id_token: await signSubjectToken(context, { user, clientId: client.clientId, authTime: grant.authTime }),
    // RFC 6749 requires one. There is nothing here that it opens, so nothing keeps it.
    access_token: random.bytes(secretBytes).toString("base64url"),
    token_type: "Bearer",
    expires_in: lifetimes.subjectTokenSeconds,
    scope: "openid",
  };
}

/** Signs the ID token an agent runtime exchanges later. */
export function signSubjectToken(
  context: FlowContext,
  input: { user: User; clientId: string; authTime: number },
): Promise<string> {
  const claims = subjectTokenClaims({
    ...input,
    issuer: context.issuer,
    now: context.clock.now(),
    lifetimeSeconds: context.lifetimes.subjectTokenSeconds,
  });
  return context.keys.sign(subjectTokenType, claims);
}

function unknownCode(): OAuthRefusal {
  return new OAuthRefusal("invalid_grant", "device_code is unknown, or was already used.");
}
