/** Owns what becomes of the audit events a verb is given, once it knows what really happened. For every store. */
import type { AuditEvent } from "../protocol/model.js";

/** Events told of a registration that was prepared, told of the row that was found instead. */
export function aboutRow(events: AuditEvent[], preparedId: string, rowId: string): AuditEvent[] {
  return events.map((event) => ({
    ...event,
    registrationId: event.registrationId === preparedId ? rowId : event.registrationId,
    actor: event.actor.id === preparedId ? { ...event.actor, id: rowId } : event.actor,
  }));
}

/** Picks the events of every other type: what did not happen is not told. */
export function isNotOf(type: AuditEvent["type"]): (event: AuditEvent) => boolean {
  return (event) => event.type !== type;
}

/** The event, told to nobody by mail. */
export function withoutMail({ mail: _, ...event }: AuditEvent): AuditEvent {
  return event;
}

/** The event, told of each registration that was suspended or goes on. */
export function aboutAll(ids: readonly string[], event: AuditEvent): AuditEvent[] {
  return ids.map((registrationId) => ({ ...event, registrationId }));
}

/** The event of a link, told of each that was cut with a registration. */
export function aboutLinks(
  cut: readonly { id: string; issuer: string; subject: string; user_id: string | null }[],
  event: AuditEvent,
): AuditEvent[] {
  return cut.map(({ id, issuer: iss, subject: sub, user_id: userId }) => ({
    ...event,
    registrationId: id,
    detail: { ...event.detail, iss, sub, userId },
  }));
}

/** The event of what ends several registrations, told of each. */
export function aboutEach(
  ended: readonly { id: string; user_id: string | null }[],
  template: AuditEvent,
): AuditEvent[] {
  const { mail, ...event } = template;
  return ended.map(({ id, user_id: userId }) => ({
    ...event,
    registrationId: id,
    detail: { ...event.detail, userId },
    // Nobody is told of an agent nobody had connected.
    ...(mail === undefined || userId === null ? {} : { mail: { ...mail, userId } }),
  }));
}
