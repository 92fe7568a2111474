/** Owns filling in the pages about a claim that wait for a person: review, revealed code, mail. */

import { maskedRecipient } from "../flows/prove-mailbox.js";
import { readBackCodeOf } from "../flows/reveal-code.js";
import type { ClaimView, OpenClaim } from "../flows/view-claim.js";
import { usesCodeEntry } from "../protocol/ceremony.js";
import { isUserCodeAlive } from "../protocol/claim-rules.js";
import { readableAddress } from "../protocol/network.js";
import { isoTime } from "../protocol/replies.js";
import type { AgentWords, CheckMailPage, CodePage, ContinuePage, ReviewPage } from "../views/page.js";
import { type CsrfSubject, csrfToken } from "./page-security.js";
import type { Services } from "./services.js";

/** The form that denies works this long. */
const denySeconds = 3600;

/** What a submitted form had ticked and why it was not accepted. */
export interface Resubmission {
  scopes: readonly string[];
  problem: NonNullable<ReviewPage["problem"]>;
}

export function reviewPage(
  services: Services,
  claim: OpenClaim,
  secret: string,
  resubmission: Resubmission | null = null,
): ReviewPage {
  const { attempt } = claim;
  return {
    page: "review",
    ceremony: services.context.settings.ceremony,
    agent: {
      ...agentWords(claim),
      requestedAt: isoTime(attempt.createdAt),
      ip: readableAddress(attempt.createdIp),
      userAgent: attempt.userAgent,
    },
    account: accountWords(claim),
    scopes: claim.offered.map((scope) => ({
      scope,
      description: scopeWords(services, scope),
      checked: resubmission === null || resubmission.scopes.includes(scope),
    })),
    advisories: claim.advisories,
    form: claimForm(services, secret, settleSubject(claim), attempt.expiresAt),
    expiresAt: isoTime(attempt.expiresAt),
    problem: resubmission?.problem ?? null,
  };
}

/** The page that reveals a code to read to the agent. */
export function codePage(
  services: Services,
  claim: OpenClaim,
  secret: string,
  problem: CodePage["problem"] = null,
): CodePage {
  const { attempt } = claim;
  const { ceremony, lifetimes } = services.context.settings;
  return {
    page: "code",
    agent: agentWords(claim),
    account: accountWords(claim),
    scopes: (attempt.confirmedScopes ?? []).map((scope) => scopeWords(services, scope)),
    code: readBackCodeOf(services.context, attempt) ?? "",
    expiresAt: isoTime(attempt.expiresAt),
    offersCodeEntry: usesCodeEntry(ceremony) && isUserCodeAlive(attempt, lifetimes.attemptSeconds, claim.now),
    form: claimForm(services, secret, settleSubject(claim), attempt.expiresAt),
    problem,
  };
}

/** The page of somebody whose way on is in a mail. */
export function checkMailPage(
  services: Services,
  { found, reason }: Extract<ClaimView, { gate: "check_mail" }>,
  secret: string,
  wasResent: boolean,
): CheckMailPage {
  const { attempt } = found;
  return {
    page: "check_mail",
    maskedHint: maskedRecipient(found),
    reason: wasResent ? "resent" : reason,
    form: claimForm(services, secret, resendSubject(attempt.id), attempt.expiresAt),
  };
}

/** The page of a link from a mail, whose button does what the link is for. */
export function continuePage(
  services: Services,
  purpose: "prove_mailbox" | "deny",
  { found, providerName }: Pick<Extract<ClaimView, { gate: "prove_mailbox" }>, "found" | "providerName">,
  secret: string,
): ContinuePage {
  const { registration, attempt } = found;
  const action = purpose === "deny" ? "deny_by_mail" : "prove_mailbox";
  const subject = mailSubject(action, found.mail?.id ?? 0);
  // A request can be denied after its attempt has lapsed.
  const formEnd = purpose === "deny" ? services.context.clock.now() + denySeconds : attempt.expiresAt;
  return {
    page: "continue",
    purpose,
    agent: agentWords({ registration, providerName }),
    requestedAt: isoTime(attempt.createdAt),
    form: {
      target: pagePath(services),
      fields: [
        { name: purpose === "deny" ? "not_me" : "claim_attempt_token", value: secret },
        { name: "csrf", value: csrfToken(services.csrfKeys[0], subject, formEnd) },
        { name: "action", value: action },
      ],
    },
  };
}

function agentWords({
  registration,
  providerName,
}: Pick<OpenClaim, "registration" | "providerName">): AgentWords {
  return { clientName: registration.clientName, kind: registration.kind, providerName };
}

function accountWords({ user }: OpenClaim): ReviewPage["account"] {
  return { email: user.email, name: user.name ?? null };
}

function scopeWords(services: Services, scope: string): string {
  return services.scopeDescriptions[scope] ?? scope;
}

function pagePath(services: Services): string {
  return new URL(services.context.endpoints.url.claimPage).pathname;
}

function claimForm(services: Services, secret: string, subject: CsrfSubject, expiresAt: number) {
  const csrf = csrfToken(services.csrfKeys[0], subject, expiresAt);
  return { target: pagePath(services), attemptToken: secret, csrf };
}

export function settleSubject({ user, attempt }: OpenClaim): CsrfSubject {
  return { action: "settle_claim", person: user.id ?? `mailbox ${user.email}`, about: attempt.id };
}

export function resendSubject(attemptId: string): CsrfSubject {
  return { action: "resend", person: "", about: attemptId };
}

export function mailSubject(
  action: "prove_mailbox" | "deny_by_mail" | "open_connected",
  mailId: number,
): CsrfSubject {
  return { action, person: "", about: String(mailId) };
}
