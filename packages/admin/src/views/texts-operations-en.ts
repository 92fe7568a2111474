/** Owns the words of the pages of delegations, mail, signing keys, settings, workbench and incident, in English. */
import { type Inline, plural, say } from "./words.js";

export const delegationWords = {
  lead: "Which person at a provider is which user here. While linked, their agents come in without asking again.",
  find: "Find delegations",
  fields: { provider: "Provider", user: "User id" },
  any: "Any",
  filter: "Filter",
  clear: "Clear",
  shown: { one: "delegation on this page", many: "delegations on this page" },
  noMatch: "Nothing matches",
  empty: "Nobody is linked yet",
  how: "A link is made when a person confirms an agent that came through a trusted provider, or when the provider vouches for their verified e-mail address.",
  showAll: "Show all",
  seeProviders: "See trusted providers",
  caption: "Delegations by provider and person",
  columns: {
    subject: "Person there",
    provider: "Provider",
    user: "User here",
    ceiling: "Scopes at most",
    linked: "Linked",
    action: "Action",
  },
  noCeiling: "Everything on offer",
  unlink: "Unlink",
  unlinkOne: (subject: string): string => `Unlink ${subject}`,
  unlinking: {
    title: "Unlink this person",
    consequences: [
      "The next agent of this person has to be confirmed by them here, as if for the first time.",
      "Agents that are in already go on. To stop them, revoke them.",
    ],
  },
} as const;

export const keyWords = {
  lead: "What this service signs assertions with. A new key is published before it signs; an old one verifies until all it signed has expired.",
  rotate: "Rotate…",
  columns: {
    kid: "Key id",
    state: "State",
    algorithm: "Algorithm",
    created: "Created",
    signsFrom: "Signs from",
    retired: "Retired",
  },
  states: { retired: "Verifies only", published: "Published", signing: "Signs" },
  inUse: "In use",
  rotation: {
    title: "Rotate the signing key",
    consequences: [
      "A new key is published at once, and signs as soon as everybody had time to fetch it.",
      "The present one goes on verifying what it signed, so no agent notices.",
      "If a key has leaked, rotating does not undo what was signed with it: revoke, under Incident.",
    ],
    submit: "Rotate now",
  },
} as const;

export const settingsWords = {
  lead: "The configuration in force, as the code that starts this service gave it. Secrets are left out.",
  general: "General",
  caption: (group: string): string => `Settings: ${group}`,
  columns: { option: "Option", value: "Value" },
} as const;

export const workbenchWords = {
  lead: "Why is an agent refused? Paste its ID-JAG and see every check, in the order they are made.",
  paste: "Paste an ID-JAG",
  label: "ID-JAG",
  hint: "Treat it as a secret. It is not used up, not written anywhere, not logged, and not shown again.",
  problem: (longest: number): string => `Paste an ID-JAG of at most ${longest} characters.`,
  submit: "Check it",
  outcomes: { passed: "Passed", failed: "Failed", not_reached: "Not reached" },
  verdicts: {
    sign_in: "It would be let in at once: this person is linked to a user here.",
    step_up:
      "The person would be asked here first: there is an account with this address that is not linked yet.",
    create_user: "An account would be created for this person, and the agent let in.",
    refuse_unknown: "It is good, but would be refused: nobody here has this verified address.",
  },
  refused: "It would be refused.",
  refusedAt: (check: Inline, why: Inline): Inline => say`It would be refused at ${check}: ${why}`,
  noReason: "no reason given",
  checks: {
    heading: "Checks, in order",
    caption: "Checks",
    columns: { check: "Check", outcome: "Outcome", answer: "What the agent is told" },
  },
  decoded: {
    heading: "What it says of itself",
    intro: "Decoded, and to be believed only if every check passed.",
    header: "Header",
    payload: "Payload",
  },
} as const;

