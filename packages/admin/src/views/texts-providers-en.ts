/** Owns what the parts of a provider's policy are called, and what happens when it is changed, in English. */

import { count, type Inline, plural, say } from "./words.js";

/** By their names in an entry of the trust list. */
export const policyParts = {
  name: "Name",
  jwksUri: "Address of its keys",
  clientIds: "Client ids",
  algorithms: "Signing algorithms",
  allowedEmailDomains: "E-mail domains",
  requiredAmr: "Authentication methods",
  maxAuthAgeSeconds: "Oldest sign-in in seconds",
  scopes: "Scopes at most",
  jit: "People without an account",
} as const;

/** By their names in the form. */
export const policyLabels: Record<string, string> = {
  issuer: "Issuer",
  name: policyParts.name,
  jwks_uri: policyParts.jwksUri,
  client_ids: policyParts.clientIds,
  algorithm: policyParts.algorithms,
  domains: policyParts.allowedEmailDomains,
  amr: policyParts.requiredAmr,
  max_auth_age: policyParts.maxAuthAgeSeconds,
  scope: "Scopes its agents can be granted at most",
  jit: policyParts.jit,
};

/** How the audit log's words for a change are shown. */
export const policyDetailNames: Record<string, string> = {
  changed: "Changed",
  ...Object.fromEntries(
    Object.entries(policyParts).flatMap(([name, label]) => [
      [`${name}Before`, `${label} before`],
      [`${name}After`, `${label} now`],
    ]),
  ),
};
const provisioning = { true: "Get one", false: "Are refused" };
export const policyCodeWords: Record<string, Record<string, string>> = {
  changed: policyParts,
  jitBefore: provisioning,
  jitAfter: provisioning,
};

export const changeSteps = [
  "What is saved holds for the next ID-JAG of this provider, on every node.",
  "Agents that are in go on with what they were granted. To take that away, narrow or revoke them.",
  "If the address of the keys changes, they are fetched from there and shown before anything is saved.",
] as const;

export const changeTexts = {
  configured:
    "This entry comes from the configuration of the service and is changed there. Nothing was changed.",
  overtaken:
    "Somebody has changed this provider since you opened the form. Nothing of yours was saved; below is what holds now.",
  overtakenHeading: "Somebody was faster",
  overtakenColumns: { part: "Part", now: "Holds now", sent: "You had sent" },
  overtakenCaption: "What holds now and what you had sent, where they differ",
  unreachable: "No keys could be fetched there:",
  looked: "Nothing is saved yet. These are the keys its agents would be believed by.",
  title: (name: string): string => `Change ${name}`,
  back: "Back to the provider",
  save: "Save the policy",
  saveWithKeys: "Save with these keys",
  happens: "What happens",
  policy: "Policy",
  found: "Found",
  keysAt: "Keys at",
  nothing: "Nothing",
} as const;

export const providersPage = {
  title: "Trusted providers",
  lead: "Who may vouch for people. A trusted provider can bring agents in for any of its people, so keep this list short.",
  tryOne: "Try an ID-JAG",
  add: "Add a provider…",
  switchedOff: (type: Inline, option: Inline, list: Inline): Inline =>
    say`This service takes no ID-JAGs, so agents of providers are refused. Add ${type} to ${option} in its configuration, or give it ${list}, even an empty list.`,
  empty: {
    heading: "No provider is trusted",
    text: "Agents still come in by themselves or by an e-mail hint, and people claim them. Trust a provider to let its agents in for people it vouches for.",
    how: (option: Inline): Inline => say`Add one here, or in the configuration as ${option}.`,
  },
  columns: {
    provider: "Provider",
    standing: "Standing",
    issuer: "Issuer",
    keys: "Keys",
    fetched: "Keys fetched",
    from: "From",
  },
  standings: {
    disabled: "Disabled",
    unreachable: "Keys unreachable",
    unused: "Not used yet",
    trusted: "Trusted",
  },
  sources: { options: "Configuration", database: "Dashboard" },
  never: "Never",
} as const;

