/** Owns the words of the page of one registration, and of revoking one of its tokens, in English. */
import { type Inline, say } from "./words.js";

export const registrationWords = {
  withoutName: "Agent without a name",
  sections: {
    identity: "Identity",
    person: "Person and provider",
    scopes: "Scopes granted and used",
    tokens: "Access tokens",
    attempts: "Claim attempts",
    timeline: "Timeline",
  },
  facts: {
    id: "Id",
    kind: "Kind",
    name: "Name it gave itself",
    created: "Created",
    from: "Registered from",
    software: "Software",
    lastUsed: "Last used",
    claimed: "Claimed",
    ends: "Ends",
    suspended: "Suspended",
    revoked: "Revoked",
    user: "Acts on behalf of",
    provider: "Provider",
    subject: "Person there",
  },
  never: "Never",
  unknown: "Unknown",
  notTold: "Not told",
  noEnd: "No end date",
  noProvider: "None: it registered by itself",
  claimableUntil: (until: Inline): Inline => say`No; possible until ${until}`,
  claimRefused: "No: the person refused it",
  claimLocked: "No: too many wrong codes were typed",
  claimMissed: (until: Inline): Inline => say`No; it was possible until ${until}`,
  revokedBy: (at: Inline, actor: string, reason: Inline): Inline =>
    say`${at} by ${{ words: actor }}: ${reason}`,
  noReason: "no reason given",
} as const;

export const scopeWords = {
  none: "It is granted nothing.",
  intro: "A scope is used when a route of the API that names it lets a call of this agent pass.",
  gone: "No longer on offer",
  used: (when: Inline): Inline => say`used ${when}`,
  neverUsed: "never used",
  takeAway: "Take away…",
  takeAwayOne: (scope: string): string => `Take away ${scope}`,
} as const;

export const tokenWords = {
  none: "It was never given one, or they were cleaned up after they expired.",
  caption: "Access tokens, newest first",
  columns: {
    token: "Token",
    state: "State",
    scopes: "Scopes",
    issued: "Issued",
    expires: "Expires",
    action: "Action",
  },
  states: {
    active: "Active",
    stopped: "Stopped",
    revoked: "Revoked",
    expired: "Expired",
    outdated: "Outdated",
  },
  notes:
    "A token begins as shown: that much of it is the time it was issued at, and no secret. The characters after the dot begin its SHA-256 in base64url and tell tokens of the same time apart. Stopped: good by itself, but the agent may not act now. Outdated: from before a claim or a revocation.",
  mostShown: (most: number): string => `Only the newest ${most} are shown.`,
  revoke: "Revoke",
  revokeOne: ({ beginning, mark }: { beginning: string; mark: string }): string =>
    `Revoke token ${beginning} · ${mark}`,
  revocation: {
    title: "Revoke one access token",
    consequences: [
      "The very next request with this token is refused.",
      "The agent itself goes on: it can get another token. To stop the agent, suspend or revoke it.",
    ],
    submit: "Revoke this token",
    over: "This token is no longer good: it was revoked or has expired. There is nothing left to revoke.",
  },
} as const;

export const attemptWords = {
  none: "No person was ever asked.",
  caption: "Claim attempts, newest first",
  columns: {
    asked: "Asked",
    outcome: "Outcome",
    address: "Address it named",
    from: "From",
    wrongCodes: "Wrong codes",
  },
  outcomes: {
    denied: "Denied",
    authorised: "Authorised",
    replaced: "Replaced",
    expired: "Expired",
    waiting: "Waiting",
    viewed: "Being looked at",
  },
  mostShown: (most: number): string => `Only the newest ${most} are shown.`,
} as const;

export const timelineWords = {
  label: "What happened, newest first",
  empty: "Nothing is left in the audit log.",
  shown: { one: "event", many: "events" },
} as const;
