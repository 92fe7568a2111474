/** Owns what the parts of a provider's policy are called, and what happens when it is changed, in English. */

/** By their names in an entry of the trust list. */
const parts = {
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
  name: parts.name,
  jwks_uri: parts.jwksUri,
  client_ids: parts.clientIds,
  algorithm: parts.algorithms,
  domains: parts.allowedEmailDomains,
  amr: parts.requiredAmr,
  max_auth_age: parts.maxAuthAgeSeconds,
  scope: "Scopes its agents can be granted at most",
  jit: parts.jit,
};

/** How the audit log's words for a change are shown. */
export const policyDetailNames: Record<string, string> = {
  changed: "Changed",
  ...Object.fromEntries(
    Object.entries(parts).flatMap(([name, label]) => [
      [`${name}Before`, `${label} before`],
      [`${name}After`, `${label} now`],
    ]),
  ),
};
const provisioning = { true: "Get one", false: "Are refused" };
export const policyCodeWords: Record<string, Record<string, string>> = {
  changed: parts,
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
} as const;
