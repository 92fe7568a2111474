/** One bounded round of expiry and cleaning. Safe to run on several instances at once: every step has one winner. */
import { deliveryGraceSeconds } from "../protocol/claim-rules.js";
import type { FlowContext } from "./context.js";
import { endRegistration } from "./end-registration.js";

/** Rows a round touches per step, so that it never holds the database for long. */
const batch = 200;
/** Expired access tokens are kept a day for operators who look into an incident. */
const expiredTokensKeptSeconds = 86_400;
/** Retired keys stay published this much longer than the last assertion they signed. */
const retiredKeyMarginSeconds = 600;
const system = { kind: "system", id: null } as const;

export async function sweep(context: FlowContext): Promise<void> {
  const { store, clock, settings } = context;
  const now = clock.now();
  for (const registrationId of await store.findExpired(now, batch)) {
    await endRegistration(context, {
      registrationId,
      as: "expired",
      actor: system,
      reason: "claim_window_over",
    });
  }
  for (const registrationId of await store.findUncollected(now, deliveryGraceSeconds, batch)) {
    await endRegistration(context, {
      registrationId,
      as: "revoked",
      actor: system,
      reason: "never_collected",
    });
  }
  await store.deleteExpiredTokens(now - expiredTokensKeptSeconds, batch);
  await store.deleteRememberedJwtIds(now, batch);
  await store.deleteRetiredKeys(now - settings.lifetimes.assertionSeconds - retiredKeyMarginSeconds);
}
