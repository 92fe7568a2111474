/** Owns every sentence people read on our pages. A translation is another object of the type `Texts`. */
import type { NoticePage, ReviewPage } from "./page.js";
import { type Moment, type Sentence, sentence } from "./sentence.js";

/** What a notice may mention. */
export interface NoticeValues {
  serviceName: string;
  /** The signed-in person's own address. */
  email: string | null;
  retryAfterSeconds: number | null;
  requestId: string | null;
}

/** One notice: what happened, and what to do next. */
export interface NoticeText {
  heading: string;
  body: Sentence;
}

/** Everything a translation provides. */
export interface Texts {
  language: string;
  direction: "ltr" | "rtl";
  pageTitle(heading: string, serviceName: string): string;
  pageTitleWithProblem(title: string): string;
  review: {
    heading(serviceName: string): Sentence;
    lead: string;
    agent: string;
    agentWithoutName: string;
    unverified: string;
    nameIsUnverified: string;
    account: string;
    vouching: string;
    vouchingByKind: Record<ReviewPage["agent"]["kind"], (serviceName: string) => Sentence>;
    vouchingByProvider(providerName: string, serviceName: string): Sentence;
    requestedAt: string;
    ip: string;
    unknownIp: string;
    software: string;
    unknownSoftware: string;
    scopes: string;
    scopesHint: string;
    withoutScopes: string;
    code: string;
    codeHint(expiresAt: Moment): Sentence;
    authorize: string;
    deny: string;
    denyNeedsNoCode: string;
  };
  advisories: {
    hintMismatch(maskedHint: string, email: string): Sentence;
    hintMismatchWithoutHint(email: string): Sentence;
    firstTimeAccount(serviceName: string): Sentence;
    firstTimeProvider(providerName: string | null, serviceName: string): Sentence;
  };
  problems: {
    title: string;
    wrongCode(remainingGuesses: number | null): string;
    malformedCode: string;
    noScope: string;
    staleForm: string;
  };
  notices: Record<NoticePage["notice"], (values: NoticeValues) => NoticeText>;
  switchAccount: string;
  signIn: string;
}

function count(amount: number, one: string, many: string): string {
  return `${amount} ${amount === 1 ? one : many}`;
}

function duration(seconds: number): string {
  if (seconds < 90) return count(Math.max(1, Math.ceil(seconds)), "second", "seconds");
  if (seconds < 90 * 60) return `about ${count(Math.ceil(seconds / 60), "minute", "minutes")}`;
  return `about ${count(Math.ceil(seconds / 3600), "hour", "hours")}`;
}

/** The pages in English. */
export const texts: Texts = {
  language: "en",
  direction: "ltr",
  pageTitle: (heading, serviceName) =>
    heading.includes(serviceName) ? heading : `${heading} · ${serviceName}`,
  pageTitleWithProblem: (title) => `Problem: ${title}`,
  review: {
    heading: (serviceName) => sentence`An agent asks for access to your ${serviceName} account`,
    lead: "If you did not just ask an agent to do this, choose Deny.",
    agent: "Agent",
    agentWithoutName: "An agent that gave no name",
    unverified: "Unverified",
    nameIsUnverified: "This name was chosen by the agent and nobody checked it.",
    account: "Your account",
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
    unknownIp: "An unknown address",
    software: "Software",
    unknownSoftware: "The agent did not say",
    scopes: "What the agent may do",
    scopesHint: "Untick whatever you do not want to allow.",
    withoutScopes: "The agent asks for no particular permission.",
    code: "Code your agent shows you",
    codeHint: (expiresAt) =>
      sentence`Six digits, good until ${expiresAt}. Never enter a code that somebody else sent you.`,
    authorize: "Authorize",
    deny: "Deny",
    denyNeedsNoCode: "You need no code to deny.",
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
  notices: {
    claimed: () => ({
      heading: "Your agent is connected",
      body: sentence`You can close this page; your agent carries on by itself.`,
    }),
    denied: ({ serviceName }) => ({
      heading: "Request denied",
      body: sentence`The agent gets no access to your ${serviceName} account. You can close this page.`,
    }),
    locked: () => ({
      heading: "This request is locked",
      body: sentence`Too many wrong codes were entered, so it has ended for good. If you still want to connect the agent, ask it to register again.`,
    }),
    expired: () => ({
      heading: "This link has expired",
      body: sentence`Links work for a short time only. Ask your agent for a new one.`,
    }),
    too_many_guesses: () => ({
      heading: "Too many wrong codes",
      body: sentence`For your safety this code no longer works, not even when entered correctly. Ask your agent to start again.`,
    }),
    replaced: () => ({
      heading: "There is a newer request",
      body: sentence`Your agent has asked again since, so this link no longer works. Open the newest link your agent gave you.`,
    }),
    revoked: () => ({
      heading: "This agent’s access has ended",
      body: sentence`Its registration was revoked, so it can no longer be connected. If you still want to use the agent, ask it to register again.`,
    }),
    suspended: ({ serviceName }) => ({
      heading: "This agent is suspended",
      body: sentence`It cannot be connected for now. If you think that is a mistake, contact ${serviceName}.`,
    }),
    wrong_account: ({ email }) => ({
      heading: "This request is for another account",
      body:
        email === null
          ? sentence`Sign in with the account you want to connect, or close this page if you did not expect it.`
          : sentence`You are signed in as ${email}. Switch to the account you want to connect, or close this page if you did not expect it.`,
    }),
    signed_out: () => ({
      heading: "You are signed out",
      body: sentence`Nothing was changed. Sign in again, and the request is shown to you once more.`,
    }),
    unknown_link: () => ({
      heading: "This link does not work",
      body: sentence`It may be incomplete or out of date. Open the whole link your agent gave you, or ask your agent for a new one.`,
    }),
    rate_limited: ({ retryAfterSeconds }) => ({
      heading: "Too many requests",
      body:
        retryAfterSeconds === null
          ? sentence`Wait a few minutes, then try again.`
          : sentence`Wait ${duration(retryAfterSeconds)}, then try again.`,
    }),
    cross_site: () => ({
      heading: "This did not come from our page",
      body: sentence`Another website may have tried to decide for you, so nothing was changed. Open the link your agent gave you and decide there.`,
    }),
    unavailable: ({ serviceName, retryAfterSeconds }) => ({
      heading: "Not available right now",
      body: sentence`${serviceName} cannot answer at the moment. Try again in ${duration(retryAfterSeconds ?? 120)}.`,
    }),
    server_error: ({ serviceName, requestId }) => ({
      heading: "Something went wrong on our side",
      body:
        requestId === null
          ? sentence`Try again in a few minutes. If it happens again, contact ${serviceName}.`
          : sentence`Try again in a few minutes. If it happens again, contact ${serviceName} and mention ${requestId}.`,
    }),
    bad_request: () => ({
      heading: "We could not read this request",
      body: sentence`Nothing was changed. Open the link your agent gave you and try again.`,
    }),
  },
  switchAccount: "Switch account",
  signIn: "Sign in",
};
