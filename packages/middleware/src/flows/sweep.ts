/** One bounded round of expiry and cleaning. Safe to run on several instances at once: every step has one winner. */
import { deliveryGraceSeconds } from "../protocol/claim-rules.js";
import type { FlowContext } from "./context.js";
import { endRegistration } from "./end-registration.js";

/** Rows a round touches per step, so that it never holds the database for long. */
const batch = 200;
/** Batches of one kind in one round. */
const batchesPerRound = 10;
/** Expired access tokens are kept a day for operators who look into an incident. */
const expiredTokensKeptSeconds = 86_400;
/** Retired keys stay published this much longer than the last assertion they signed. */
const retiredKeyMarginSeconds = 600;
/** Refresh tokens that are over are kept as long as access tokens. */
const expiredFamiliesKeptSeconds = 86_400;
/** What was sent and what was given up stays visible for a month; an unused link of a mail works no longer. */
const settledMailKeptSeconds = 30 * 86_400;

export async function sweep(context: FlowContext): Promise<void> {
  const { store, clock, settings } = context;
  const now = clock.now();
  await inBatches(async () => {
    const due = await store.findExpired(now, batch);
    for (const registrationId of due)
      await end(context, { registrationId, as: "expired", reason: "claim_window_over" });
    return due.length;
  });
  await inBatches(async () => {
    const due = await store.findUncollected(now, deliveryGraceSeconds, batch);
    for (const registrationId of due)
      await end(context, { registrationId, as: "uncollected", reason: "never_collected" });
    return due.length;
  });
  await inBatches(() => store.deleteExpiredTokens(now - expiredTokensKeptSeconds, batch));
  await inBatches(() => store.deleteExpiredRefreshFamilies(now - expiredFamiliesKeptSeconds, batch));
  await inBatches(() => store.deleteRememberedJwtIds(now, batch));
  await inBatches(() => store.deleteOldMail(now - settledMailKeptSeconds, batch));
  await store.deleteRetiredKeys(now - settings.lifetimes.assertionSeconds - retiredKeyMarginSeconds);
}

function end(
  context: FlowContext,
  input: { registrationId: string; as: "expired" | "uncollected"; reason: string },
): Promise<boolean> {
  return endRegistration(context, { ...input, actor: { kind: "system", id: null } });
}

/** Goes on while batches come back full, up to a bound: what is left waits for the next round. */
async function inBatches(step: () => Promise<number>): Promise<void> {
  for (let round = 0; round < batchesPerRound; round += 1) {
    if ((await step()) < batch) return;
  }
}
