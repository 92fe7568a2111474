/** Owns the part of the contract about keeping: every field comes back as it went in, and what is not there is null. */
import assert from "node:assert/strict";
import type { ClaimAttempt, Registration } from "../../protocol/model.js";
import {
  aHash,
  aLink,
  anAttempt,
  anAuditEvent,
  aRegistration,
  aSigningKey,
  aToken,
  holderOf,
  someTime,
} from "../builders.js";
import { assertSame, revoked, type Suite, store as storeRegistration } from "./suite.js";

const awkward = "Zoë 🤖 日本語 e\u0301 'quoted' \"twice\"; -- % _ \\ \n\ttab";
const largest = Number.MAX_SAFE_INTEGER;

/** A value in every field that a claimed registration in good standing can have, no two the same. */
function fullRegistration(): Registration {
  return aRegistration({
    kind: "identity_assertion",
    clientName: awkward,
    createdAt: someTime + 1,
    createdIp: "2001:db8::1",
    userAgent: `agent ${awkward}`,
    generation: 7,
    scopes: ["api.write", "api.read", "a:b/c"],
    scopeLimit: ["a:b/c", "api.write", "api.read"],
    userId: `user ${awkward}`,
    claimedAt: someTime + 2,
    claimExpiresAt: someTime + 3,
    wrongGuesses: 11,
    currentAttemptId: "att_current",
    collectedAt: someTime + 4,
    pollInterval: 13,
    lastPolledAt: someTime + 5,
    endsAt: someTime + 1000,
    expiredAt: null,
    lastUsedAt: someTime + 10,
    issuer: `https://provider.example/${awkward}`,
    subject: `subject ${awkward}`,
    idJagIssuedAt: someTime + 11,
  });
}

const registrationCases: [string, () => Registration][] = [
  ["nearly every field set", fullRegistration],
  [
    "every end set",
    () => ({ ...fullRegistration(), ...revoked, suspendedAt: someTime, expiredAt: someTime }),
  ],
  ["a refused claim", () => aRegistration({ claimEndedAt: someTime, claimEndReason: "denied" })],
  ["a locked claim", () => aRegistration({ claimEndedAt: someTime, claimEndReason: "locked" })],
  ["the kind service_auth", () => aRegistration({ kind: "service_auth" })],
  [
    "null in every field that may be null",
    () =>
      aRegistration({ clientName: null, createdIp: null, userAgent: null, scopes: [], claimTokenHash: null }),
  ],
  [
    "the largest integers",
    () => aRegistration({ createdAt: largest, generation: largest, claimExpiresAt: largest, lastUsedAt: 0 }),
  ],
];

const attemptCases: [string, Partial<ClaimAttempt>][] = [
  [
    "a value in every field",
    {
      loginHint: "zoë@example.com",
      userAgent: awkward,
      createdAt: someTime + 1,
      expiresAt: largest,
      wrongGuesses: 3,
      viewedAt: someTime + 2,
      confirmedAt: someTime + 3,
      confirmedUserId: `user ${awkward}`,
      confirmedScopes: ["api.write", "api.read"],
      readBackCodeHash: aHash("user_code"),
      replacedAt: someTime + 4,
      link: aLink({ subject: awkward, userId: `user ${awkward}`, version: largest, issuedAt: someTime + 6 }),
    },
  ],
  ["a denial", { deniedAt: someTime + 5 }],
  ["null in every field that may be null", { userCodeHash: null, createdIp: null, userAgent: null }],
];

