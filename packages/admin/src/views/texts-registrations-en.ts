/** Owns the words of the list of registrations, of its filters and of its search, in English. */
import { type Inline, say, words } from "./words.js";

/** What each part of a filter is called, in the order of the chips. */
export const filterNames = {
  id: "Id",
  user: "User",
  name: "Name starts with",
  issuer: "Provider",
  ip: "Registered from",
  status: "Status",
  kind: "Kind",
  scope: "Scope",
  created_from: "Created from",
  created_to: "Created until",
  used_from: "Last used from",
  used_to: "Last used until",
} as const;

export const filterWords = {
  chips: "Active filters",
  /** What of an address is no filter, such as `Status “revokd”`. */
  ignored: (parts: Inline): Inline =>
    say`Left out, because it means nothing here: ${parts}. What is shown is found by the rest.`,
  /** In place of a download that would hold more than was asked for. */
  refused: (parts: Inline): Inline =>
    say`Nothing was exported, because part of the filter means nothing here: ${parts}.`,
  twice: "given more than once",
  contradictions: {
    created: words("It cannot be created after the last of these days: turn the days of creation round."),
    used: words("It cannot be used after the last of these days: turn the days of use round."),
    order: words("Nothing can be used before it is created: these days leave nothing."),
  },
} as const;

export const searchWords = {
  heading: "Find",
  label: "Find registrations",
  search: "Search",
  any: "Any",
  more: "Created and last used (days in UTC)",
  submit: "Search",
} as const;

/** How people are named to find what acts for them: a service may not be set up to find them by address. */
export const personWords = {
  byEmail: {
    placeholder: "Id, user’s e-mail, name, issuer or IP",
    noMatch:
      "Remove a filter, or search for the start of a name, a whole id, an e-mail address, an issuer or an IP address.",
    unknownAddress: (prefix: Inline): Inline =>
      say`No user of this service has verified that e-mail address. If it is the id of a user, put ${prefix} in front of it.`,
  },
  byId: {
    placeholder: "Id, user: and a user id, name, issuer or IP",
    noMatch: "Remove a filter, or search for the start of a name, a whole id, an issuer or an IP address.",
    unknownAddress: (prefix: Inline): Inline =>
      say`This service was not set up to find people by e-mail. Enter the id of the user, with ${prefix} in front of it.`,
  },
} as const;

export const registrationsPage = {
  lead: "Every agent that has registered, and where it stands.",
  exportCsv: "Export as CSV",
  caption: "Registrations",
  columns: {
    agent: "Agent",
    status: "Status",
    kind: "Kind",
    user: "On behalf of",
    scopes: "Scopes",
    created: "Created",
    lastUsed: "Last used",
  },
  never: "Never",
  shown: { one: "registration on this page", many: "registrations on this page" },
  onlyUsed: "In this order only agents that have been used are listed. The export holds the others, too.",
  bulk: {
    revoke: "Revoke all of these…",
    suspend: "Suspend all…",
    resume: "Resume all…",
  },
  inStretch: {
    heading: "Nothing in this stretch",
    text: "Many registrations were looked through. There are more: go on to the next page.",
  },
  noMatch: {
    heading: "Nothing matches",
    noneUsed: "Nothing that was ever used matches. Sort by creation to see the rest.",
  },
  showAll: "Show all registrations",
  byCreation: "Sort by creation",
} as const;
