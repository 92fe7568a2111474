/** Owns turning rows into records and records into rows. */
import type {
  Delegation,
  DeviceGrant,
  Hashed,
  QueuedEvent,
  Session,
  SigningAlgorithm,
  StoredKey,
} from "../protocol/model.js";
import type { delegations, deviceGrants, outbox, sessions, signingKeys } from "./schema.js";

export type SessionRow = typeof sessions.$inferSelect;
export type DeviceGrantRow = typeof deviceGrants.$inferSelect;
export type DelegationRow = typeof delegations.$inferSelect;
export type EventRow = typeof outbox.$inferSelect;
export type KeyRow = typeof signingKeys.$inferSelect;

export const sessionOf = (row: SessionRow): Session => ({
  tokenHash: row.token_hash as Hashed,
  userId: row.user_id,
  authTime: row.auth_time,
  lastSeenAt: row.last_seen_at,
  expiresAt: row.expires_at,
});

export const deviceGrantOf = (row: DeviceGrantRow): DeviceGrant => ({
  deviceCodeHash: row.device_code_hash as Hashed,
  userCode: row.user_code,
  clientId: row.client_id,
  maxAge: row.max_age,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  interval: row.poll_interval,
  lastPolledAt: row.last_polled_at,
  status: row.status as DeviceGrant["status"],
  userId: row.user_id,
  authTime: row.auth_time,
});

export const deviceGrantRow = (grant: DeviceGrant): DeviceGrantRow => ({
  device_code_hash: grant.deviceCodeHash,
  user_code: grant.userCode,
  client_id: grant.clientId,
  max_age: grant.maxAge,
  created_at: grant.createdAt,
  expires_at: grant.expiresAt,
  poll_interval: grant.interval,
  last_polled_at: grant.lastPolledAt,
  status: grant.status,
  user_id: grant.userId,
  auth_time: grant.authTime,
});

export const delegationOf = (row: DelegationRow): Delegation => ({
  userId: row.user_id,
  audience: row.audience,
  consent: row.consent as Delegation["consent"],
  decidedAt: row.decided_at,
  since: row.since,
  lastMintedAt: row.last_minted_at,
  mintCount: row.mint_count,
});

export const eventOf = (row: EventRow): QueuedEvent => ({
  jti: row.jti,
  userId: row.user_id,
  audience: row.audience,
  type: row.type,
  claims: JSON.parse(row.claims) as Record<string, unknown>,
  createdAt: row.created_at,
  status: row.status as QueuedEvent["status"],
  attempts: row.attempts,
  nextTryAt: row.next_try_at,
  problem: row.problem,
  settledAt: row.settled_at,
});

export const eventRow = (event: QueuedEvent): EventRow => ({
  jti: event.jti,
  user_id: event.userId,
  audience: event.audience,
  type: event.type,
  claims: JSON.stringify(event.claims),
  created_at: event.createdAt,
  status: event.status,
  attempts: event.attempts,
  next_try_at: event.nextTryAt,
  leased_until: 0,
  problem: event.problem,
  settled_at: event.settledAt,
});

export const keyOf = (row: KeyRow): StoredKey => ({
  kid: row.kid,
  algorithm: row.algorithm as SigningAlgorithm,
  publicJwk: JSON.parse(row.public_jwk) as Record<string, string>,
  sealedPrivateJwk: row.sealed_private_jwk,
  createdAt: row.created_at,
  signsFrom: row.signs_from,
});

export const keyRow = (key: StoredKey): KeyRow => ({
  kid: key.kid,
  algorithm: key.algorithm,
  public_jwk: JSON.stringify(key.publicJwk),
  sealed_private_jwk: key.sealedPrivateJwk,
  created_at: key.createdAt,
  signs_from: key.signsFrom,
});
