/** Owns the translation between rows and records of what belongs to the service itself: its keys and its audit log. */
import {
  type AuditEvent,
  announcedTypes,
  type StoredAuditEvent,
  type StoredSigningKey,
} from "../protocol/service-model.js";
import type { auditEvents, signingKeys } from "./sqlite/schema.js";

/** A row of `signing_keys`. */
export type SigningKeyRow = typeof signingKeys.$inferSelect;
/** A row of `audit_events`. */
export type AuditRow = typeof auditEvents.$inferSelect;
/** A row of `audit_events` before the database numbers it. */
export type NewAuditRow = Omit<AuditRow, "id">;

const announced: ReadonlySet<string> = new Set(announcedTypes);

/** The row that stores a signing key. */
export function signingKeyToRow(record: StoredSigningKey): SigningKeyRow {
  return {
    kid: record.kid,
    algorithm: record.algorithm,
    public_jwk: JSON.stringify(record.publicJwk),
    encrypted_private_jwk: record.encryptedPrivateJwk,
    created_at: record.createdAt,
    signs_from: record.signsFrom,
    retired_at: record.retiredAt,
  };
}

/** The signing key a row stores. */
export function signingKeyFromRow(row: SigningKeyRow): StoredSigningKey {
  return {
    kid: row.kid,
    algorithm: row.algorithm as StoredSigningKey["algorithm"],
    publicJwk: JSON.parse(row.public_jwk) as StoredSigningKey["publicJwk"],
    encryptedPrivateJwk: row.encrypted_private_jwk,
    createdAt: row.created_at,
    signsFrom: row.signs_from,
    retiredAt: row.retired_at,
  };
}

/** The row that stores an audit event. */
export function auditToRow(event: AuditEvent): NewAuditRow {
  return {
    type: event.type,
    at: event.at,
    actor_kind: event.actor.kind,
    actor_id: event.actor.id,
    ip: event.ip,
    registration_id: event.registrationId,
    detail: JSON.stringify(event.detail),
    // What is told to nobody is over at once, and stays out of the index of what is to be told.
    announced_at: announced.has(event.type) ? null : event.at,
  };
}

/** The audit event a row stores. */
export function auditFromRow(row: AuditRow): StoredAuditEvent {
  return {
    id: row.id,
    type: row.type as StoredAuditEvent["type"],
    at: row.at,
    actor: { kind: row.actor_kind as StoredAuditEvent["actor"]["kind"], id: row.actor_id },
    ip: row.ip,
    registrationId: row.registration_id,
    detail: JSON.parse(row.detail) as StoredAuditEvent["detail"],
  };
}
