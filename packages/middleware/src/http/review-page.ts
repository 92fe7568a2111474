/** Owns filling in the review page from an open claim. */
import type { OpenClaim } from "../flows/view-claim.js";
import { isoTime } from "../protocol/replies.js";
import type { ReviewPage } from "../views/page.js";
import { csrfToken } from "./page-security.js";
import type { Services } from "./services.js";

/** What a submitted form had ticked and why it was not accepted. */
export interface Resubmission {
  scopes: readonly string[];
  problem: NonNullable<ReviewPage["problem"]>;
}

export function reviewPage(
  services: Services,
  claim: OpenClaim,
  attemptToken: string,
  resubmission: Resubmission | null = null,
): ReviewPage {
  const { registration, attempt, user } = claim;
  const { endpoints } = services.context;
  return {
    page: "review",
    agent: {
      clientName: registration.clientName,
      kind: registration.kind,
      providerName: claim.providerName,
      requestedAt: isoTime(attempt.createdAt),
      ip: attempt.createdIp,
      userAgent: attempt.userAgent,
    },
    account: { email: user.email, name: user.name ?? null },
    scopes: claim.offered.map((scope) => ({
      scope,
      description: services.scopeDescriptions[scope] ?? scope,
      checked: resubmission === null || resubmission.scopes.includes(scope),
    })),
    advisories: claim.advisories,
    form: {
      target: new URL(endpoints.url.claimPage).pathname,
      attemptToken,
      csrf: csrfToken(services.csrfKeys[0], csrfSubject(claim), attempt.expiresAt),
    },
    expiresAt: isoTime(attempt.expiresAt),
    problem: resubmission?.problem ?? null,
  };
}

export function csrfSubject(claim: OpenClaim) {
  return { userId: claim.user.id, attemptId: claim.attempt.id, action: "settle_claim" } as const;
}
