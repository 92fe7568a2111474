/** Owns the public keys and client documents of providers, as the flows ask for them. */
import type { Metrics } from "../metrics-port.js";
import type { Clock, Logger } from "../ports.js";
import type { AssertionAlgorithm, IssuerKeyState, TrustedProvider } from "../protocol/provider.js";
import { ClientMetadata } from "./client-metadata.js";
import { IssuerKeys, type SignatureFinding } from "./issuer-keys.js";
import { createFetchDocument } from "./safe-fetch.js";

/** The first two verbs throw `ProviderUnavailable` when something cannot be fetched and nothing is left to go by. */
export interface ProviderDocuments {
  /** Checks the signature of a compact JWS with this provider's keys. */
  verifySignature(
    provider: TrustedProvider,
    token: string,
    algorithm: AssertionAlgorithm,
  ): Promise<SignatureFinding>;
  /** Whether `clientId`, a URL, names the provider's own keys in its client metadata document. */
  isClientOf(provider: TrustedProvider, clientId: string): Promise<boolean>;
  /** What is known of the provider's keys, without asking it. */
  knownKeys(provider: TrustedProvider): IssuerKeyState;
  /** Fetches the keys of an issuer nobody trusts yet; nothing of it is kept. */
  inspect(provider: TrustedProvider): Promise<IssuerKeyState>;
}

const silent = () => {};
const silence: Logger = { debug: silent, info: silent, warn: silent, error: silent };

export function createProviderDocuments(parts: {
  clock: Clock;
  logger: Logger;
  metrics?: Metrics;
  allowPrivateNetwork: boolean;
}): ProviderDocuments {
  const { clock, allowPrivateNetwork } = parts;
  const fetchDocument = createFetchDocument({ allowPrivateNetwork });
  const keys = new IssuerKeys({ ...parts, fetchDocument });
  const clients = new ClientMetadata({ clock, fetchDocument, allowHttp: allowPrivateNetwork });
  return {
    verifySignature: (provider, token, algorithm) => keys.verify(provider, token, algorithm),
    knownKeys: (provider) => keys.known(provider),
    // A cache of its own: a stranger's keys must not stand in for those of an entry made later.
    inspect: (provider) => new IssuerKeys({ clock, fetchDocument, logger: silence }).look(provider),
    isClientOf: async (provider, clientId) => clients.names(clientId, await keys.jwksUriOf(provider)),
  };
}
