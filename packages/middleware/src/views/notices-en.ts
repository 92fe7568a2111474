/** Owns the words of every notice in English. */
import { duration } from "./amounts-en.js";
import { sentence } from "./sentence.js";
import type { Texts } from "./texts.js";

/** The notices in English. */
export const notices: Texts["notices"] = {
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
  provider_disabled: ({ serviceName }) => ({
    heading: "This provider is not accepted",
    body: sentence`${serviceName} does not accept agents of this provider for now, so nothing was connected. If you think that is a mistake, contact ${serviceName}.`,
  }),
  wrong_account: ({ email }) => ({
    heading: "This request is for another account",
    body:
      email === null
        ? sentence`Sign in with the account you want to connect, or close this page if you did not expect it.`
        : sentence`You are signed in as ${email}. Switch to the account you want to connect, or close this page if you did not expect it.`,
  }),
  no_account: ({ serviceName }) => ({
    heading: "There is no account for you yet",
    body: sentence`${serviceName} has no account with your email address, so nothing was connected. Sign up with ${serviceName} first, then ask your agent to start again.`,
  }),
  link_used: ({ serviceName }) => ({
    heading: "This link no longer works",
    body: sentence`A link from an email works once, and for a limited time. Open the link of a newer email, or contact ${serviceName} if you want an agent to be stopped.`,
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
  no_authorization: ({ serviceName }) => ({
    heading: "There is nothing to approve here",
    body: sentence`An app sent you here to give it access, but agents connect to ${serviceName} in another way. You can close this page.`,
  }),
};
