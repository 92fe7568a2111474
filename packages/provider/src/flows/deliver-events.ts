/** Owns delivering queued events to the services (RFC 8935), one try at a time. */
import { FetchFailure } from "../ports.js";
import { isTemporary, settle, type TryResult } from "../protocol/delivery.js";
import type { QueuedEvent } from "../protocol/model.js";
import { securityEventType } from "../protocol/tokens.js";
import type { FlowContext } from "./context.js";
import { findEventsEndpoint } from "./describe-service.js";

/** Longer than a try can take. When a process dies in the middle, another one tries again after this. */
const leaseSeconds = 30;
const atOnce = 20;
const perRound = 10_000;

/** Tries every event that is due. With `ignoreSchedule` every one that waits. */
export async function deliverEvents(
  context: FlowContext,
  { ignoreSchedule = false }: { ignoreSchedule?: boolean } = {},
): Promise<void> {
  const dueBefore = ignoreSchedule ? Number.MAX_SAFE_INTEGER : context.clock.now();
  const waiting = context.store.listWaitingEvents(dueBefore, perRound);
  for (let first = 0; first < waiting.length; first += atOnce) {
    const batch = waiting.slice(first, first + atOnce);
    await Promise.all(batch.map(({ jti }) => deliverEvent(context, jti, dueBefore)));
  }
}

/** Tries one event, unless somebody else is at it. */
export async function deliverEvent(
  context: FlowContext,
  jti: string,
  dueBefore = context.clock.now(),
): Promise<void> {
  const { store, clock, logger } = context;
  const now = clock.now();
  const event = store.leaseEvent(jti, now, dueBefore, now + leaseSeconds);
  if (event === null) return;
  const result = await tryOnce(context, event);
  const settlement = settle(event, result, clock.now());
  store.settleEvent(jti, settlement);
  const fields = { jti, audience: event.audience, attempts: event.attempts, ...settlement };
  if (settlement.status === "sent") logger.info(fields, "event delivered");
  else logger.warn(fields, settlement.status === "waiting" ? "event will be tried again" : "event given up");
}

async function tryOnce(context: FlowContext, event: QueuedEvent): Promise<TryResult> {
  try {
    const found = await findEventsEndpoint(context, event.audience);
    if ("problem" in found)
      return { kind: found.isTemporary ? "unavailable" : "impossible", problem: found.problem };
    // Signed now: the key of the first try may be gone by the time of the last. The claims, `jti` too, stay.
    const token = await context.keys.sign(securityEventType, event.claims);
    const answer = await context.fetch(found.events, {
      method: "POST",
      contentType: "application/secevent+jwt",
      body: token,
    });
    if (answer.status >= 200 && answer.status < 300) return { kind: "accepted" };
    if (isTemporary(answer.status))
      return {
        kind: "unavailable",
        problem: `it answered ${answer.status}`,
        retryAfterSeconds: wholeSeconds(answer.headers["retry-after"]),
      };
    return { kind: "refused", problem: reasonOf(answer.body) ?? `it answered ${answer.status}` };
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    return { kind: error.kind === "unreachable" ? "unavailable" : "impossible", problem: error.message };
  }
}

function wholeSeconds(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,6}$/.test(header.trim()) ? Number(header) : undefined;
}

/** `err` of an RFC 8935 error body, as far as it looks like a code: it is shown on a page. */
function reasonOf(body: string): string | null {
  try {
    const { err } = JSON.parse(body) as { err?: unknown };
    return typeof err === "string" && /^[\w.:-]{1,60}$/.test(err) ? err : null;
  } catch {
    return null;
  }
}
