/** Answers an agent that polls with its claim_token: wait, stop, or the tokens, once (RFC 8628 section 3.5). */
import { grantedScopes } from "../protocol/access-rules.js";
import {
  longestPollIntervalSeconds,
  type PollFinding,
  pollFinding,
  pollStepSeconds,
} from "../protocol/claim-rules.js";
import { isLinkable } from "../protocol/delegation.js";
import { type ErrorName, Refusal } from "../protocol/errors.js";
import type { Caller, EpochSeconds, Registration } from "../protocol/model.js";
import { type Body, tokenBody } from "../protocol/replies.js";
import { agentEvent } from "./audit-entries.js";
import type { FlowContext } from "./context.js";
import { issueWithRefresh, newRefreshFamily } from "./issue-assertion.js";
import { newAccessToken } from "./new-records.js";
import { findByClaimToken, type OnKnown } from "./start-claim.js";

const refusals: Record<Exclude<PollFinding, "deliver" | "pending" | "not_started">, ErrorName> = {
  denied: "access_denied",
  expired: "expired_token",
  unusable: "invalid_grant",
};

/**
 * Refuses with `authorization_pending`, `slow_down`, `access_denied`, `expired_token` or `invalid_grant`. `onEarly`
 * is called with the registration's id when the agent polls too fast, and may refuse as well.
 */
export async function pollClaim(
  context: FlowContext,
  input: {
    claimToken: string;
    caller: Caller;
    onKnown?: OnKnown;
    onEarly: (registrationId: string) => Promise<void>;
  },
): Promise<Body> {
  const { store, clock } = context;
  const registration = await findByClaimToken(context, input.claimToken);
  if (registration === null) throw new Refusal("invalid_grant");
  input.onKnown?.(registration.id);
  const attempt =
    registration.currentAttemptId === null ? null : await store.findAttempt(registration.currentAttemptId);
  const now = clock.now();
  const link = attempt?.link ?? null;
  // The page is dead then as well: what the provider took back cannot be approved any more.
  const isDead = link !== null && !isLinkable(await store.findDelegation(link.issuer, link.subject), link);
  const found = pollFinding(registration, attempt, now);
  const finding = found === "pending" && isDead ? "expired" : found;
  if (finding === "deliver") return deliver(context, registration, input.caller, now);
  if (finding !== "pending" && finding !== "not_started") throw new Refusal(refusals[finding]);

  const poll = await store.recordPoll({
    registrationId: registration.id,
    step: pollStepSeconds,
    ceiling: longestPollIntervalSeconds,
    now,
  });
  if (!poll.early) throw new Refusal(finding === "pending" ? "authorization_pending" : "claim_not_started");
  await input.onEarly(registration.id);
  throw new Refusal("slow_down", { members: { interval: poll.interval } });
}

async function deliver(
  context: FlowContext,
  registration: Registration,
  caller: Caller,
  now: EpochSeconds,
): Promise<Body> {
  const scopes = grantedScopes(registration, context.settings, now) ?? [];
  const { token, plaintext } = newAccessToken(context, { registration, scopes, now });
  const refreshFamily = newRefreshFamily(context, { registration, now });
  const issued = await issueWithRefresh(context, registration, refreshFamily, now);
  const outcome = await context.store.collectClaim({
    token,
    refreshFamily,
    now,
    audit: [
      agentEvent("assertion.issued", registration.id, caller, now),
      agentEvent("token.issued", registration.id, caller, now, { scopes }),
    ],
  });
  // Delivered to somebody else a moment ago, or no longer good: the same answer as for a token nobody knows.
  if (outcome !== "collected") throw new Refusal("invalid_grant");
  context.metrics.accessTokenIssued("claim");
  return tokenBody({ accessToken: plaintext, expiresIn: token.expiresAt - now, scopes, issued });
}
