/** Opens the claim page: decides which of its gates a visitor is stopped at. Changes nothing but the first-view note. */
import { type ClaimGate, claimGate, isHintedPerson } from "../protocol/claim-rules.js";
import { grantedByProvider, isLinkable } from "../protocol/delegation.js";
import { maskAddress } from "../protocol/login-hint.js";
import type { AttemptLink, Caller, ClaimAttempt, EpochSeconds, Registration } from "../protocol/model.js";
import { intersect } from "../protocol/scopes.js";
import type { FlowContext } from "./context.js";
import { type FoundClaim, findClaim } from "./find-claim.js";
import type { IdentityContext } from "./identity-context.js";
import { readBackCodeOf } from "./reveal-code.js";
import { findActiveProvider } from "./trust.js";
import { identifyVisitor, type Person, type Visitor } from "./visitor.js";

export type Advisory = "hint_mismatch" | "first_time_account" | "first_time_provider";

export interface OpenClaim {
  registration: Registration;
  attempt: ClaimAttempt;
  user: Person;
  advisories: { kind: Advisory; maskedHint?: string }[];
  /** What the person can grant: what is on offer, within the ceiling of the provider that vouches. */
  offered: string[];
  /** Name of that provider, from the trust list; null when nobody vouches. */
  providerName: string | null;
  now: EpochSeconds;
}

/** Where a visitor ends up. `open` is the review page, `code` the page of a revealed code. */
export type ClaimView =
  | { gate: "unknown" | "no_account" | "provider_disabled" | Exclude<ClaimGate, "open"> }
  | { gate: "sign_in" }
  | { gate: "wrong_account"; user: Person }
  /** The way on is in a mail. `used`: the link that was opened has been used before. */
  | { gate: "check_mail"; reason: "first" | "used"; found: FoundClaim; now: EpochSeconds }
  /** A link from a mail, not yet used. */
  | { gate: "prove_mailbox"; found: FoundClaim; providerName: string | null; now: EpochSeconds }
  | { gate: "open"; claim: OpenClaim }
  | { gate: "code"; claim: OpenClaim };

/**
 * Runs the gates in their order (PROTOCOL section 4.3). The visitor is asked for only when a person is needed, so a
 * dead link never sends anybody to a login.
 */
export async function viewClaim(
  context: IdentityContext,
  input: { secret: string; visitor: Visitor },
): Promise<ClaimView> {
  const { store, clock, settings } = context;
  const found = await findClaim(context, input.secret);
  if (found === null) return { gate: "unknown" };
  input.visitor.onFound?.(found.registration.id);
  const { registration, attempt } = found;
  const now = clock.now();
  const gate = claimGate(registration, attempt, now);
  if (gate !== "open") return { gate };
  const { link } = attempt;
  const provider = link === null ? null : await findActiveProvider(context, link.issuer);
  // Without its provider on the trust list, after a revocation or while an operator has stopped the person's agents, the
  // link will not be made: a person would be shown the same form again after every right code.
  if (link !== null) {
    if (provider === null) return { gate: "provider_disabled" };
    if (!isLinkable(await delegationOf(store, link), link)) return { gate: "expired" };
    if (await store.isSubjectStopped(link.issuer, link.subject, now)) return { gate: "suspended" };
  }

  const providerName = provider?.name ?? null;
  const seen = await identifyVisitor(context, found, input.visitor);
  if (seen.kind === "unproven")
    return found.mail === null || found.mail.linkUsedAt !== null
      ? { gate: "check_mail", reason: found.mail === null ? "first" : "used", found, now }
      : { gate: "prove_mailbox", found, providerName, now };
  if (seen.kind !== "person") return { gate: seen.kind };
  const { user, hasProvenMailbox } = seen;
  const hinted = hasProvenMailbox || isHintedPerson(attempt, user);
  // An ID-JAG locks its attempt to the matched account: there is nothing to advise about.
  const isLockedOut = link !== null && link.userId !== user.id;
  const isMismatch = link === null && !hinted && settings.wrongAccount === "refuse";
  // A code that was revealed to one person is never shown to another.
  const isSomebodyElses = attempt.confirmedUserId !== null && attempt.confirmedUserId !== user.id;
  if (isLockedOut || isMismatch || isSomebodyElses)
    return hasProvenMailbox ? { gate: "expired" } : { gate: "wrong_account", user };
  // The secret it was derived from is no longer accepted: no code to show, and none that could be brought or typed.
  if (attempt.confirmedAt !== null && readBackCodeOf(context, attempt) === null) return { gate: "expired" };
  const advisories = await advisoriesFor(context, attempt, user, hinted);
  const withinProvider = grantedByProvider(settings.postClaimScopes, provider?.scopes ?? null, null);
  const offered = intersect(withinProvider, link?.scopes ?? withinProvider);
  return {
    gate: attempt.confirmedAt === null ? "open" : "code",
    claim: { registration, attempt, user, advisories, offered, providerName, now },
  };
}

function delegationOf(store: IdentityContext["store"], { issuer, subject }: AttemptLink) {
  return store.findDelegation(issuer, subject);
}

/** Warnings for the page, none of them blocking. */
async function advisoriesFor(
  { store }: IdentityContext,
  attempt: ClaimAttempt,
  user: Person,
  hinted: boolean,
): Promise<OpenClaim["advisories"]> {
  const { link } = attempt;
  const advisories: OpenClaim["advisories"] = [];
  const isLinked = link !== null && user.id !== null && (await store.hasLinkWithIssuer(user.id, link.issuer));
  if (link !== null && !isLinked) advisories.push({ kind: "first_time_provider" });
  if (link === null && !hinted)
    advisories.push({ kind: "hint_mismatch", maskedHint: maskAddress(attempt.loginHint) });
  else if (user.id === null || (await store.countClaimedByUser(user.id)) === 0)
    advisories.push({ kind: "first_time_account" });
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
