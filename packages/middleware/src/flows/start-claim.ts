/** Starts or restarts the claim of a registration: new secrets, and the previous attempt is over. */
import { attemptsPerHour, pollIntervalSeconds, startRefusal } from "../protocol/claim-rules.js";
import { isLinkable } from "../protocol/delegation.js";
import { Refusal } from "../protocol/errors.js";
import { parseLoginHint } from "../protocol/login-hint.js";
import type { AttemptLink, Caller, ClaimAttempt, EpochSeconds, Registration } from "../protocol/model.js";
import { type Body, claimStartedBody } from "../protocol/replies.js";
import { hashSecret, parseSecret } from "../protocol/secrets.js";
import { codeMinted } from "./audit-entries.js";
import type { FlowContext } from "./context.js";
import type { IdentityContext } from "./identity-context.js";
import { newAttempt } from "./new-records.js";
import { claimRequested } from "./queue-mail.js";
import { findActiveProvider } from "./trust.js";

/**
 * Refuses with `invalid_login_hint`, `invalid_claim_token`, `claim_revoked`, `registration_suspended`,
 * `claimed_or_in_flight`, `claim_denied`, `claim_expired`, `issuer_not_enabled`, `ceremony_in_flight` or
 * `too_many_attempts`.
 */
export async function startClaim(
  context: IdentityContext,
  input: { claimToken: string; loginHint: string; caller: Caller; onKnown?: OnKnown },
): Promise<Body> {
  const { store, clock } = context;
  const loginHint = parseLoginHint(input.loginHint);
  if (loginHint === null) throw new Refusal("invalid_login_hint");
  const registration = await findByClaimToken(context, input.claimToken);
  if (registration === null) throw new Refusal("invalid_claim_token");
  input.onKnown?.(registration.id);
  const { caller } = input;
  const now = clock.now();
  refuseUnlessStartable(registration, now);

  const locked = await lockOf(context, registration);
  const handout = newAttempt(context, { registration, caller, now, ...(locked ?? { loginHint }) });
  const { attempt } = handout;
  const registrationId = registration.id;
  const requested = await claimRequested(context, {
    attempt,
    registrationId,
    caller,
    now,
    existing: registration,
  });
  const result = await store.startAttempt({
    attempt,
    ...(locked === null ? {} : { expectedAttemptId: registration.currentAttemptId }),
    pollInterval: pollIntervalSeconds,
    maxPerHour: attemptsPerHour,
    now,
    audit: [...requested, ...codeMinted(attempt, caller, now)],
  });
  if (result.outcome === "started") {
    context.metrics.claim("started");
    context.outbox.committed();
    return claimStartedBody(registration, handout);
  }
  if (result.outcome === "issuer_disabled") throw new Refusal("issuer_not_enabled");
  if (result.outcome === "in_flight") throw new Refusal("ceremony_in_flight");
  if (result.outcome === "too_many")
    throw new Refusal("too_many_attempts", { retryAfterSeconds: Math.max(result.retryAt - now, 1) });
  // Something happened between the look and the step: the registration as it is now says what.
  const changed = await store.findRegistration(registration.id);
  if (changed !== null) refuseUnlessStartable(changed, now);
  throw new Refusal("ceremony_in_flight");
}

/**
 * What a step-up is locked to. Its ID-JAG speaks of one account, so a new code is for that account again, whatever
 * hint the agent sends; any other registration has no assertion behind its claim and may name whom it likes.
 */
async function lockOf(
  context: IdentityContext,
  registration: Registration,
): Promise<(Pick<ClaimAttempt, "loginHint"> & { link: AttemptLink }) | null> {
  if (registration.kind !== "identity_assertion" || registration.currentAttemptId === null) return null;
  const { store } = context;
  const attempt = await store.findAttempt(registration.currentAttemptId);
  if (attempt === null || attempt.link === null) return null;
  const { link, loginHint } = attempt;
  if ((await findActiveProvider(context, link.issuer)) === null) throw new Refusal("issuer_not_enabled");
  // A code for a link that will not be made any more would only lead a person to a dead page.
  if (!isLinkable(await store.findDelegation(link.issuer, link.subject), link))
    throw new Refusal("assertion_revoked");
  return { loginHint, link };
}

/** Told which registration a claim token is of, whatever becomes of the call. */
export type OnKnown = (registrationId: string) => void;

/** The registration behind a claim token, or null for anything that is not one. */
export async function findByClaimToken(context: FlowContext, value: string): Promise<Registration | null> {
  const claimToken = parseSecret("claim_token", value);
  return claimToken === null ? null : context.store.findRegistrationByClaimToken(hashSecret(claimToken));
}

function refuseUnlessStartable(registration: Registration, now: EpochSeconds): void {
  const refusal = startRefusal(registration, now);
  if (refusal !== null) throw new Refusal(refusal);
}
