/** The public surface. Explicit, and pinned by a test. */
export type {
  AdminSurface,
  DataExport,
  NewProvider,
  OperatorAction,
  ProviderInspection,
  ProviderView,
  WorkbenchCheck,
  WorkbenchResult,
} from "./admin-handle.js";
export type { AdminJob, JobAction } from "./admin-jobs-port.js";
export type {
  AdminQueries,
  Attention,
  AuditFilter,
  MailFilter,
  Overview,
  Page,
  PageRequest,
  ProviderCounts,
  RegistrationFilter,
  RegistrationListing,
} from "./admin-queries-port.js";
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
