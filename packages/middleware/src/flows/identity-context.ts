/** Owns what the flows that deal with providers are handed on top of `FlowContext`. */
import type { Accounts } from "../ports.js";
import type { AssertionAlgorithm, TrustedProvider } from "../protocol/provider.js";
import type { FlowContext } from "./context.js";

/** Public keys and client documents of providers. Both throw `ProviderUnavailable`. */
export interface ProviderDocuments {
  verifySignature(
    provider: TrustedProvider,
    token: string,
    algorithm: AssertionAlgorithm,
  ): Promise<"good" | "bad" | "unknown_key">;
  /** Whether `clientId`, a URL, names the keys of the provider in its client metadata document. */
  isClientOf(provider: TrustedProvider, clientId: string): Promise<boolean>;
}

export interface IdentityContext extends FlowContext {
  accounts: Accounts;
  /** From the options; the rest are rows. */
  trustedProviders: readonly TrustedProvider[];
  /** Accepted as the audience of an ID-JAG. */
  audiences: readonly string[];
  providers: ProviderDocuments;
  /** Steps under way in this process that must not be taken twice, by name; see `exclusively`. */
  provisioning: Map<string, Promise<unknown>>;
}
