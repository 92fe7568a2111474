/** Owns the part of the contract about how long narrower scopes hold: until a person decides anew, whoever else binds. */
import assert from "node:assert/strict";
import type { AdminJobs } from "../../admin-jobs-port.js";
import type { AttemptLink, ClaimAttempt, Registration } from "../../protocol/model.js";
import { aLink, aRefreshFamily, someTime } from "../builders.js";
import { admission, binding, confirmation, linkPerson } from "../store-contract/identity-suite.js";
import { revealedTo } from "../store-contract/read-back.js";
import {
  assertSame,
  eventOf,
  now,
  openClaim,
  race,
  reread,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "../store-contract/suite.js";

const all = ["api.read", "api.write"];

/** Describes what narrowing does beyond the registration it is about. */
export function describeNarrowing(suite: Suite, jobs: () => AdminJobs): void {
  const narrow = (registration: Registration, scopes: string[]) =>
    jobs().narrowScopes({
      registrationId: registration.id,
      scopes,
      now,
      audit: [eventOf(registration, "registration.narrowed")],
    });
  const ceilingOf = async ({ issuer, subject }: AttemptLink) =>
    (await suite.store().findDelegation(issuer, subject))?.scopeCeiling;
  /** A registration of the pair that an ID-JAG has bound, with all scopes. */
  const bound = async (terms: AttemptLink): Promise<Registration> => {
    const registration = await storeRegistration(suite.store());
    const input = binding(terms, registration, { scopes: all });
    assert.equal(await suite.store().bindByIdJag(input), "bound");
    return reread(suite.store(), registration);
  };

  suite.describe("narrowScopes of a registration that carries a pair", () => {
    suite.it("lowers the ceiling of the link, which holds for whatever is bound next", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const first = await bound(terms);
      assert.equal(await ceilingOf(terms), null);
      const before = await suite.store().findDelegation(terms.issuer, terms.subject);
      assert.equal(await narrow(first, ["api.read"]), true);
      const after = await suite.store().findDelegation(terms.issuer, terms.subject);
      assertSame(after, { ...before, scopeCeiling: ["api.read"] });
      assertSame((await bound(terms)).scopes, ["api.read"]);
      const again = await suite.store().admitByIdJag(admission(terms, { link: false }));
      assert.equal(again.outcome, "admitted");
      const { issuer, subject } = terms;
      assertSame((await suite.store().findRegistrationBySubject(issuer, subject))?.scopes, ["api.read"]);
    });

    suite.it("takes from what the person left ticked, and never gives", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const wide = await bound(terms);
      const third = await storeRegistration(suite.store());
      const more = binding(terms, third, { scopes: [...all, "api.delete"] });
      assert.equal(await suite.store().bindByIdJag(more), "bound");
      assert.equal(await narrow(wide, ["api.write"]), true);
      assert.equal(await narrow(await reread(suite.store(), third), ["api.delete", "api.write"]), true);
      assertSame(await ceilingOf(terms), ["api.write"]);
    });

    suite.it("leaves nobody anything where one narrowing excludes the other", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const [one, other] = [await bound(terms), await bound(terms)];
      await narrow(one, ["api.read"]);
      await narrow(other, ["api.write"]);
      assertSame(await ceilingOf(terms), []);
      const answer = await suite.store().admitByIdJag(admission(terms, { link: false }));
      assertSame(answer, { outcome: "no_scope" });
    });

    suite.it("does nothing to a row that names nobody, and nothing when it answers false", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const registration = await bound(terms);
      const watched = { pairs: [terms], registrations: [registration] };
      const refused = await withoutEffect(suite.store(), watched, () => narrow(registration, all));
      assert.equal(refused, false);
      const { issuer, subject } = terms;
      await jobs().unlinkDelegation({ issuer, subject, now, audit: [] });
      const unlinked = await suite.store().findDelegation(issuer, subject);
      assert.equal(await narrow(registration, ["api.read"]), true);
      assertSame(await suite.store().findDelegation(issuer, subject), unlinked);
    });

    suite.it("is overtaken by nobody of a crowd that binds", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const registration = await bound(terms);
      const binds = race(() => bound(terms));
      assert.equal(await narrow(registration, ["api.read"]), true);
      const late = await race(() => bound(terms));
      await binds;
      assertSame([...new Set(late.map(({ scopes }) => scopes.join(" ")))], ["api.read"]);
    });

    suite.it("holds until the person approves anew, who sees what they grant", async () => {
      const store = suite.store();
      const terms = await linkPerson(store, aLink());
      const { issuer, subject } = terms;
      await narrow(await bound(terms), ["api.read"]);
      await jobs().unlinkDelegation({ issuer, subject, now, audit: [] });
      const link = { ...terms, version: terms.version + 1, issuedAt: now + 1 };
      const claim = await openClaim(store, { registration: { kind: "anonymous" }, attempt: { link } });
      assert.equal(await store.confirmClaim({ ...confirmation(claim), scopes: all }), true);
      assertSame(await ceilingOf(terms), all);
      assertSame((await bound(link)).scopes, all);
    });
  });

  suite.describe("narrowScopes of a claim that a person has authorised", () => {
    const authorised = (attempt: Partial<ClaimAttempt> = {}, registration: Partial<Registration> = {}) =>
      openClaim(suite.store(), {
        registration: { kind: "anonymous", scopes: all, ...registration },
        attempt: { ...revealedTo("user_alice"), confirmedScopes: all, ...attempt },
      });
    const deliver = async (claim: Awaited<ReturnType<typeof authorised>>, scopes: string[]) => {
      const { id: registrationId } = claim.registration;
      const refreshFamily = aRefreshFamily({ registrationId, generation: 2 });
      return suite.store().confirmClaim({ ...confirmation(claim), scopes, delivery: { refreshFamily } });
    };

    suite.it("takes from what was confirmed: it was confirmed before", async () => {
      const claim = await authorised();
      assert.equal(await narrow(claim.registration, ["api.read"]), true);
      const cut = { ...claim.attempt, confirmedScopes: ["api.read"] };
      assertSame(await suite.store().findAttempt(claim.attempt.id), cut);
      assert.equal(await deliver(claim, all), false);
      assert.equal(await deliver(claim, ["api.read"]), true);
      assertSame((await reread(suite.store(), claim.registration)).scopes, ["api.read"]);
    });

    suite.it("takes from what was confirmed for another agent of the same person", async () => {
      const link = aLink();
      const claim = await authorised({ link });
      const stranger = await authorised({ link: aLink() });
      const { terms, registration } = admission(link);
      assert.equal(
        (await suite.store().admitByIdJag({ ...admission(terms), registration })).outcome,
        "admitted",
      );
      assert.equal(await narrow(registration, ["api.read"]), true);
      const cut = { ...claim.attempt, confirmedScopes: ["api.read"] };
      assertSame(await suite.store().findAttempt(claim.attempt.id), cut);
      assertSame(await suite.store().findAttempt(stranger.attempt.id), stranger.attempt);
      assert.equal(await deliver(claim, all), false);
      assert.equal(await deliver(claim, ["api.read"]), true);
      assertSame(await ceilingOf(link), ["api.read"]);
    });

    suite.it("may leave nothing of it", async () => {
      const claim = await authorised({ confirmedScopes: ["api.write"] });
      await narrow(claim.registration, ["api.read"]);
      assertSame((await suite.store().findAttempt(claim.attempt.id))?.confirmedScopes, []);
      assert.equal(await deliver(claim, ["api.write"]), false);
    });

    suite.it("leaves alone what is not authorised yet, and what is bound by it already", async () => {
      const open = await authorised({ confirmedAt: null, confirmedUserId: null, ...unrevealed });
      const claimed = await authorised({}, { claimedAt: someTime, userId: "user_alice" });
      for (const { registration, attempt } of [open, claimed]) {
        assert.equal(await narrow(registration, ["api.read"]), true);
        assertSame(await suite.store().findAttempt(attempt.id), attempt);
      }
    });
  });
}

const unrevealed = { confirmedScopes: null, readBackCodeHash: null };
