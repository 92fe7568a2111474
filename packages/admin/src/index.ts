/** The public surface. Explicit, and pinned by a test. */
export { agentAdmin } from "./admin.js";
export type { AgentAdminOptions, Operator, Role } from "./options.js";
