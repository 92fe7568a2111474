/**
 * Owns the part of the contract about what operators have taken from a registration: its narrower scopes and its end
 * date hold when it is bound, or another one for the same person, and nobody is at a page.
 */
import assert from "node:assert/strict";
import type { AttemptLink, Registration } from "../../protocol/model.js";
import { aLink, aRefreshFamily, someTime } from "../builders.js";
import { admission, anIdentity, binding, confirmation, linkPerson, stepUp } from "./identity-suite.js";
import { revealedTo } from "./read-back.js";
import {
  assertSame,
  type Claim,
  now,
  openClaim,
  race,
  reread,
  revoked,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

const scopeLimit = ["api.read"];

/** Describes limits of scopes and end dates, in every verb that binds. */
export function describeOperatorLimits(suite: Suite): void {
  const admit = async (input: ReturnType<typeof admission>): Promise<Registration> => {
    const result = await suite.store().admitByIdJag(input);
    assert.equal(result.outcome, "admitted");
    return (result as Extract<typeof result, { outcome: "admitted" }>).registration;
  };
  const bind = async (
    terms: AttemptLink,
    overrides: Partial<Registration> = {},
    input: Partial<ReturnType<typeof binding>> = {},
  ): Promise<Registration> => {
    const registration = await storeRegistration(suite.store(), overrides);
    assert.equal(await suite.store().bindByIdJag(binding(terms, registration, input)), "bound");
    return reread(suite.store(), registration);
  };
  const claimOf = (registration: Partial<Registration>, link: AttemptLink | null, confirmed = false) =>
    openClaim(suite.store(), {
      registration: { kind: "anonymous", ...registration },
      attempt: { link, ...(confirmed ? revealedTo("user_alice") : {}) },
    });
  const deliver = (claim: Claim, scopes: string[]) => {
    const { id: registrationId } = claim.registration;
    const refreshFamily = aRefreshFamily({ registrationId, generation: 2 });
    return suite.store().confirmClaim({ ...confirmation(claim), scopes, delivery: { refreshFamily } });
  };

  suite.describe("a limit of scopes", () => {
    suite.it("holds when an ID-JAG binds the registration, and stays", async () => {
      const { scopes, ...bound } = await bind(aLink(), { scopeLimit });
      assertSame([scopes, bound.scopeLimit], [["api.read"], scopeLimit]);
    });

    suite.it("holds when an ID-JAG revives the registration, and stays", async () => {
      for (const standing of [revoked, {}, { claimedAt: someTime, userId: "user_bob" }]) {
        const terms = aLink();
        await storeRegistration(suite.store(), anIdentity(terms, { scopeLimit, ...standing }));
        const { scopes, ...revived } = await admit(admission(terms));
        assertSame([scopes, revived.scopeLimit], [["api.read"], scopeLimit]);
      }
    });

    suite.it("counts next to the ceiling of the delegation", async () => {
      const store = suite.store();
      const terms = aLink();
      const claim = await claimOf({}, terms);
      const scopes = ["api.read", "api.write"];
      assert.equal(await store.confirmClaim({ ...confirmation(claim), scopes }), true);
      const again = { ...terms, version: 1 };
      const limited = { scopeLimit: ["api.write", "api.delete"] };
      const offered = ["api.delete", "api.write", "api.read"];
      assertSame((await bind(again, limited, { scopes: offered })).scopes, ["api.write"]);
    });

    suite.it("refuses whom it leaves nothing, and nothing changes", async () => {
      const store = suite.store();
      const [fresh, gone] = [aLink(), aLink()];
      const registration = await storeRegistration(store, { scopeLimit: ["api.delete"] });
      const old = anIdentity(gone, { scopeLimit: ["api.delete"], ...revoked });
      await storeRegistration(store, old);
      const watched = { pairs: [fresh, gone], registrations: [registration, old] };
      const answers = await withoutEffect(store, watched, async () => [
        await store.bindByIdJag(binding(fresh, registration)),
        await store.admitByIdJag(admission(gone)),
      ]);
      assertSame(answers, ["no_scope", { outcome: "no_scope" }]);
    });

    suite.it(
      "is no shelter: one that is kept is refused, too, where nothing would be left of it",
      async () => {
        const store = suite.store();
        const terms = await linkPerson(store, aLink());
        const input = admission(terms, { link: false });
        input.registration.scopes = ["api.delete"];
        const answer = await withoutEffect(store, { pairs: [terms] }, () => store.admitByIdJag(input));
        assertSame(answer, { outcome: "no_scope" });
      },
    );

    suite.it("stays while a step-up is opened, and is lifted by the person who approves", async () => {
      const store = suite.store();
      const terms = aLink();
      const old = anIdentity(terms, { scopeLimit, ...revoked });
      await storeRegistration(store, old);
      const input = stepUp(terms);
      assert.equal((await store.openStepUp(input)).outcome, "started");
      const registration = await reread(store, old);
      assertSame(registration.scopeLimit, scopeLimit);
      const scopes = ["api.read", "api.write"];
      const { attempt } = input;
      assert.equal(await store.confirmClaim({ ...confirmation({ registration, attempt }), scopes }), true);
      const approved = await reread(store, old);
      assertSame([approved.scopes, approved.scopeLimit], [scopes, null]);
    });

    suite.it("is lifted by a person without an ID-JAG as well", async () => {
      const claim = await claimOf({ scopeLimit }, null);
      const scopes = ["api.read", "api.write"];
      assert.equal(await suite.store().confirmClaim({ ...confirmation(claim), scopes }), true);
      const approved = await reread(suite.store(), claim.registration);
      assertSame([approved.scopes, approved.scopeLimit], [scopes, null]);
    });
  });

  suite.describe("confirmClaim with delivery", () => {
    suite.it("binds no more than what is still confirmed, and changes nothing", async () => {
      const claim = await claimOf({}, null, true);
      const watched = { registrations: [claim.registration], attempts: [claim.attempt] };
      for (const scopes of [["api.read", "api.write"], ["api.write"]]) {
        const answer = await withoutEffect(suite.store(), watched, () => deliver(claim, scopes));
        assert.equal(answer, false);
      }
      assert.equal(await deliver(claim, ["api.read"]), true);
    });
  });

  suite.describe("an end date of the pair", () => {
    const end = now + 100;
    /** Leaves registrations that carry the pair, with these end dates. */
    const ending = async (...others: Partial<Registration>[]): Promise<AttemptLink> => {
      const terms = aLink();
      const { issuer, subject } = terms;
      for (const other of others) await storeRegistration(suite.store(), { issuer, subject, ...other });
      return terms;
    };

    suite.it("is taken over by a registration that is made", async () => {
      const terms = await ending({ endsAt: end + 9 }, { endsAt: end }, { endsAt: null });
      assert.equal((await admit(admission(terms))).endsAt, end);
      assert.equal((await suite.store().findRegistrationBySubject(terms.issuer, terms.subject))?.endsAt, end);
    });

    suite.it("is taken over from a registration that was revoked, or the next one would go on", async () => {
      assert.equal((await bind(await ending({ endsAt: end, ...revoked }))).endsAt, end);
    });

    for (const [title, own, expected] of [
      ["none", null, end],
      ["a later one", end + 1, end],
      ["an earlier one", end - 1, end - 1],
    ] as const) {
      suite.it(`is taken over where it is earlier, by one that is bound and has ${title}`, async () => {
        const terms = await ending({ endsAt: end });
        assert.equal((await bind(terms, { endsAt: own })).endsAt, expected);
      });

      suite.it(`is taken over where it is earlier, by one that is revived and has ${title}`, async () => {
        const terms = await ending({ endsAt: end });
        await storeRegistration(suite.store(), anIdentity(terms, { ...revoked, endsAt: own }));
        assert.equal((await admit(admission(terms))).endsAt, expected);
      });

      suite.it(`is taken over where it is earlier, by one a person approves and has ${title}`, async () => {
        const terms = await ending({ endsAt: end });
        const claim = await claimOf({ endsAt: own }, terms);
        assert.equal(await suite.store().confirmClaim(confirmation(claim)), true);
        assert.equal((await reread(suite.store(), claim.registration)).endsAt, expected);
      });
    }

    suite.it("is not taken over by one that is kept: it was there before", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      const { issuer, subject } = terms;
      await storeRegistration(suite.store(), { issuer, subject, endsAt: end });
      assert.equal((await admit(admission(terms, { link: false }))).endsAt, null);
    });

    suite.it(
      "stays null without one, and is nobody's of another subject or of a claim without a link",
      async () => {
        await ending({ endsAt: end });
        const bound = await bind(await ending({ endsAt: null }));
        assert.equal(bound.endsAt, null);
        const claim = await claimOf({}, null);
        assert.equal(await suite.store().confirmClaim(confirmation(claim)), true);
        assert.equal((await reread(suite.store(), claim.registration)).endsAt, null);
      },
    );

    suite.it("is taken over by each of a crowd, and by none that comes after it", async () => {
      const terms = await linkPerson(suite.store(), await ending({ endsAt: end }));
      const bound = await race(() => bind(terms));
      assertSame([...new Set(bound.map(({ endsAt }) => endsAt))], [end]);
      const late = binding(terms, await storeRegistration(suite.store()), { now: end });
      assert.equal(await suite.store().bindByIdJag(late), "suspended");
    });
  });
}
