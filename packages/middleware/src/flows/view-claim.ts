/** Opens the claim page: decides which of its gates a visitor is stopped at. Changes nothing but the first-view note. */
import type { HostUser } from "../ports.js";
import { type ClaimGate, claimGate, isHintedPerson } from "../protocol/claim-rules.js";
import { grantedByProvider, isLinkable } from "../protocol/delegation.js";
import { maskAddress } from "../protocol/login-hint.js";
import type { AttemptLink, Caller, ClaimAttempt, EpochSeconds, Registration } from "../protocol/model.js";
import { intersect } from "../protocol/scopes.js";
import { hashSecret, parseSecret } from "../protocol/secrets.js";
import type { FlowContext } from "./context.js";
import type { IdentityContext } from "./identity-context.js";
import { findTrustedProvider } from "./trust.js";

export type Advisory = "hint_mismatch" | "first_time_account" | "first_time_provider";

export interface OpenClaim {
  registration: Registration;
  attempt: ClaimAttempt;
  user: HostUser;
  advisories: { kind: Advisory; maskedHint?: string }[];
  /** What the person can grant: what is on offer, within the ceiling of the provider that vouches. */
  offered: string[];
  /** Name of that provider, from the trust list; null when nobody vouches. */
  providerName: string | null;
  now: EpochSeconds;
}

/** Where a visitor ends up. `open` is the review page. */
export type ClaimView =
  | { gate: "unknown" | Exclude<ClaimGate, "open"> }
  | { gate: "sign_in" }
  | { gate: "wrong_account"; user: HostUser }
  | { gate: "open"; claim: OpenClaim };

/**
 * Runs the gates in their order (PROTOCOL section 4.3). `signedIn` is called only when a person is needed, so a dead
 * link never sends anybody to a login.
 */
export async function viewClaim(
  context: IdentityContext,
  input: { attemptToken: string; signedIn: () => Promise<HostUser | null> },
): Promise<ClaimView> {
  const { store, clock, settings } = context;
  const token = parseSecret("claim_attempt_token", input.attemptToken);
  const attempt = token === null ? null : await store.findAttemptByToken(hashSecret(token));
  const registration = attempt === null ? null : await store.findRegistration(attempt.registrationId);
  if (attempt === null || registration === null) return { gate: "unknown" };
  const now = clock.now();
  const gate = claimGate(registration, attempt, now);
  if (gate !== "open") return { gate };
  const { link } = attempt;
  const provider = link === null ? null : await findTrustedProvider(context, link.issuer);
  // Without its provider on the trust list, or after a revocation, the link will not be made: a person would be shown
  // the same form again after every right code.
  if (link !== null && (provider === null || !isLinkable(await delegationOf(context, link), link)))
    return { gate: "expired" };

  const user = await input.signedIn();
  if (user === null) return { gate: "sign_in" };
  const hinted = isHintedPerson(attempt, user);
  // An ID-JAG locks its attempt to the matched account: there is nothing to advise about.
  const isLockedOut = attempt.link !== null && attempt.link.userId !== user.id;
  const isMismatch = attempt.link === null && !hinted && settings.wrongAccount === "refuse";
  if (isLockedOut || isMismatch) return { gate: "wrong_account", user };
  const advisories = await advisoriesFor(context, attempt, user, hinted);
  const withinProvider = grantedByProvider(settings.postClaimScopes, provider?.scopes ?? null, null);
  const offered = intersect(withinProvider, link?.scopes ?? withinProvider);
  return {
    gate,
    claim: { registration, attempt, user, advisories, offered, providerName: provider?.name ?? null, now },
  };
}

function delegationOf({ store }: IdentityContext, { issuer, subject }: AttemptLink) {
  return store.findDelegation(issuer, subject);
}

/** Warnings for the page, none of them blocking. */
async function advisoriesFor(
  { store }: IdentityContext,
  attempt: ClaimAttempt,
  user: HostUser,
  hinted: boolean,
): Promise<OpenClaim["advisories"]> {
  const { link } = attempt;
  const advisories: OpenClaim["advisories"] = [];
  if (link !== null && !(await store.hasLinkWithIssuer(user.id, link.issuer)))
    advisories.push({ kind: "first_time_provider" });
  if (link === null && !hinted)
    advisories.push({ kind: "hint_mismatch", maskedHint: maskAddress(attempt.loginHint) });
  else if ((await store.countClaimedByUser(user.id)) === 0) advisories.push({ kind: "first_time_account" });
  return advisories;
}

/** Notes that the person saw the review page. Only the first view of an attempt is kept. */
export async function noteView(context: FlowContext, claim: OpenClaim, caller: Caller): Promise<void> {
  if (claim.attempt.viewedAt !== null) return;
  await context.store.markViewed({
    attemptId: claim.attempt.id,
    now: claim.now,
    audit: [
      {
        type: "claim.viewed",
        at: claim.now,
        actor: { kind: "user", id: claim.user.id },
        ip: caller.ip,
        registrationId: claim.registration.id,
        detail: { attemptId: claim.attempt.id },
      },
    ],
  });
}