export const mailPage = {
  lead: "What was sent to people. Their text and links are made when they are sent, and kept nowhere.",
  noServer: (option: Inline): Inline =>
    say`No mail server is configured, so nothing is sent. Set ${option} in the options of the middleware.`,
  find: "Find mail",
  fields: { state: "State", template: "Mail" },
  any: "Any",
  filter: "Filter",
  clear: "Clear",
  states: { waiting: "Waiting", sent: "Sent", failed: "Failed" },
  shown: { one: "mail on this page", many: "mails on this page" },
  noMatch: "Nothing matches",
  empty: "No mail yet",
  how: "When an agent names a person’s address, the person gets a link to decide. Failed mails are tried again for a day, and stay here for you to retry.",
  caption: "Mail, newest first",
  columns: {
    mail: "Mail",
    state: "State",
    to: "To",
    registration: "Registration",
    queued: "Queued",
    sent: "Sent or next try",
    tries: "Tries",
    action: "Action",
  },
  givenUp: "Given up",
  retry: "Try again",
  retryOne: (id: number): string => `Try again: mail ${id}`,
} as const;

export const incidentWords = {
  lead: "Stop agents in bulk, fast, and know afterwards that none was missed. Before anything happens you are shown how many it is.",
  everything: "revoke everything",
  reaches: {
    user: {
      heading: "One user’s agents",
      intro: "An account was taken over, or a person asks for it.",
      submit: "Revoke this user’s agents…",
    },
    provider: {
      heading: "A provider and all its agents",
      intro:
        "A provider was broken into, or mints what it should not. It is disabled first, so that nothing new comes in.",
      submit: "Disable it and revoke its agents…",
    },
    all: {
      heading: "Every agent",
      intro:
        "You do not know how far it goes. Every agent of this service is stopped; people go on as before.",
      submit: "Revoke every agent…",
    },
  },
  user: {
    byEmail: {
      label: "User id or verified e-mail address",
      hint: "An id that looks like an address is found, too, once that user has an agent or a link.",
      unknown:
        "No user of this service has verified that address, and no user with that id has an agent or a link.",
    },
    byId: {
      label: "User id",
      hint: "This service was not set up to find people by e-mail.",
      unknown:
        "This service was not set up to find people by e-mail, and no user with that id has an agent or a link. Enter the user’s id.",
    },
  },
  provider: "Provider",
  choose: "Choose…",
  typed: {
    user: "Type the same again to confirm",
    provider: "Type the provider’s issuer to confirm",
    all: (text: string): string => `Type “${text}” to confirm`,
  },
  problems: {
    noProvider: "Choose a provider.",
    nobody: "Say whose agents.",
  },
} as const;

/** What stands between an incident that was typed right and its job. */
export const impactWords = {
  title: (amount: string): string => `Revoke ${amount}`,
  nothingTitle: "Nothing is found to revoke",
  facts: {
    user: "User",
    typed: "Found by",
    provider: "Provider",
    issuer: "Issuer",
    all: "Reach",
    registrations: "Registrations not revoked now",
    reason: "Reason",
  },
  everyAgent: "Every agent of this service",
  nothing: {
    user: (userId: Inline): Inline =>
      say`Nothing is found for user ${userId}: make sure that this is their id. If you go on, links to them are cut and whatever of theirs comes in meanwhile is revoked.`,
    provider: (name: Inline): Inline =>
      say`Nothing is found for provider ${name}. If you go on, it is disabled, links to its people are cut, and whatever comes in meanwhile is revoked.`,
    all: say`Nothing is found: no agent of this service is left to revoke. If you go on, links to people are cut and whatever comes in meanwhile is revoked.`,
  },
  disabledFirst: "The provider is disabled first, before anything is revoked: nothing new comes in.",
  disabledAlready: "The provider is disabled already, and stays so.",
  submit: {
    revoke: (amount: string): string => `Revoke ${amount} now`,
    disable: (amount: string): string => `Disable it and revoke ${amount} now`,
    revokeAll: "Go ahead all the same",
    disableAll: "Disable it all the same",
  },
} as const;

export const chartWords = {
  title: "Registrations and claims per day",
  summary: (registrations: number, claims: number, days: number): string =>
    `${plural(registrations, "registration", "registrations")} and ${plural(claims, "claim", "claims")} in ${days} days.`,
  caption: "Per day, newest first",
  columns: {
    day: "Day",
    registrations: "Registrations",
    claims: "Claims",
    revocations: "Revocations",
    mailFailures: "Mail failures",
  },
} as const;
