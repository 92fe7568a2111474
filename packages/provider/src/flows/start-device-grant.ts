/** Owns the start of an agent's sign-in: a code for the person, a secret for the agent (RFC 8628 section 3.2). */
import { urlOf } from "../protocol/metadata.js";
import type { Client } from "../protocol/model.js";
import { type Form, scopeOf, seconds } from "../protocol/requests.js";
import { hashSecret, secretBytes } from "../protocol/secrets.js";
import { displayUserCode, drawUserCode } from "../protocol/user-code.js";
import type { FlowContext } from "./context.js";

const pollIntervalSeconds = 5;
const mostDraws = 5;

export function startDeviceGrant(context: FlowContext, client: Client, form: Form): object {
  const { store, clock, random, issuer, lifetimes } = context;
  const maxAge = seconds(form, "max_age") ?? null;
  // Accepted because OpenID clients send it; what the ID token says does not depend on it.
  scopeOf(form);
  const now = clock.now();
  const deviceCode = random.bytes(secretBytes).toString("base64url");
  for (let draws = 0; draws < mostDraws; draws += 1) {
    const userCode = drawUserCode(() => random.bytes(1).readUInt8());
    const added = store.addDeviceGrant({
      deviceCodeHash: hashSecret(deviceCode),
      userCode,
      clientId: client.clientId,
      maxAge,
      createdAt: now,
      expiresAt: now + lifetimes.deviceCodeSeconds,
      interval: pollIntervalSeconds,
      lastPolledAt: null,
      status: "pending",
      userId: null,
      authTime: null,
    });
    if (!added) continue;
    const shown = displayUserCode(userCode);
    return {
      device_code: deviceCode,
      user_code: shown,
      verification_uri: urlOf(issuer, "device"),
      verification_uri_complete: `${urlOf(issuer, "device")}?user_code=${shown}`,
      expires_in: lifetimes.deviceCodeSeconds,
      interval: pollIntervalSeconds,
    };
  }
  throw new Error("No free user code was drawn.");
}
