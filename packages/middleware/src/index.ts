/** The public surface. Explicit, and pinned by a test. */
export type { Agent } from "./agent.js";
export { agentAuth } from "./agent-auth.js";
export type {
  AgentAuth,
  AgentAuthEventName,
  AgentAuthEvents,
  Authentication,
  Health,
  Intervention,
  RegistrationSummary,
  VerifiedToken,
} from "./handle.js";
export { type AgentAuthOptions, OptionsError } from "./options.js";
export {
  type Accounts,
  type Clock,
  type HostUser,
  type Logger,
  type Random,
  type Store,
  StoreUnavailable,
} from "./ports.js";
