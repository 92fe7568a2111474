/** Owns asking who is trusted: entries from the options first, then the operators' rows. */
import type { TrustedProvider } from "../protocol/provider.js";
import type { IdentityContext } from "./identity-context.js";

/**
 * The trust list's entry for an issuer, disabled ones included, or null. Looked up in the database each time, so that
 * a change is seen by every node with the next request. Our own issuer is never on the list.
 */
export async function findTrustedProvider(
  context: IdentityContext,
  issuer: unknown,
): Promise<TrustedProvider | null> {
  if (typeof issuer !== "string" || issuer === context.settings.issuer) return null;
  const configured = context.trustedProviders.find((provider) => provider.issuer === issuer);
  return configured ?? context.store.findProvider(issuer);
}

/** The same, but for a provider that is disabled nothing new is begun: it counts as if it were not on the list. */
export async function findActiveProvider(
  context: IdentityContext,
  issuer: unknown,
): Promise<TrustedProvider | null> {
  const provider = await findTrustedProvider(context, issuer);
  return provider?.disabledAt === null ? provider : null;
}
