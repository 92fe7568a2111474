/** Owns every sentence people read on our pages, in English; the notices' words lie in `notices-en.ts`. */
import { count } from "./amounts-en.js";
import { notices } from "./notices-en.js";
import { sentence } from "./sentence.js";
import type { Texts } from "./texts.js";

/** The pages in English. */
export const texts: Texts = {
  language: "en",
  direction: "ltr",
  pageTitle: (heading, serviceName) =>
    heading.includes(serviceName) ? heading : `${heading} · ${serviceName}`,
  pageTitleWithProblem: (title) => `Problem: ${title}`,
  agent: {
    title: "Agent",
    withoutName: "An agent that gave no name",
    unverified: "Unverified",
    nameIsUnverified: "This name was chosen by the agent and nobody checked it.",
    vouching: "Vouched for by",
    vouchingByKind: {
      anonymous: () => sentence`Nobody. It registered by itself.`,
      service_auth: () => sentence`Nobody. It registered with an email address.`,
      identity_assertion: (serviceName) => sentence`A provider that ${serviceName} trusts.`,
    },
    vouchingByProvider: (providerName, serviceName) =>
      sentence`${providerName}, a provider that ${serviceName} trusts.`,
    requestedAt: "Asked on",
    ip: "Asked from",
    unknownIp: sentence`An unknown address`,
    software: "Software",
    unknownSoftware: sentence`The agent did not say`,
  },
  account: { title: "Your account" },
  codeField: {
    label: "Code your agent shows you",
    optional: "Optional",
    hint: (expiresAt) =>
      sentence`Six digits, good until ${expiresAt}. Never enter a code that somebody else sent you.`,
    hintWithoutTime: sentence`Six digits. Never enter a code that somebody else sent you.`,
    leaveEmpty: sentence`Leave this empty if your agent asks you for a code instead: it is shown after you authorize.`,
  },
  answers: { authorize: "Authorize", deny: "Deny" },
  review: {
    heading: (serviceName) => sentence`An agent asks for access to your ${serviceName} account`,
    lead: "If you did not just ask an agent to do this, choose Deny.",
    scopes: "What the agent may do",
    scopesHint: "Untick whatever you do not want to allow.",
    withoutScopes: "The agent asks for no particular permission.",
    codeFollows:
      "After you authorize, you see a code to read to your agent. Nothing is connected before the agent brings it.",
    denyNeedsNoCode: "You need no code to deny.",
    denyEndsRequest: "Deny ends the request, and the agent gets no access.",
  },
  code: {
    heading: "Give your agent this code",
    warning:
      "Read this code to the agent you just asked – nobody else. Nothing is connected before the agent brings it.",
    title: "Your code",
    howTo: "Say it, or paste it into your chat with the agent. Then you can close this page.",
    expiry: (expiresAt) => sentence`Works once, until ${expiresAt}.`,
    allowed: "What you allowed",
    withoutScopes: "No particular permission.",
    otherWay: "My agent showed me a code instead",
    denyHint: "Changed your mind? Deny ends the request, and the code stops working at once.",
  },
  checkMail: {
    byReason: {
      first: ({ maskedHint, serviceName }) => ({
        heading: "Check your email",
        body: sentence`${serviceName} sent an email to ${maskedHint}. Open the link in it to see what the agent asks for, and decide there.`,
        resend: "Send the email again",
      }),
      used: ({ maskedHint }) => ({
        heading: "This link was used before",
        body: sentence`A link from an email works once. Have a new email sent to ${maskedHint}, and open the link in that one.`,
        resend: "Send a new email",
      }),
      resent: ({ maskedHint }) => ({
        heading: "Look in your mailbox again",
        body: sentence`If another email could go out to ${maskedHint}, it is on its way. Only a few are sent in an hour, so look for the earlier ones too.`,
        resend: "Send the email again",
      }),
    },
    patience: "It can take a few minutes. Look among the spam, too.",
    notMe: (serviceName) =>
      sentence`You did not ask an agent to connect to ${serviceName}? Then do nothing: without you, it gets no access to your account.`,
  },
  continue: {
    byPurpose: {
      prove_mailbox: () => ({
        heading: "See what an agent asks for",
        body: sentence`You opened a link from an email. Continue to look at the request; nothing is allowed before you decide there.`,
        button: "Continue",
        hint: "The link works once, so continue when you have a minute.",
      }),
      deny: (serviceName) => ({
        heading: "Deny this request?",
        body: sentence`This agent asked for access to your ${serviceName} account. If you did not ask it to, deny the request: that ends it for good.`,
        button: "Deny this request",
        hint: "If you did ask it to, close this page. Nothing was changed.",
      }),
      open_connected: (serviceName) => ({
        heading: "See your connected agents",
        body: sentence`You opened a link from an email. Go on to see every agent connected to your ${serviceName} account, and to revoke those you no longer want.`,
        button: "Show my connected agents",
        hint: "The link works once, and the list stays open to you for a few minutes.",
      }),
    },
  },
  connected: {
    heading: (serviceName) => sentence`Agents connected to your ${serviceName} account`,
    lead: "Each agent may do what is listed with it, until you revoke it.",
    connectedAt: "Connected on",
    lastUsedAt: "Last used",
    neverUsed: sentence`Never`,
    suspended: "Suspended",
    suspendedMeans: (serviceName) =>
      sentence`${serviceName} has stopped this agent for now. It can do nothing until ${serviceName} lets it go on.`,
    scopes: "What it may do",
    withoutScopes: "Nothing in particular.",
    revoke: "Revoke…",
    revokeMeans:
      "The agent loses its access at once. What it did so far stays as it is. To use it again, you would have to connect it anew.",
    revokeConfirm: "Revoke this agent",
    revoked: sentence`The agent was revoked. It has no access to your account any more.`,
    revokedByName: (name) =>
      sentence`The agent that calls itself “${name}” was revoked. It has no access to your account any more.`,
    empty: "No agents are connected",
    emptySteps: (serviceName) => [
      sentence`Ask an agent to do something for you with ${serviceName}.`,
      sentence`The agent gives you a link. Open it, and check who asks and what for.`,
      sentence`Authorize it, and it is listed here, where you can revoke it at any time.`,
    ],
  },
  requestLink: {
    heading: "See your connected agents",
    body: (serviceName) =>
      sentence`Enter the email address of your ${serviceName} account. You are sent a link that shows every agent connected to it, and lets you revoke those you no longer want.`,
    email: "Your email address",
    button: "Send me a link",
    malformedEmail: "Enter an email address, such as name@example.com.",
    sentHeading: "Check your email",
    sent: (serviceName) =>
      sentence`If ${serviceName} has an account with that address, a link is on its way. Only a few are sent in an hour, so look for the earlier ones too.`,
  },
  advisories: {
    hintMismatch: (maskedHint, email) =>
      sentence`The agent asked for the account of ${maskedHint}, but you are signed in as ${email}.`,
    hintMismatchWithoutHint: (email) =>
      sentence`The agent asked for somebody else’s account, but you are signed in as ${email}.`,
    firstTimeAccount: (serviceName) =>
      sentence`This is the first agent you connect to your ${serviceName} account.`,
    firstTimeProvider: (providerName, serviceName) =>
      providerName === null
        ? sentence`You never linked this provider with your ${serviceName} account before. Once you authorize, its agents need no code.`
        : sentence`You never linked ${providerName} with your ${serviceName} account before. Once you authorize, its agents need no code.`,
  },
  problems: {
    title: "There is a problem",
    wrongCode: (remainingGuesses) =>
      remainingGuesses === null
        ? "That is not the right code."
        : `That is not the right code. ${count(remainingGuesses, "try", "tries")} left.`,
    malformedCode: "Enter the six digits.",
    noScope: "Tick at least one permission, or choose Deny.",
    staleForm: "This page was open for too long; check it and submit again.",
  },
  notices,
  switchAccount: "Switch account",
  signIn: "Sign in",
};
