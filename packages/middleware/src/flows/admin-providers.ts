/** Operators' view of the trust list, and how it changes. Entries from the options can be switched off, not replaced. */
import type { NewProvider, ProviderInspection, ProviderView } from "../admin-handle.js";
import type { TrustedProvider } from "../protocol/provider.js";
import { type Operator, operatorEvent } from "./admin-registration.js";
import type { IdentityContext } from "./identity-context.js";
import { findConfigured, findTrustedProvider, listTrustedProviders } from "./trust.js";

type Problems = { problems: { field: string; message: string }[] };
/** Checks an entry as the options are checked. */
export type ParseProvider = (given: NewProvider) => { provider: TrustedProvider } | Problems;

/** Inspections at a time: each may wait for a stranger. */
const inspectionsAtOnce = 4;

/** Every entry, with what is known of its keys. */
export async function listProviders(context: IdentityContext): Promise<ProviderView[]> {
  return (await listTrustedProviders(context)).map((provider) => viewOf(context, provider));
}

export async function findProvider(context: IdentityContext, issuer: string): Promise<ProviderView | null> {
  const provider = await findTrustedProvider(context, issuer);
  return provider === null ? null : viewOf(context, provider);
}

function viewOf({ providers }: IdentityContext, provider: TrustedProvider): ProviderView {
  const { keys, fetchedAt, failure } = providers.knownKeys(provider);
  return { provider, keys, fetchedAt, fetchFailure: failure };
}

/** Builds the inspection of issuers nobody trusts yet. */
export function createInspection(
  context: IdentityContext,
  parse: ParseProvider,
): (issuer: string, jwksUri: string | null) => Promise<ProviderInspection> {
  let running = 0;
  const failed = (problem: string): ProviderInspection => ({ jwksUri: null, keys: [], problem });
  return async (issuer, jwksUri) => {
    const parsed = parse({ issuer, jwksUri, name: issuer.slice(0, 100) });
    if ("problems" in parsed)
      return failed(parsed.problems.map(({ field, message }) => `${field} ${message}`).join("; "));
    if (running >= inspectionsAtOnce) return failed("Other providers are being looked at. Try again.");
    running += 1;
    try {
      const { failure, ...found } = await context.providers.inspect(parsed.provider);
      return { jwksUri: found.jwksUri, keys: found.keys, problem: failure };
    } finally {
      running -= 1;
    }
  };
}

/** Adds an entry or replaces one of the operators'. One that is disabled stays so. */
export async function saveProvider(
  context: IdentityContext,
  input: { given: NewProvider; parse: ParseProvider; operator: Operator },
): Promise<{ provider: TrustedProvider } | Problems> {
  const { store, clock } = context;
  const parsed = input.parse(input.given);
  if ("problems" in parsed) return parsed;
  const { provider } = parsed;
  if (findConfigured(context, provider.issuer) !== null)
    return { problems: [{ field: "issuer", message: "comes from the options and is changed there" }] };
  const now = clock.now();
  const known = await store.findProvider(provider.issuer);
  const type = known === null ? "provider.added" : "provider.changed";
  const audit = [operatorEvent(type, input.operator, now, { iss: provider.issuer })];
  await store.saveProvider({ provider, now, audit });
  return { provider: (await store.findProvider(provider.issuer)) ?? provider };
}

/** Disables or enables an entry. False when it was so already, or nobody knows the issuer. */
export async function setProviderDisabled(
  context: IdentityContext,
  { issuer, disabled, operator }: { issuer: string; disabled: boolean; operator: Operator },
): Promise<boolean> {
  const now = context.clock.now();
  const event = disabled
    ? operatorEvent("provider.disabled", operator, now, { iss: issuer })
    : operatorEvent("provider.changed", operator, now, { iss: issuer, enabled: true });
  const entry = findConfigured(context, issuer);
  return context.store.setProviderDisabled({ issuer, disabled, now, audit: [event], entry });
}
