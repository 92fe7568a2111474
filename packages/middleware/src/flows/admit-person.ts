/**
 * Owns the steps between a verified ID-JAG and a bind: whom it speaks of, the reserved creation of a user who does not
 * exist yet, and the memory of the `jti`. Every check that can refuse comes before a user is created.
 */
import type { AccountRecord } from "../ports.js";
import { grantedByProvider } from "../protocol/delegation.js";
import { Refusal } from "../protocol/errors.js";
import { clockSkewSeconds, type VerifiedIdJag } from "../protocol/id-jag.js";
import type { AttemptLink, EpochSeconds, Registration } from "../protocol/model.js";
import { intersect } from "../protocol/scopes.js";
import { newId } from "./draw.js";
import type { IdentityContext } from "./identity-context.js";
import { type Match, matchAccount } from "./match-account.js";
import type { VouchedFor } from "./verify-id-jag.js";

/** How long one caller may take to create a user before another one resumes with the same key. */
const reservationSeconds = 30;

/** Whom to bind, or who has to approve first. */
export type Person =
  | { kind: "known"; terms: AttemptLink; link: boolean; granted: string[] }
  | { kind: "step_up"; account: AccountRecord; terms: AttemptLink; granted: string[] };

/** One registration that is to be somebody's. */
export interface Admission {
  now: EpochSeconds;
  /** The registration as it stands; null: there is none yet. */
  registration: Registration | null;
  /** May refuse once the match is known and before anything has an effect. */
  guard?: (match: Match) => Promise<void>;
}

/**
 * Decides whom a verified ID-JAG speaks of and uses up its `jti`. Refuses with `assertion_revoked`,
 * `account_not_found`, `policy_not_met`, `replay_detected`, `issuer_not_enabled` or `temporarily_unavailable`.
 */
export async function admitPerson(
  context: IdentityContext,
  vouched: VouchedFor,
  admission: Admission,
): Promise<Person> {
  const { now, registration, guard } = admission;
  const match = await matchAccount(context, vouched);
  const { idJag } = vouched;
  const granted = grantedTo(context, vouched, match, registration);
  await guard?.(match);
  const gone = match.kind === "linked" ? null : (match.delegation?.userId ?? null);
  const terms = (userId: string): AttemptLink => ({
    issuer: idJag.issuer,
    subject: idJag.subject,
    userId,
    version: match.delegation?.version ?? 0,
    issuedAt: idJag.issuedAt,
    scopes: idJag.scopes,
  });

  if (match.kind === "unknown") {
    const created = await create(context, vouched, match, now);
    // Another node created the user meanwhile: the match is a different one now.
    if (created === null) return admitPerson(context, vouched, admission);
    return { kind: "known", terms: created, link: true, granted };
  }
  await useUp(context, idJag);
  if (gone !== null) await context.store.forgetGoneUser({ ...subjectOf(idJag), userId: gone });
  return match.kind === "linked"
    ? { kind: "known", terms: terms(match.userId), link: false, granted }
    : { kind: "step_up", account: match.account, terms: terms(match.account.id), granted };
}

/**
 * What is on offer to a registration, or to a new one, within every ceiling. Refuses with `policy_not_met` when the
 * ID-JAG could use nothing of it.
 */
export function grantedTo(
  { settings }: IdentityContext,
  { idJag, provider }: VouchedFor,
  { kind, delegation }: Match,
  registration: Registration | null,
): string[] {
  const withinCeilings = grantedByProvider(settings.postClaimScopes, provider.scopes, delegation);
  // A person who is asked may grant again what an operator has taken.
  const limit = kind === "step_up" ? null : (registration?.scopeLimit ?? null);
  const granted = limit === null ? withinCeilings : intersect(withinCeilings, limit);
  if (intersect(granted, idJag.scopes ?? granted).length === 0) throw noScopeLeft();
  return granted;
}

/** The refusal of an ID-JAG that could use nothing. */
export function noScopeLeft(): Refusal {
  return new Refusal("policy_not_met", {
    description: "No scope is left within the ceilings of this provider.",
  });
}

function subjectOf({ issuer, subject }: VerifiedIdJag) {
  return { issuer, subject };
}

const rememberedAs = ({ jti, expiresAt }: VerifiedIdJag) => ({
  jti,
  expiresAt: expiresAt + clockSkewSeconds + 1,
});

/** Remembers the `jti`. Refuses with `replay_detected`; a store that cannot remember refuses as well. */
async function useUp({ store }: IdentityContext, idJag: VerifiedIdJag): Promise<void> {
  const isFirst = await store.rememberJwtId({
    purpose: "id-jag",
    issuer: idJag.issuer,
    ...rememberedAs(idJag),
  });
  if (!isFirst) throw new Refusal("replay_detected");
}

/** Creates the user under a reservation; null when another node did so meanwhile. */
async function create(
  context: IdentityContext,
  { idJag }: VouchedFor,
  match: Extract<Match, { kind: "unknown" }>,
  now: EpochSeconds,
): Promise<AttemptLink | null> {
  const { store, accounts } = context;
  const subject = subjectOf(idJag);
  const gone = match.delegation?.userId ?? null;
  const reservation = await store.reserveDelegation({
    ...subject,
    version: match.delegation?.version ?? 0,
    issuedAt: idJag.issuedAt,
    // A replay must not even cut the link to somebody who is gone, and who has to wait has used nothing up.
    gone: gone === null ? null : { ...rememberedAs(idJag), userId: gone },
    idempotencyKey: newId(context, "usr"),
    leaseUntil: now + reservationSeconds,
    now,
  });
  if (reservation.outcome === "issuer_disabled") throw new Refusal("issuer_not_enabled");
  if (reservation.outcome === "revoked") throw new Refusal("assertion_revoked");
  if (reservation.outcome === "replayed") throw new Refusal("replay_detected");
  if (reservation.outcome === "linked") return null;
  if (reservation.outcome === "busy")
    throw new Refusal("temporarily_unavailable", {
      description: "The account of this person is being created by another request.",
      retryAfterSeconds: Math.max(reservation.until - now, 1),
    });
  const { idempotencyKey, version } = reservation;
  const giveBack = () => store.releaseReservation({ ...subject, idempotencyKey });
  try {
    if (gone === null) await useUp(context, idJag);
    const account = await accounts.create?.({
      email: idJag.email,
      phone: idJag.phone,
      name: idJag.name,
      issuer: idJag.issuer,
      subject: idJag.subject,
      idempotencyKey,
    });
    if (account == null) throw new Refusal("account_not_found");
    return { ...subject, userId: account.id, version, issuedAt: idJag.issuedAt, scopes: idJag.scopes };
  } catch (error) {
    await giveBack();
    throw error;
  }
}
