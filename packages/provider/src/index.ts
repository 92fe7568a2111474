/** Owns the public surface of `@agent-auth/provider`. */
export { agentProvider } from "./agent-provider.js";
export type { AgentProvider, EventStatus, MintInput, SendEventInput } from "./handle.js";
export { WrongSecretError } from "./keys/signing-keys.js";
export { type AgentProviderOptions, OptionsError } from "./options.js";
export type { Clock, Logger, Random } from "./ports.js";
