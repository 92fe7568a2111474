/** Owns the person's side of an agent's sign-in: finding the agent behind a code, and answering it. */
import { PageRefusal } from "../protocol/errors.js";
import type { DeviceGrant, Session } from "../protocol/model.js";
import { normaliseUserCode } from "../protocol/user-code.js";
import type { FlowContext } from "./context.js";

/** A code has 34 bits and lives for minutes; this keeps one person from trying many of them. */
const triesPerWindow = 20;
const windowSeconds = 600;

export type FoundGrant =
  | { kind: "found"; grant: DeviceGrant; clientName: string }
  /** The agent wants a sign-in that is more recent than this session's. */
  | { kind: "sign_in_again"; grant: DeviceGrant }
  | { kind: "unknown" };

/** Looks a typed code up. Codes that lead nowhere are counted. */
export function findDeviceGrant(context: FlowContext, session: Session, typedCode: string): FoundGrant {
  const { store, clock, clients } = context;
  const now = clock.now();
  const userCode = normaliseUserCode(typedCode);
  const grant = userCode === null ? null : store.findPendingDeviceGrant(userCode, now);
  if (grant === null) {
    if (store.countTry(`device:${session.userId}`, now, windowSeconds) > triesPerWindow)
      throw new PageRefusal("too_many_tries");
    return { kind: "unknown" };
  }
  // Whoever signed in for this very code is fresh enough, or a `max_age` of 0 would ask for ever.
  const isTooOld = grant.maxAge !== null && now - session.authTime > grant.maxAge;
  if (isTooOld && session.authTime < grant.createdAt) return { kind: "sign_in_again", grant };
  const client = clients.find(({ clientId }) => clientId === grant.clientId);
  return { kind: "found", grant, clientName: client?.name ?? grant.clientId };
}

/** Whether this answer counted: the code may be over, or answered in another tab. */
export function answerDeviceGrant(
  context: FlowContext,
  session: Session,
  grant: DeviceGrant,
  answer: "allow" | "deny",
): boolean {
  return context.store.settleDeviceGrant(
    grant.userCode,
    context.clock.now(),
    answer === "allow"
      ? { status: "approved", userId: session.userId, authTime: session.authTime }
      : { status: "denied" },
  );
}
