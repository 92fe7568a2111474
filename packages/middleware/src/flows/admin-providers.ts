/** Operators' view of the trust list, and how it changes. Entries from the options can be switched off, not replaced. */
import type { NewProvider, ProviderInspection, ProviderSaved, ProviderView } from "../admin-handle.js";
import { changedPolicy, policyDifference, type TrustedProvider } from "../protocol/provider.js";
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

/** Adds an entry (`seen` null), or changes the policy of one that still is as it was seen. One that is disabled stays so. */
export async function saveProvider(
  context: IdentityContext,
  input: { given: NewProvider; seen: TrustedProvider | null; parse: ParseProvider; operator: Operator },
): Promise<ProviderSaved> {
  const { store, clock } = context;
  const { seen, operator } = input;
  const parsed = input.parse(input.given);
  if ("problems" in parsed) return parsed;
  const { provider } = parsed;
  const { issuer: iss } = provider;
  if (findConfigured(context, iss) !== null) return refused("comes from the options and is changed there");
  if (seen !== null && seen.issuer !== iss) return refused("is what the entry is known by");
  const now = clock.now();
  const changed = seen === null ? [] : changedPolicy(seen, provider);
  const event =
    seen === null
      ? operatorEvent("provider.added", operator, now, { iss })
      : operatorEvent("provider.changed", operator, now, { iss, ...policyDifference(seen, provider) });
  // Nothing to write is no event either.
  const isSame = seen !== null && changed.length === 0;
  if (!isSame && !(await store.saveProvider({ provider, seen, now, audit: [event] })))
    return seen === null ? refused("is trusted already: change its entry instead") : { overtaken: true };
  const saved = await store.findProvider(iss);
  return saved === null ? { overtaken: true } : { provider: saved, changed };
}

const refused = (message: string): Problems => ({ problems: [{ field: "issuer", message }] });

/** Disables or enables an entry. False when it was so already, or nobody knows the issuer. */
export async function setProviderDisabled(
  context: IdentityContext,
  { issuer, disabled, operator }: { issuer: string; disabled: boolean; operator: Operator },
): Promise<boolean> {
  const now = context.clock.now();
  const event = disabled
    ? operatorEvent("provider.disabled", operator, now, { iss: issuer })
    : operatorEvent("provider.enabled", operator, now, { iss: issuer });
  const entry = findConfigured(context, issuer);
  const isChanged = await context.store.setProviderDisabled({ issuer, disabled, now, audit: [event], entry });
  if (isChanged) context.announcer.committed();
  return isChanged;
}
