/** Owns putting a Security Event Token on its way, and revoking, which is one. */
import type { QueuedEvent } from "../protocol/model.js";
import { secretBytes } from "../protocol/secrets.js";
import { revokedEvent, securityEventClaims } from "../protocol/tokens.js";
import type { FlowContext } from "./context.js";

export interface EventInput {
  userId: string;
  audience: string;
  type: string;
  payload?: Record<string, unknown>;
  /** For tests: claims that replace ours; `undefined` removes one. */
  overrides?: Record<string, unknown>;
}

function newEvent(context: FlowContext, input: EventInput): QueuedEvent {
  const now = context.clock.now();
  const { userId, audience, type, payload = {}, overrides = {} } = input;
  const jti = context.random.bytes(secretBytes).toString("base64url");
  const claims = securityEventClaims({
    issuer: context.issuer,
    audience,
    subject: userId,
    jti,
    now,
    type,
    payload,
  });
  return {
    jti,
    userId,
    audience,
    type,
    claims: { ...claims, ...overrides },
    createdAt: now,
    status: "waiting",
    attempts: 0,
    nextTryAt: now,
    problem: null,
    settledAt: null,
  };
}

/** Queues any event. Returns its `jti`. */
export function queueEvent(context: FlowContext, input: EventInput): string {
  const event = newEvent(context, input);
  context.store.addEvent(event);
  return event.jti;
}

/**
 * Takes a delegation back: nothing more is minted for the service, and the service is told, also when nothing was
 * listed here, because it may hold something anyway. Both or none are stored. Returns the event's `jti`.
 */
export function revokeDelegation(context: FlowContext, input: { userId: string; audience: string }): string {
  const event = newEvent(context, { ...input, type: revokedEvent });
  context.store.revokeDelegation(event);
  context.logger.info({ ...input, jti: event.jti }, "revoked a delegation");
  return event.jti;
}
