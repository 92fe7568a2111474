/** Binds a claim to the person who authorised it, and says so once it is done: the end of both ceremonies. */
import type {
  AuditEvent,
  Caller,
  ClaimAttempt,
  EpochSeconds,
  RefreshFamily,
  Registration,
} from "../protocol/model.js";
import type { FlowContext } from "./context.js";
import { connectedNotice } from "./queue-mail.js";

/** What is bound to whom. */
export interface Binding {
  registration: Registration;
  attempt: ClaimAttempt;
  /** The person; an address is given only where a mailbox is all that is known of them. */
  user: { id: string; email?: string; emailVerified?: boolean };
  scopes: string[];
  caller: Caller;
  now: EpochSeconds;
}

/** The registration as the bind leaves it. */
export function afterBinding({ registration, attempt, user, scopes, now }: Binding): Registration {
  const { link } = attempt;
  return {
    ...registration,
    userId: user.id,
    claimedAt: now,
    scopes,
    generation: registration.generation + 1,
    ...(link === null ? {} : { issuer: link.issuer, subject: link.subject }),
  };
}

/**
 * Exactly one of any number of callers is told true. With `delivery` the claim counts as collected; `audit` holds what
 * else happened then, `detail` what else there is to say about the confirmation.
 */
export async function bindAttempt(
  context: FlowContext,
  binding: Binding,
  extra: {
    delivery?: { refreshFamily: RefreshFamily };
    detail?: AuditEvent["detail"];
    audit?: AuditEvent[];
  } = {},
): Promise<boolean> {
  const { registration, attempt, user, scopes, caller, now } = binding;
  const userId = user.id;
  const { link } = attempt;
  const event = (type: AuditEvent["type"], detail: AuditEvent["detail"]): AuditEvent => ({
    type,
    at: now,
    actor: { kind: "user", id: userId },
    // With a delivery it is the agent that calls; where the person was is told by the reveal.
    ip: extra.delivery === undefined ? caller.ip : null,
    registrationId: registration.id,
    detail: { attemptId: attempt.id, ...detail },
  });
  const bound = await context.store.confirmClaim({
    attemptId: attempt.id,
    registrationId: registration.id,
    generation: registration.generation,
    userId,
    scopes,
    ...(extra.delivery === undefined ? {} : { delivery: extra.delivery }),
    now,
    audit: [
      {
        ...event("claim.confirmed", { userId, scopes, ...extra.detail }),
        ...connectedNotice(context, user),
      },
      ...(link === null
        ? []
        : [event("delegation.created", { iss: link.issuer, sub: link.subject, userId, scopes })]),
      ...(extra.audit ?? []),
    ],
  });
  if (bound) {
    context.metrics.claim("confirmed");
    context.announcer.committed();
    context.outbox.committed();
  }
  return bound;
}