export const providerPage = {
  failed: (failure: string): Inline => say`The last fetch of its keys failed: ${failure}`,
  outcomes: {
    heading: (days: number): string => `Taken and refused, last ${days} days`,
    caption: "ID-JAGs and events by outcome",
    columns: { what: "What", outcome: "Outcome", times: "Times" },
    accepted: "Accepted",
    refused: "Refused",
    idJag: "ID-JAG",
    event: "Event",
  },
  keys: {
    heading: "Keys",
    none: "None are cached: they are fetched when they are first needed.",
    columns: { kid: "Key id", algorithm: "Algorithm", type: "Type", firstSeen: "First seen" },
    firstSeen:
      "First seen: when this process of the service first fetched the key. That begins anew when the process starts, and when a key was gone in between.",
    noId: "Without id",
    anyAlgorithm: "Any that fits",
  },
  reach: { heading: "Reach", registrations: "Registrations not revoked" },
  change: "Change policy…",
  enable: "Enable…",
  disable: "Disable…",
  policy: {
    heading: "Policy",
    from: "From",
    keysAt: "Keys at",
    discovered: "Discovered",
    fetched: "Keys fetched",
    neverHere: "Never by this process",
    clientIds: "Client ids besides the issuer",
    required: "Authentication methods demanded",
    getOne: provisioning.true,
    refused: provisioning.false,
    everything: "Everything on offer",
    oldestSignIn: "Oldest sign-in",
    seconds: (number: number): string => plural(number, "second", "seconds"),
    any: "Any",
    none: "None",
    disabled: "Disabled",
  },
} as const;

export const addPage = {
  title: "Add a trusted provider",
  lead: "Whoever you trust here can bring in agents for any of its people. First, a look at who it is.",
  issuerHint: "Its address, exactly as its tokens have it, such as https://agents.example.com",
  first: "1. Who is it?",
  fetch: "Fetch its keys",
  noAddress: "Give the issuer’s whole address.",
  unreachable: (problem: string): Inline => say`Its keys could not be fetched: ${problem}`,
  discovered: "(found by discovery)",
  given: "(as given)",
  another: "Look at another address",
  second: "2. What may it do?",
  trust: "Trust this provider",
} as const;

export const policyForm = {
  hints: {
    jwks_uri: "Leave it empty to have it discovered.",
    name: "Shown to people when they are asked. Never taken from a token.",
    client_ids: "Accepted besides the issuer itself, one to a line.",
    domains: "Only people with addresses there, one to a line. Empty: any.",
    amr: "All of these are demanded, such as mfa, one to a line.",
    max_auth_age: "How long ago the person may have signed in there. Empty: an hour.",
    scope: "With all of them ticked, also what is offered later.",
  },
  create: "Create one for them",
  problems: {
    noName: "Give it a name that people know.",
    longName: (most: number): string => `The name may have at most ${most} characters.`,
    noAlgorithm: "Tick at least one algorithm.",
    badDomain: (domain: string): string =>
      `“${domain}” is no domain: give what stands after the @ of an address.`,
    badAge: (most: number): string => `Give whole seconds from 1 to ${count(most)} (30 days), or nothing.`,
    noScope: "Tick at least one scope, or its agents could be granted none.",
  },
} as const;

export const switchPage = {
  disable: {
    title: (name: string): string => `Disable ${name}`,
    consequences: (here: Inline): Inline[] => [
      say`New agents of this provider are refused from now on, and so are new ID-JAGs of agents that are in.`,
      say`What it registered before goes on: ${here} not revoked. To stop those too, revoke them after this, or use Incident.`,
      say`It can be enabled again at any time.`,
    ],
    submit: "Disable it now",
    already: "Somebody has disabled it already. Nothing is left to do.",
  },
  enable: {
    title: (name: string): string => `Enable ${name}`,
    consequences: (here: Inline): Inline[] => [
      say`Its ID-JAGs are accepted again: it can bring in agents for any of its people.`,
      say`${here} not revoked came through it before.`,
    ],
    submit: "Enable it",
    already: "Somebody has enabled it already. Nothing is left to do.",
  },
} as const;
