/** Owns how audit events of agents are put together. */
import type { VerifiedIdJag } from "../protocol/id-jag.js";
import type { AuditEvent, Caller, EpochSeconds } from "../protocol/model.js";

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

/** What an audit row keeps of an ID-JAG. */
export function idJagDetail(idJag: VerifiedIdJag): AuditEvent["detail"] {
  return {
    iss: idJag.issuer,
    sub: idJag.subject,
    agent_platform: idJag.agentPlatform,
    agent_context_id: idJag.agentContextId,
  };
}
