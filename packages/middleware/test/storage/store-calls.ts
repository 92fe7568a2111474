/** Owns a call of every verb of a store, sorted by what its commit promises. */
import type { Store } from "../../src/ports.js";
import {
  aHash,
  aLink,
  aMail,
  anAttempt,
  anAuditEvent,
  aProvider,
  aRefreshFamily,
  aRegistration,
  aSigningKey,
  aToken,
  someTime,
} from "../../src/testing/builders.js";

const now = someTime;
/** An anonymous registration the calls are about. `reg_3` is another one, `reg_4` has the attempt `att_4` with a link. */
export const id = "reg_1";
/** An event that every call writes. */
export const audit = [anAuditEvent({ type: "claim.confirmed", registrationId: id })];
const claim = {
  attemptId: "att_1",
  registrationId: id,
  generation: 1,
  userId: "user_alice",
  scopes: [],
  now,
};
const end = { registrationId: id, actor: { kind: "system", id: null }, reason: "abuse", now } as const;

const link = aLink({ subject: "subject_1" });
const { issuer, subject } = link;
const identity = aRegistration({ ...{ id: "reg_2", kind: "identity_assertion" }, issuer, subject });
/** Under which the person of the calls is bound. */
export const terms = { ...link, version: 1 };
const reservation = { ...terms, gone: null, idempotencyKey: "key_1", leaseUntil: now, now };
const stepUp = () => {
  const registration = aRegistration({ kind: "identity_assertion", issuer, subject });
  const attempt = anAttempt({ registrationId: registration.id, link: terms });
  return { terms, registration, attempt, maxPerHour: 5, now, audit };
};
const event = (kind: "revoke" | "end_sessions", jti: string) => ({
  ...{
    issuer,
    subject,
    kind,
    jti,
    issuedAt: now,
    rememberUntil: now,
    reason: "provider_revoked",
    now,
    audit,
  },
  actor: { kind: "provider", id: issuer } as const,
  registrationEvent: anAuditEvent(),
  delegationEvent: anAuditEvent(),
});

