/** Owns what the flows that deal with providers are handed on top of `FlowContext`. */
import type { AdminQueries } from "../admin-queries-port.js";
import type { Accounts } from "../ports.js";
import type { AssertionAlgorithm, IssuerKeyState, TrustedProvider } from "../protocol/provider.js";
import type { FlowContext } from "./context.js";

/** Public keys and client documents of providers. The first two throw `ProviderUnavailable`. */
export interface ProviderDocuments {
  verifySignature(
    provider: TrustedProvider,
    token: string,
    algorithm: AssertionAlgorithm,
  ): Promise<"good" | "bad" | "unknown_key">;
  /** Whether `clientId`, a URL, names the keys of the provider in its client metadata document. */
  isClientOf(provider: TrustedProvider, clientId: string): Promise<boolean>;
  /** What is known of the provider's keys, without asking it. */
  knownKeys(provider: TrustedProvider): IssuerKeyState;
  /** Fetches the keys of an issuer nobody trusts yet; nothing of it is kept. */
  inspect(provider: TrustedProvider): Promise<IssuerKeyState>;
}

/** What became of a token of an issuer on the trust list. */
export type TokenOutcome = Parameters<AdminQueries["countOutcome"]>[0];

export interface IdentityContext extends FlowContext {
  accounts: Accounts;
  /** From the options; the rest are rows. */
  trustedProviders: readonly TrustedProvider[];
  /** Accepted as the audience of an ID-JAG. */
  audiences: readonly string[];
  providers: ProviderDocuments;
  /** Counts for operators. Returns at once and never fails. */
  countOutcome(outcome: TokenOutcome): void;
  /** Steps under way in this process that must not be taken twice, by name; see `exclusively`. */
  provisioning: Map<string, Promise<unknown>>;
}
