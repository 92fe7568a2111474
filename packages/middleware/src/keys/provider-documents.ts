/** Owns the public keys and client documents of providers, as the flows ask for them. */
import type { Clock, Logger } from "../ports.js";
import type { AssertionAlgorithm, TrustedProvider } from "../protocol/provider.js";
import { ClientMetadata } from "./client-metadata.js";
import { IssuerKeys, type SignatureFinding } from "./issuer-keys.js";
import { createFetchDocument } from "./safe-fetch.js";

/** Both verbs throw `ProviderUnavailable` when something cannot be fetched and nothing is left to go by. */
export interface ProviderDocuments {
  /** Checks the signature of a compact JWS with this provider's keys. */
  verifySignature(
    provider: TrustedProvider,
    token: string,
    algorithm: AssertionAlgorithm,
  ): Promise<SignatureFinding>;
  /** Whether `clientId`, a URL, names the provider's own keys in its client metadata document. */
  isClientOf(provider: TrustedProvider, clientId: string): Promise<boolean>;
}

export function createProviderDocuments(parts: {
  clock: Clock;
  logger: Logger;
  allowPrivateNetwork: boolean;
}): ProviderDocuments {
  const { clock, logger, allowPrivateNetwork } = parts;
  const fetchDocument = createFetchDocument({ allowPrivateNetwork });
  const keys = new IssuerKeys({ clock, fetchDocument, logger });
  const clients = new ClientMetadata({ clock, fetchDocument, allowHttp: allowPrivateNetwork });
  return {
    verifySignature: (provider, token, algorithm) => keys.verify(provider, token, algorithm),
    isClientOf: async (provider, clientId) => clients.names(clientId, await keys.jwksUriOf(provider)),
  };
}
