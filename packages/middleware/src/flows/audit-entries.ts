/** Owns how audit events of agents are put together. */
import type { VerifiedIdJag } from "../protocol/id-jag.js";
import type { AuditEvent, Caller, ClaimAttempt, EpochSeconds } from "../protocol/model.js";

/** An audit event of something the agent did itself. */
export function agentEvent(
  type: AuditEvent["type"],
  registrationId: string,
  caller: Caller,
  now: EpochSeconds,
  detail: AuditEvent["detail"] = {},
): AuditEvent {
  return {
    type,
    at: now,
    actor: { kind: "agent", id: registrationId },
    ip: caller.ip,
    registrationId,
    detail,
  };
}

/** The event of a code that was made for the agent to show; none where the service does not use code entry. */
export function codeMinted(
  attempt: ClaimAttempt,
  caller: Caller,
  now: EpochSeconds,
  detail: AuditEvent["detail"] = {},
): AuditEvent[] {
  if (attempt.userCodeHash === null) return [];
  const { id: attemptId, registrationId } = attempt;
  return [agentEvent("user_code.minted", registrationId, caller, now, { attemptId, ...detail })];
}

/** What an audit row keeps of an ID-JAG. */
export function idJagDetail(idJag: VerifiedIdJag): AuditEvent["detail"] {
  return {
    iss: idJag.issuer,
    sub: idJag.subject,
    agent_platform: idJag.agentPlatform,
    agent_context_id: idJag.agentContextId,
  };
}
