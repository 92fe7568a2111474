/** Owns asking who is trusted: entries from the options first, then the operators' rows. */
import type { TrustedProvider } from "../protocol/provider.js";
import type { IdentityContext } from "./identity-context.js";

/**
 * The trust list's entry for an issuer, disabled ones included, or null. Looked up in the database each time, so that
 * a change is seen by every node with the next request. Our own issuer is never on the list. Of a row with the issuer of
 * an entry from the options nothing counts but `disabledAt`: it is the operators' switch for that entry.
 */
export async function findTrustedProvider(
  context: IdentityContext,
  issuer: unknown,
): Promise<TrustedProvider | null> {
  if (typeof issuer !== "string" || issuer === context.settings.issuer) return null;
  const configured = findConfigured(context, issuer);
  const row = await context.store.findProvider(issuer);
  return configured === null ? row : switched(configured, row);
}

/** The whole list as operators see it: the options' entries first. */
export async function listTrustedProviders(context: IdentityContext): Promise<TrustedProvider[]> {
  const rows = await context.store.listProviders();
  const configured = context.trustedProviders.map((entry) =>
    switched(entry, rows.find(({ issuer }) => issuer === entry.issuer) ?? null),
  );
  return [...configured, ...rows.filter(({ issuer }) => findConfigured(context, issuer) === null)];
}

/** The entry of the options, as the options have it. */
export function findConfigured(context: IdentityContext, issuer: string): TrustedProvider | null {
  return context.trustedProviders.find((provider) => provider.issuer === issuer) ?? null;
}

function switched(configured: TrustedProvider, row: TrustedProvider | null): TrustedProvider {
  return { ...configured, disabledAt: row?.disabledAt ?? null };
}

/** The same, but for a provider that is disabled nothing new is begun: it counts as if it were not on the list. */
export async function findActiveProvider(
  context: IdentityContext,
  issuer: unknown,
): Promise<TrustedProvider | null> {
  const provider = await findTrustedProvider(context, issuer);
  return provider?.disabledAt === null ? provider : null;
}
