/** Owns the part of the contract about claiming an anonymous registration with an ID-JAG. */
import assert from "node:assert/strict";
import type { Registration } from "../../protocol/model.js";
import { aLink, anAttempt, aToken, someTime } from "../builders.js";
import { binding, describeTerms, linkPerson } from "./identity-suite.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  closedClaims,
  now,
  openClaim,
  race,
  reread,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

/** Describes bindByIdJag. */
export function describeBinding(suite: Suite): void {
  const bind = (input: ReturnType<typeof binding>) => suite.store().bindByIdJag(input);
  const refuses = async (input: ReturnType<typeof binding>, registration: Registration, outcome: string) => {
    const watched = { pairs: [input.terms], registrations: [registration] };
    assert.equal(await withoutEffect(suite.store(), watched, () => bind(input)), outcome);
  };
  const anonymous = { kind: "anonymous" } as const;

  suite.describe("bindByIdJag", () => {
    describeTerms(suite, aLink, async (terms) => {
      const registration = await storeRegistration(suite.store());
      return {
        call: () => bind(binding(terms, registration)),
        watched: { registrations: [registration] },
        good: "bound",
        bad: "revoked",
      };
    });

    suite.it("binds, links, replaces the attempt by nothing, and leaves nothing to collect", async () => {
      const store = suite.store();
      const { registration, attempt } = await openClaim(store, { registration: anonymous });
      const input = binding(aLink(), registration);
      const { issuer, subject } = input.terms;
      assert.equal(await bind(input), "bound");
      assertSame(await reread(store, registration), {
        ...registration,
        ...{ userId: "user_alice", claimedAt: now, collectedAt: now, scopes: ["api.read", "api.write"] },
        ...{ issuer, subject, idJagIssuedAt: someTime, generation: 2, currentAttemptId: null },
      });
      assertSame(await store.findAttempt(attempt.id), { ...attempt, replacedAt: now });
      assert.equal((await store.findDelegation(issuer, subject))?.userId, "user_alice");
      assertSame(await auditOf(store, registration), ["claim.confirmed", "delegation.created"]);
      // The pair may have a registration of kind identity_assertion besides.
      assert.equal(await store.findRegistrationBySubject(issuer, subject), null);
    });

    suite.it("kills what was issued before", async () => {
      const registration = await storeRegistration(suite.store());
      await bind(binding(aLink(), registration));
      const token = aToken({ registrationId: registration.id, generation: 1 });
      assert.equal(await suite.store().issueAccessToken({ token, now, audit: [] }), false);
    });

    suite.it("links nobody twice: a link that is there is used, and not told again", async () => {
      const store = suite.store();
      const terms = await linkPerson(store, aLink());
      for (const overrides of [{ link: false }, {}]) {
        const registration = await storeRegistration(store);
        assert.equal(await bind(binding(terms, registration, overrides)), "bound");
        assertSame(await auditOf(store, registration), ["claim.confirmed"]);
      }
      const registration = await storeRegistration(store);
      assert.equal(await bind(binding({ ...terms, version: 0 }, registration)), "bound");
    });

    suite.it("refuses to act for nobody or for another user, and changes nothing", async () => {
      const registration = await storeRegistration(suite.store());
      await refuses(binding(aLink(), registration, { link: false }), registration, "changed");
      const terms = await linkPerson(suite.store(), aLink());
      const other = { ...terms, userId: "user_bob" };
      await refuses(binding(other, registration), registration, "changed");
      await refuses(binding(other, registration, { link: false }), registration, "changed");
    });

    for (const [title, overrides] of closedClaims) {
      suite.it(`refuses a registration that is ${title}, and changes nothing`, async () => {
        const registration = await storeRegistration(suite.store(), overrides);
        await refuses(binding(aLink(), registration), registration, "not_allowed");
      });
    }

    suite.it("refuses another generation, another kind and an unknown registration", async () => {
      const registration = await storeRegistration(suite.store());
      const terms = aLink();
      await refuses(binding(terms, registration, { generation: 2 }), registration, "not_allowed");
      const registrationId = "reg_nobody";
      await refuses(binding(terms, registration, { registrationId }), registration, "not_allowed");
      const claimed = await storeRegistration(suite.store(), { kind: "service_auth" });
      await refuses(binding(terms, claimed), claimed, "not_allowed");
    });

    suite.it("is in flight when another attempt is current by now, and changes nothing", async () => {
      const { registration } = await openClaim(suite.store(), { registration: anonymous });
      for (const expectedAttemptId of [null, anAttempt().id]) {
        await refuses(binding(aLink(), registration, { expectedAttemptId }), registration, "in_flight");
      }
    });

    suite.it("works one second before window and end date are over", async () => {
      const registration = await storeRegistration(suite.store(), {
        claimExpiresAt: now + 1,
        endsAt: now + 1,
      });
      assert.equal(await bind(binding(aLink(), registration)), "bound");
    });

    suite.it("has one winner in a crowd of persons, and the others are linked to nobody", async () => {
      const store = suite.store();
      const registration = await storeRegistration(store);
      const persons = Array.from({ length: 20 }, (_, caller) => aLink({ userId: `user_${caller}` }));
      const answers = await race((caller) => bind(binding(persons[caller] ?? aLink(), registration)));
      assertOneWinner(answers, "bound");
      const winner = persons[answers.indexOf("bound")];
      assert.equal((await reread(store, registration)).userId, winner?.userId);
      const linked = await Promise.all(persons.map((one) => store.findDelegation(one.issuer, one.subject)));
      assert.equal(linked.filter((delegation) => delegation !== null).length, 1);
      assert.equal((await auditOf(store, registration)).length, 2);
    });
  });
}