/** Describes round trips, misses and restarts. */
export function describeRoundTrips(suite: Suite): void {
  suite.describe("round trips", () => {
    for (const [title, build] of registrationCases) {
      suite.it(`gives back a registration with ${title}, however it is found`, async () => {
        const registration = await storeRegistration(suite.store(), build());
        const { id, userId, claimTokenHash, issuer, subject } = registration;
        assertSame(await suite.store().findRegistration(id), registration);
        if (claimTokenHash !== null) {
          assertSame(await suite.store().findRegistrationByClaimToken(claimTokenHash), registration);
        }
        if (userId !== null) {
          assertSame(await suite.store().findRegistrationsByUser(userId, 10), [registration]);
        }
        if (issuer !== null && subject !== null) {
          assertSame(await suite.store().findRegistrationBySubject(issuer, subject), registration);
        }
      });
    }

    for (const [title, overrides] of attemptCases) {
      suite.it(`gives back an attempt with ${title}, by id and by token`, async () => {
        const registration = aRegistration();
        const attempt = anAttempt({ registrationId: registration.id, ...overrides });
        await suite.store().createRegistration({ registration, attempt, audit: [] });
        assertSame(await suite.store().findAttempt(attempt.id), attempt);
        assertSame(await suite.store().findAttemptByToken(attempt.tokenHash), attempt);
      });
    }

    suite.it("gives back a token with its registration, field by field", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store, fullRegistration());
      const token = aToken({
        registrationId: registration.id,
        generation: 7,
        scopes: ["api.write", "api.read"],
        resource: `https://api.example.com/${awkward}`,
        createdAt: someTime + 21,
        expiresAt: largest,
      });
      assert.equal(await store.issueAccessToken({ token, now: someTime, audit: [] }), true);
      assertSame(await store.findAccessToken(token.hash), { token, holder: holderOf(registration) });
    });

    suite.it("gives back a revoked token of a registration that is suspended and revoked", async () => {
      const store = suite.store();
      const { id } = await storeRegistration(store);
      const token = aToken({ registrationId: id, scopes: [] });
      await store.issueAccessToken({ token, now: someTime, audit: [] });
      await store.revokeAccessToken({ hash: token.hash, now: someTime + 1, audit: [] });
      await store.setSuspended({ registrationId: id, suspended: true, now: someTime + 2, audit: [] });
      const end = {
        registrationId: id,
        as: "revoked",
        reason: awkward,
        now: someTime + 3,
        audit: [],
      } as const;
      await store.endRegistration({ ...end, actor: { kind: "user", id: "user_alice" }, audit: [] });
      assertSame(await store.findAccessToken(token.hash), {
        token: { ...token, revokedAt: someTime + 1 },
        holder: holderOf((await store.findRegistration(id)) as Registration),
      });
    });

    suite.it("gives back signing keys", async () => {
      const publicJwk = { kty: "EC", crv: "P-256", x: awkward, y: "" };
      const key = aSigningKey({ publicJwk, createdAt: someTime + 1, signsFrom: largest, retiredAt: null });
      await suite.store().addSigningKey({ key, newestKid: null, audit: [] });
      assertSame(await suite.store().listSigningKeys(), [key]);
    });

    suite.it("gives back audit events with every kind of detail", async () => {
      const full = anAuditEvent({
        type: "claim.confirmed",
        at: largest,
        actor: { kind: "user", id: awkward },
        ip: "2001:db8::1",
        registrationId: awkward,
        detail: {
          text: awkward,
          number: -1.5,
          yes: true,
          no: false,
          nothing: null,
          list: ["a", awkward],
          "": "",
        },
      });
      const bare = anAuditEvent();
      await suite.store().appendAudit([full, bare]);
      const [first, second] = await suite.store().listAudit({ limit: 10 });
      assertSame(first, { ...full, id: first?.id });
      assertSame(second, { ...bare, id: second?.id });
    });
  });

  suite.describe("finders", () => {
    suite.it("answer null, nothing or zero for what is not there", async () => {
      const store = suite.store();
      await storeRegistration(store);
      assert.equal(await store.findRegistration("reg_nobody"), null);
      assert.equal(await store.findRegistrationByClaimToken(aHash("claim_token")), null);
      assertSame(await store.findRegistrationsByUser("user_nobody", 10), []);
      assert.equal(await store.countClaimedByUser("user_nobody"), 0);
      assert.equal(await store.findAttempt("att_nobody"), null);
      assert.equal(await store.findAttemptByToken(aHash("claim_attempt_token")), null);
      assert.equal(await store.findAccessToken(aHash("access_token")), null);
      assertSame(await store.findExpired(someTime, 10), []);
      assertSame(await store.findUncollected(someTime, 0, 10), []);
      assert.equal(await store.findDelegation("https://provider.example", "subject_nobody"), null);
      assert.equal(await store.findRegistrationBySubject("https://provider.example", "subject_nobody"), null);
      assert.equal(await store.hasLinkWithIssuer("user_nobody", "https://provider.example"), false);
      assert.equal(await store.findProvider("https://provider.example"), null);
      assertSame(await store.listProviders(), []);
      assertSame(await store.listSigningKeys(), []);
      assertSame(await store.listAudit({ limit: 10 }), []);
    });

    suite.it("tell identifiers apart by case and by trailing spaces", async () => {
      const store = suite.store();
      const { id } = await storeRegistration(store, { id: "reg_Case" });
      assert.equal(await store.findRegistration("reg_case"), null);
      assert.equal(await store.findRegistration("reg_Case "), null);
      assert.notEqual(await store.findRegistration(id), null);
    });
  });

  suite.describe("a restart", () => {
    suite.it("keeps everything", async () => {
      const registration = aRegistration();
      const attempt = anAttempt({ registrationId: registration.id });
      const token = aToken({ registrationId: registration.id });
      const key = aSigningKey();
      const before = suite.store();
      await before.createRegistration({ registration, attempt, audit: [anAuditEvent()] });
      await before.issueAccessToken({ token, now: someTime, audit: [] });
      await before.addSigningKey({ key, newestKid: null, audit: [] });

      const after = await suite.restarted();
      assertSame(await after.findAccessToken(token.hash), { token, holder: holderOf(registration) });
      assertSame(await after.findAttempt(attempt.id), attempt);
      assertSame(await after.listSigningKeys(), [key]);
      assert.equal((await after.listAudit({ limit: 10 })).length, 1);
    });

    suite.it("leaves a store that answers, and closing it twice is fine", async () => {
      await suite.store().ping();
      const after = await suite.restarted();
      await after.ping();
      await after.close();
      await after.close();
      await assert.rejects(after.ping(), { name: "StoreUnavailable" });
    });
  });
}
