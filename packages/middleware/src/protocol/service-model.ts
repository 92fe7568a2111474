/** Owns the records of what the service itself keeps: refresh families, mail, signing keys, the audit log. */
import type { EpochSeconds } from "./model.js";

/**
 * A chain of refresh tokens. Only one of them is good at a time, the one with the number `sequence`; its plaintext
 * is an HMAC over family and number, so nothing of it is stored.
 */
export interface RefreshFamily {
  id: string;
  registrationId: string;
  /** Generation of the registration the family was issued under; it dies with it. */
  generation: number;
  /** Starts at 1. */
  sequence: number;
  createdAt: EpochSeconds;
  /** When `sequence` last grew. */
  rotatedAt: EpochSeconds | null;
  expiresAt: EpochSeconds;
  revokedAt: EpochSeconds | null;
}

/** What a mail says; its words are in `emails/`. */
export type MailTemplate = "claim_link" | "agent_connected" | "agent_revoked" | "manage_link";

/** A mail to be queued. It holds no secret: its links are derived when it is sent. */
export interface NewMail {
  template: MailTemplate;
  /** Null: the address the host has for `userId` when the mail is sent. */
  recipient: string | null;
  userId: string | null;
  attemptId: string | null;
}

/** A row of the outbox. */
export interface QueuedMail extends NewMail {
  id: number;
  registrationId: string | null;
  createdAt: EpochSeconds;
  /** Nobody may send it before; whoever sends it moves this ahead first. */
  nextTryAt: EpochSeconds;
  tries: number;
  sentAt: EpochSeconds | null;
  failedAt: EpochSeconds | null;
  /** A word for operators, such as `refused` or `given_up`. */
  failure: string | null;
  /** When its one-time link was used. */
  linkUsedAt: EpochSeconds | null;
}

/** A key we sign assertions with. The private half is encrypted at rest. */
export interface StoredSigningKey {
  kid: string;
  algorithm: "ES256";
  publicJwk: Record<string, string>;
  /** AES-256-GCM ciphertext of the private JWK. */
  encryptedPrivateJwk: string;
  createdAt: EpochSeconds;
  /** Published before this moment, signs from it on. */
  signsFrom: EpochSeconds;
  /** Set when a newer key takes over: from then on it only verifies. */
  retiredAt: EpochSeconds | null;
}

/** Who did something. */
export type ActorKind = "agent" | "user" | "provider" | "operator" | "system";
export interface Actor {
  kind: ActorKind;
  /** Registration id, user id, issuer or operator id; null for the system. */
  id: string | null;
}

/** Names of PROTOCOL section 11, as far as they are built. */
export type AuditEventType =
  | "registration.created"
  | "registration.expired"
  | "registration.revoked"
  | "registration.suspended"
  | "registration.resumed"
  | "registration.narrowed"
  | "registration.end_date_set"
  | "assertion.issued"
  | "assertion.refreshed"
  | "token.issued"
  | "token.revoked"
  | "claim.requested"
  | "claim.viewed"
  | "claim.confirmed"
  | "claim.denied"
  | "claim.locked"
  | "user_code.minted"
  | "delegation.created"
  | "delegation.deleted"
  | "provider.added"
  | "provider.changed"
  | "provider.disabled"
  | "provider.enabled"
  | "event.received"
  | "event.rejected"
  | "mail.sent"
  | "mail.failed"
  | "mail.retried"
  | "key.rotated"
  | "person.erased"
  | "job.started"
  | "data.exported";

/** Events that the host's handlers can be told of (`auth.on`). The others need not be kept for that. */
export const announcedTypes = [
  "registration.created",
  "registration.expired",
  "registration.suspended",
  "registration.resumed",
  "registration.revoked",
  "claim.confirmed",
  "claim.denied",
  "delegation.created",
  "delegation.deleted",
  "provider.disabled",
] as const satisfies readonly AuditEventType[];
export type AnnouncedType = (typeof announcedTypes)[number];

/** One line of the append-only audit log. Holds no token, no code and no full hint. */
export interface AuditEvent {
  type: AuditEventType;
  at: EpochSeconds;
  actor: Actor;
  ip: string | null;
  registrationId: string | null;
  detail: Record<string, string | number | boolean | null | string[]>;
  /** A mail that goes out because of this event: it is queued in the same step, for the same registration. */
  mail?: NewMail;
  /** The operators' job this is part of: it counts one change more, in the same step. */
  jobId?: string;
}

/** An audit event as it was stored. */
export interface StoredAuditEvent extends Omit<AuditEvent, "mail" | "jobId"> {
  id: number;
}
