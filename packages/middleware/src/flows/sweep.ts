/**
 * One bounded round of expiry and cleaning. Safe to run on several instances at once: every step has one winner, and
 * deletions are shared. Only what every instance would find alike, registrations to end, is left to one of them.
 */
import { deliveryGraceSeconds } from "../protocol/claim-rules.js";
import type { EpochSeconds } from "../protocol/model.js";
import type { FlowContext } from "./context.js";
import { endRegistration } from "./end-registration.js";
import { fewAtATime } from "./few-at-a-time.js";

/** Rows a round touches per step, so that it never holds the database for long. */
const batch = 200;
/** Rows of one kind that are deleted in one round: 20,000 a node, so that a busy service does not fall behind. */
const batchesToDelete = 100;
/** Registrations end in a transaction each, so their batches are smaller: 10,000 a round. */
const [endedAtOnce, batchesToEnd] = [50, 200];
const day = 86_400;
/** Expired access tokens are kept a day for operators who look into an incident. */
const expiredTokensKeptSeconds = day;
/** Retired keys stay published this much longer than the last assertion they signed. */
const retiredKeyMarginSeconds = 600;
/** A clock that ran ahead by no more than this and is put right brings no used ID-JAG back to life. */
const jwtIdMarginSeconds = 2 * day;
/** Refresh tokens that are over are kept as long as access tokens. */
const expiredFamiliesKeptSeconds = day;
/** Counts per day are kept somewhat longer than the longest span a dashboard shows. */
const countsKeptSeconds = 400 * day;

/** `mayEnd` is asked before each batch of registrations: whether it is this instance that ends them. */
export async function sweep(context: FlowContext, mayEnd: () => Promise<boolean>): Promise<void> {
  const { store, clock, settings } = context;
  const now = clock.now();
  const endAll = (find: () => Promise<string[]>, ending: { as: "expired" | "uncollected"; reason: string }) =>
    inBatches(
      async () => {
        const due = (await mayEnd()) ? await find() : [];
        await fewAtATime(due, (registrationId) => end(context, { registrationId, ...ending }));
        return due.length;
      },
      { size: endedAtOnce, most: batchesToEnd },
    );
  await endAll(() => store.findExpired(now, endedAtOnce), { as: "expired", reason: "claim_window_over" });
  await endAll(() => store.findUncollected(now, deliveryGraceSeconds, endedAtOnce), {
    as: "uncollected",
    reason: "never_collected",
  });
  await inBatches(() => store.deleteExpiredTokens(now - expiredTokensKeptSeconds, batch));
  await inBatches(() => store.deleteLimitWindows(batch));
  await inBatches(() => store.deleteExpiredRefreshFamilies(now - expiredFamiliesKeptSeconds, batch));
  await inBatches(() => store.deleteRememberedJwtIds(now - jwtIdMarginSeconds, batch));
  await forgetOld(context, now);
  await store.deleteRetiredKeys(now - settings.lifetimes.assertionSeconds - retiredKeyMarginSeconds);
}

/** Each as long as the host wants to keep it. */
async function forgetOld({ store, settings }: FlowContext, now: EpochSeconds): Promise<void> {
  const { addressesDays, endedRegistrationsDays, auditDays } = settings.retention;
  const addresses = now - addressesDays * day;
  await inBatches(() => store.deleteOldMail(addresses, batch));
  await inBatches(() => store.forgetLoginHints(addresses, batch));
  if (endedRegistrationsDays !== null)
    await inBatches(() => store.deleteEndedRegistrations(now - endedRegistrationsDays * day, batch));
  if (auditDays !== null) await inBatches(() => store.deleteOldAudit(now - auditDays * day, batch));
  await store.deleteOldCounts(now - countsKeptSeconds);
}

function end(
  context: FlowContext,
  input: { registrationId: string; as: "expired" | "uncollected"; reason: string },
): Promise<boolean> {
  return endRegistration(context, { ...input, actor: { kind: "system", id: null } });
}

/** Goes on while batches come back full, up to a bound: what is left waits for the next round. */
async function inBatches(
  step: () => Promise<number>,
  { size, most } = { size: batch, most: batchesToDelete },
): Promise<void> {
  for (let round = 0; round < most; round += 1) {
    if ((await step()) < size) return;
    // SQLite works in this process: requests come first.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
