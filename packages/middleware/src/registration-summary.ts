/** Owns how records look to the host: summaries of registrations, and events for the handlers of `on`. */
import type { AgentAuthEvents, RegistrationSummary } from "./handle.js";
import type { EpochSeconds, Registration, RegistrationKind, StoredAuditEvent } from "./protocol/model.js";
import { isoTime } from "./protocol/replies.js";
import { statusOf } from "./protocol/state.js";

const isoOrNull = (at: EpochSeconds | null) => (at === null ? null : isoTime(at));

export function summaryOf(registration: Registration, now: EpochSeconds): RegistrationSummary {
  const { id, kind, clientName, userId, scopes, issuer, subject } = registration;
  return {
    id,
    kind,
    clientName,
    userId,
    scopes,
    issuer,
    subject,
    status: statusOf(registration, now),
    createdAt: isoTime(registration.createdAt),
    claimedAt: isoOrNull(registration.claimedAt),
    lastUsedAt: isoOrNull(registration.lastUsedAt),
    revokedAt: isoOrNull(registration.revokedAt),
  };
}

type EventReaders = { [Name in keyof AgentAuthEvents]: (event: StoredAuditEvent) => AgentAuthEvents[Name] };

const textOrNull = (value: unknown) => (typeof value === "string" ? value : null);

/** Members of an intervention. */
const intervention = ({ registrationId, actor, detail, at }: StoredAuditEvent) => ({
  registrationId: registrationId ?? "",
  actor,
  reason: String(detail.reason),
  at: isoTime(at),
});

/** Builds what a handler is given from the audit event behind it. */
export const announcedEvents: EventReaders = {
  "claim.confirmed": ({ registrationId, detail, at }) => ({
    registrationId: registrationId ?? "",
    userId: String(detail.userId),
    scopes: Array.isArray(detail.scopes) ? detail.scopes : [],
    at: isoTime(at),
  }),
  "registration.revoked": ({ registrationId, detail, at }) => ({
    registrationId: registrationId ?? "",
    userId: typeof detail.userId === "string" ? detail.userId : null,
    reason: String(detail.reason),
    at: isoTime(at),
  }),
  "registration.created": ({ registrationId, detail, at }) => {
    const [issuer, subject] = [textOrNull(detail.iss), textOrNull(detail.sub)];
    return {
      registrationId: registrationId ?? "",
      kind: detail.kind as RegistrationKind,
      provider: issuer === null || subject === null ? null : { issuer, subject },
      at: isoTime(at),
    };
  },
  "registration.expired": ({ registrationId, at }) => ({
    registrationId: registrationId ?? "",
    at: isoTime(at),
  }),
  "registration.suspended": intervention,
  "registration.resumed": intervention,
  "claim.denied": ({ registrationId, actor, at }) => ({
    registrationId: registrationId ?? "",
    userId: actor.id,
    at: isoTime(at),
  }),
  "delegation.created": ({ registrationId, detail, at }) => ({
    issuer: String(detail.iss),
    subject: String(detail.sub),
    userId: String(detail.userId),
    registrationId: registrationId ?? "",
    at: isoTime(at),
  }),
  "delegation.deleted": ({ registrationId, detail, at }) => ({
    issuer: String(detail.iss),
    subject: String(detail.sub),
    userId: textOrNull(detail.userId),
    registrationId,
    reason: String(detail.reason),
    at: isoTime(at),
  }),
  "provider.disabled": ({ actor, detail, at }) => ({
    issuer: String(detail.iss),
    actor,
    reason: String(detail.reason),
    at: isoTime(at),
  }),
};