/** Calls that take power away or spend something. The rows of one leave what the next one needs. */
export const spending: [keyof Store, (store: Store) => Promise<unknown>][] = [
  [
    "startAttempt",
    (store) =>
      store.startAttempt({
        attempt: anAttempt({ id: "att_1", registrationId: id }),
        pollInterval: 5,
        maxPerHour: 5,
        now,
        audit,
      }),
  ],
  [
    "spendGuess",
    (store) =>
      store.spendGuess({ attemptId: "att_1", isRight: () => false, maxPerAttempt: 5, maxPerClaim: 15 }),
  ],
  [
    "revealReadBackCode",
    (store) =>
      store.revealReadBackCode({ ...claim, codeHash: aHash("user_code"), expiresAt: now + 600, audit }),
  ],
  ["confirmClaim", (store) => store.confirmClaim({ ...claim, audit })],
  ["denyClaim", (store) => store.denyClaim({ ...claim, audit })],
  ["lockClaim", (store) => store.lockClaim({ registrationId: id, now, audit })],
  [
    "collectClaim",
    (store) =>
      store.collectClaim({
        token: aToken({ registrationId: id, generation: 2 }),
        refreshFamily: aRefreshFamily({ id: "rtf_1", registrationId: id, generation: 2 }),
        now,
        audit,
      }),
  ],
  [
    "rotateRefreshToken",
    (store) => store.rotateRefreshToken({ familyId: "rtf_1", sequence: 1, expiresAt: now + 60, now, audit }),
  ],
  ["endRefreshFamily", (store) => store.endRefreshFamily({ familyId: "rtf_1", now, audit })],
  ["spendMailLink", (store) => store.spendMailLink({ id: 1, now })],
  ["revokeAccessToken", (store) => store.revokeAccessToken({ hash: aHash("access_token"), now, audit })],
  ["rememberJwtId", (store) => store.rememberJwtId({ purpose: "id-jag", issuer, jti: "1", expiresAt: now })],
  ["reserveDelegation", (store) => store.reserveDelegation(reservation)],
  ["reserveDelegation", (store) => store.reserveDelegation({ ...reservation, version: 0 })],
  ["openStepUp", (store) => store.openStepUp({ ...stepUp(), registration: identity })],
  ["openStepUp", (store) => store.openStepUp(stepUp())],
  [
    "openStepUp",
    async (store) => {
      await store.endRegistration({ ...end, registrationId: identity.id, as: "revoked", audit: [] });
      return store.openStepUp(stepUp());
    },
  ],
  [
    "bindByIdJag",
    (store) => {
      const claimed = { registrationId: "reg_3", generation: 1, expectedAttemptId: null, scopes: [] };
      return store.bindByIdJag({ terms, link: true, ...claimed, now, audit });
    },
  ],
  ["admitByIdJag", (store) => store.admitByIdJag({ terms, link: true, registration: identity, now, audit })],
  [
    "confirmClaim",
    (store) => store.confirmClaim({ ...claim, attemptId: "att_4", registrationId: "reg_4", audit }),
  ],
  [
    "admitByIdJag",
    async (store) => {
      await store.admitByIdJag({ terms, link: true, registration: identity, now, audit });
      const registration = { ...identity, userId: terms.userId, claimedAt: now };
      await store.endRegistration({ ...end, registrationId: identity.id, as: "revoked", audit: [] });
      await store.admitByIdJag({ terms, link: true, registration, now, audit });
      return store.admitByIdJag({ terms, link: true, registration, now, audit });
    },
  ],
  ["forgetGoneUser", (store) => store.forgetGoneUser({ issuer, subject, userId: "user_alice" })],
  ["applySecurityEvent", (store) => store.applySecurityEvent(event("end_sessions", "1"))],
  ["applySecurityEvent", (store) => store.applySecurityEvent(event("revoke", "2"))],
  [
    "saveProvider",
    (store) => store.saveProvider({ provider: aProvider({ issuer }), seen: null, now, audit }),
  ],
  ["setProviderDisabled", (store) => store.setProviderDisabled({ issuer, disabled: true, now, audit })],
  ["setProviderDisabled", (store) => store.setProviderDisabled({ issuer, disabled: false, now, audit })],
  ["setSuspended", (store) => store.setSuspended({ registrationId: id, suspended: true, now, audit })],
  ["setSuspended", (store) => store.setSuspended({ registrationId: id, suspended: false, now, audit })],
  ["endRegistration", (store) => store.endRegistration({ ...end, as: "expired", audit })],
  ["endRegistration", (store) => store.endRegistration({ ...end, as: "revoked", audit })],
  ["addSigningKey", (store) => store.addSigningKey({ key: aSigningKey(), newestKid: null, audit })],
  [
    "addSigningKey",
    async (store) => {
      const newestKid = (await store.listSigningKeys())[0]?.kid ?? null;
      return store.addSigningKey({ key: aSigningKey({ signsFrom: now + 1 }), newestKid, audit });
    },
  ],
  [
    "erasePerson",
    (store) =>
      store.erasePerson({ userId: "user_of_nothing", addresses: ["x@example.com"], limit: 9, audit }),
  ],
];

