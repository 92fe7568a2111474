/** Owns what the storage must do. Each verb is one atomic step; where it says so, one of many callers wins. */
import type { Delegation, DeviceGrant, Hashed, QueuedEvent, Session, StoredKey } from "./protocol/model.js";

export interface Store {
  addSession(session: Session): void;
  /** The session, if it is neither over nor idle for too long at `now`; notes that it was used. */
  useSession(tokenHash: Hashed, now: number, idleSeconds: number): Session | null;
  deleteSession(tokenHash: Hashed): void;

  addDeviceGrant(grant: DeviceGrant): boolean;
  /** The grant behind a code, if it still waits for its person. */
  findPendingDeviceGrant(userCode: string, now: number): DeviceGrant | null;
  /** Whether this call settled it: exactly one of any number of answers does. */
  settleDeviceGrant(
    userCode: string,
    now: number,
    answer: { status: "approved"; userId: string; authTime: number } | { status: "denied" },
  ): boolean;
  /** The grant as it was before this poll, which is noted and, when it came too early, slows the next ones down. */
  pollDeviceGrant(deviceCodeHash: Hashed, now: number, slowDownSeconds: number): DeviceGrant | null;
  /** Whether this call may deliver it: exactly one does. */
  deliverDeviceGrant(deviceCodeHash: Hashed): boolean;

  saveDecision(decision: {
    userId: string;
    audience: string;
    consent: "once" | "always" | "denied";
    now: number;
  }): void;
  findDelegation(userId: string, audience: string): Delegation | null;
  /** Every service that is or was allowed something, newest first. */
  listDelegations(userId: string): Delegation[];
  /** Uses up a permission, if there is one: `once` serves exactly one caller, until `onceValidAfter`. */
  spendConsent(input: { userId: string; audience: string; now: number; onceValidAfter: number }): boolean;
  /** Notes what was minted without asking for permission. For tests. */
  recordMint(userId: string, audience: string, now: number): void;
  /** Ends the delegation and queues the event that says so, together. */
  revokeDelegation(event: QueuedEvent): void;

  addEvent(event: QueuedEvent): void;
  findEvent(jti: string): QueuedEvent | null;
  listEvents(userId: string, limit: number): QueuedEvent[];
  /** Waiting events, those that are due first. */
  listWaitingEvents(dueBefore: number, limit: number): QueuedEvent[];
  /** Takes the event for one delivery until `leaseUntil`: exactly one of any number of callers gets it. */
  leaseEvent(jti: string, now: number, dueBefore: number, leaseUntil: number): QueuedEvent | null;
  settleEvent(
    jti: string,
    result:
      | { status: "sent"; settledAt: number }
      | { status: "refused" | "failed"; settledAt: number; problem: string }
      | { status: "waiting"; nextTryAt: number; problem: string },
  ): void;

  listKeys(): StoredKey[];
  /** Whether it was added: not when another process added one since `newestKid` was read. */
  addKey(key: StoredKey, newestKid: string | null): boolean;
  deleteKeys(kids: string[]): void;

  /** Counts a try in a fixed window that starts with the first one; returns how many there have been. */
  countTry(subject: string, now: number, windowSeconds: number): number;
  /** Forgets what is over. */
  sweep(now: number): void;
  close(): void;
}