/** Calls that only give something, or tidy up. */
export const granting: [keyof Store, (store: Store) => Promise<unknown>][] = [
  ["takeLease", (store) => store.takeLease({ name: "work", holder: "one", seconds: 60 })],
  [
    "createRegistration",
    (store) =>
      store.createRegistration({
        registration: aRegistration({ id: aHash("claim_token") }),
        attempt: null,
        audit,
      }),
  ],
  ["markViewed", (store) => store.markViewed({ attemptId: "att_1", now, audit })],
  ["recordPoll", (store) => store.recordPoll({ registrationId: id, step: 5, ceiling: 60, now })],
  [
    "issueAccessToken",
    (store) => store.issueAccessToken({ token: aToken({ registrationId: id }), now, audit }),
  ],
  ["recordUse", (store) => store.recordUse([{ registrationId: id, at: now, scopes: ["api.read"] }])],
  ["deleteExpiredTokens", (store) => store.deleteExpiredTokens(now, 10)],
  ["deleteExpiredRefreshFamilies", (store) => store.deleteExpiredRefreshFamilies(now, 10)],
  ["deleteRetiredKeys", (store) => store.deleteRetiredKeys(now)],
  ["releaseReservation", (store) => store.releaseReservation(reservation)],
  ["deleteRememberedJwtIds", (store) => store.deleteRememberedJwtIds(now, 10)],
  ["appendAudit", (store) => store.appendAudit(audit)],
  ["queueMail", (store) => store.queueMail({ mail: aMail(), registrationId: id, now })],
  ["leaseMail", (store) => store.leaseMail({ now, leaseUntil: now + 60, limit: 10 })],
  ...(
    [
      { kind: "sent", to: "alice@example.com" },
      { kind: "failed", failure: "refused" },
      { kind: "retry", at: now },
    ] as const
  ).map((outcome): (typeof granting)[number] => [
    "settleMail",
    (store) => store.settleMail({ id: 1, tries: 1, outcome, now, audit }),
  ]),
  ["deleteLimitWindows", (store) => store.deleteLimitWindows(10)],
  ["deleteOldMail", (store) => store.deleteOldMail(now, 10)],
  ["deleteEndedRegistrations", (store) => store.deleteEndedRegistrations(0, 10)],
  ["deleteOldAudit", (store) => store.deleteOldAudit(0, 10)],
  ["forgetLoginHints", (store) => store.forgetLoginHints(0, 10)],
  ["deleteOldCounts", (store) => store.deleteOldCounts(0)],
  ["markAnnounced", (store) => store.markAnnounced([1])],
  ["consumeLimit", (store) => store.consumeLimit({ key: "any", windowSeconds: 60 })],
];

/** Calls that only read. */
export const reading: [keyof Store, (store: Store) => Promise<unknown>][] = [
  ["findRegistration", (store) => store.findRegistration(id)],
  ["findRegistrationByClaimToken", (store) => store.findRegistrationByClaimToken(aHash("claim_token"))],
  ["findRegistrationsByUser", (store) => store.findRegistrationsByUser("user_alice", 10)],
  ["countClaimedByUser", (store) => store.countClaimedByUser("user_alice")],
  ["findAttempt", (store) => store.findAttempt("att_1")],
  ["countAttempts", (store) => store.countAttempts({ registrationId: id, after: now })],
  ["findAttemptByToken", (store) => store.findAttemptByToken(aHash("claim_attempt_token"))],
  ["findAccessToken", (store) => store.findAccessToken(aHash("access_token"))],
  ["findRefreshFamily", (store) => store.findRefreshFamily("rtf_1")],
  ["findExpired", (store) => store.findExpired(now, 10)],
  ["findUncollected", (store) => store.findUncollected(now, 600, 10)],
  ["findDelegation", (store) => store.findDelegation(issuer, subject)],
  ["findRegistrationBySubject", (store) => store.findRegistrationBySubject(issuer, subject)],
  ["isSubjectStopped", (store) => store.isSubjectStopped(issuer, subject, someTime)],
  ["hasLinkWithIssuer", (store) => store.hasLinkWithIssuer("user_alice", issuer)],
  ["findProvider", (store) => store.findProvider(issuer)],
  ["listProviders", (store) => store.listProviders()],
  ["listSigningKeys", (store) => store.listSigningKeys()],
  ["findMail", (store) => store.findMail(1)],
  ["listAudit", (store) => store.listAudit({ limit: 10 })],
  ["listAudit", (store) => store.listAudit({ registrationId: id, limit: 10 })],
  ["listAudit", (store) => store.listAudit({ type: "claim.denied", limit: 10 })],
  ["listAudit", (store) => store.listAudit({ registrationId: id, type: "claim.denied", limit: 10 })],
  [
    "listUnannounced",
    (store) =>
      store.listUnannounced({ types: ["claim.denied", "claim.confirmed"], after: 0, before: now, limit: 10 }),
  ],
  ["ping", (store) => store.ping()],
];
