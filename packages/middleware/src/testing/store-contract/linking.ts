/** Owns the part of the contract about an attempt that carries a link: its confirmation binds and links in one step. */
import assert from "node:assert/strict";
import type { AttemptLink } from "../../protocol/model.js";
import { aLink } from "../builders.js";
import { confirmation, createRow, describeTerms, linkPerson, revocation, stepUp } from "./identity-suite.js";
import {
  assertSame,
  auditOf,
  type Claim,
  crowd,
  now,
  openClaim,
  race,
  reread,
  type Suite,
  withoutEffect,
} from "./suite.js";

/** Describes confirmClaim of an attempt with a link. */
export function describeLinking(suite: Suite): void {
  const claimWith = (link: AttemptLink) =>
    openClaim(suite.store(), { registration: { kind: "anonymous" }, attempt: { link } });
  const confirm = (claim: Claim, userId?: string) => suite.store().confirmClaim(confirmation(claim, userId));
  const refuses = async (claim: Claim, link: AttemptLink, userId?: string) => {
    const watched = { pairs: [link], registrations: [claim.registration], attempts: [claim.attempt] };
    assert.equal(await withoutEffect(suite.store(), watched, () => confirm(claim, userId)), false);
  };

  suite.describe("confirmClaim of an attempt with a link", () => {
    describeTerms(suite, aLink, async (link) => {
      const claim = await claimWith(link);
      return {
        call: () => confirm(claim),
        watched: { registrations: [claim.registration], attempts: [claim.attempt] },
        good: true,
        bad: false,
      };
    });

    suite.it("binds, links, and keeps what the person left ticked as the ceiling", async () => {
      const store = suite.store();
      const link = aLink();
      const { issuer, subject, issuedAt } = link;
      const claim = await claimWith(link);
      assert.equal(await confirm(claim), true);
      assertSame(await reread(store, claim.registration), {
        ...claim.registration,
        ...{ userId: "user_alice", claimedAt: now, scopes: ["api.read"], generation: 2 },
        ...{ issuer, subject, idJagIssuedAt: issuedAt },
      });
      const confirmed = { confirmedAt: now, confirmedUserId: "user_alice" };
      assertSame(await store.findAttempt(claim.attempt.id), { ...claim.attempt, ...confirmed });
      assertSame(await store.findDelegation(issuer, subject), {
        issuer,
        subject,
        userId: "user_alice",
        version: 1,
        revokedAt: null,
        scopeCeiling: ["api.read"],
        createdAt: now,
        linkedAt: now,
      });
      assertSame(await auditOf(store, claim.registration), ["claim.confirmed", "delegation.created"]);
    });

    suite.it("finishes a step-up, whose row was created with it", async () => {
      const store = suite.store();
      const input = stepUp(aLink());
      await store.openStepUp(input);
      const { registration, attempt } = input;
      assert.equal(await confirm({ registration, attempt }), true);
      const { issuer, subject } = input.terms;
      assert.equal((await store.findDelegation(issuer, subject))?.userId, "user_alice");
      assert.equal((await store.findRegistrationBySubject(issuer, subject))?.claimedAt, now);
    });

    suite.it("takes nobody but the user it is locked to, and changes nothing", async () => {
      const link = aLink();
      await refuses(await claimWith(link), link, "user_bob");
    });

    suite.it("binds nothing when the row names another user by now", async () => {
      for (const version of [0, 1]) {
        const link = aLink({ version });
        const claim = await claimWith(link);
        await linkPerson(suite.store(), { ...link, version: 0, userId: "user_bob" });
        await refuses(claim, link);
      }
    });

    for (const version of [0, 1]) {
      suite.it(
        `finds the same user linked, read at version ${version}: the ceiling is new, the link is not`,
        async () => {
          const store = suite.store();
          const link = aLink({ version });
          const { issuer, subject } = link;
          const claim = await claimWith(link);
          await linkPerson(store, { ...link, version: 0 });
          const before = await store.findDelegation(issuer, subject);
          assert.equal(await confirm(claim), true);
          assertSame(await store.findDelegation(issuer, subject), { ...before, scopeCeiling: ["api.read"] });
          assertSame(await auditOf(store, claim.registration), ["claim.confirmed"]);
        },
      );
    }

    suite.it("lets two registrations carry the pair for one user", async () => {
      const link = aLink();
      await createRow(suite.store(), link);
      const [first, second] = [await claimWith(link), await claimWith(link)];
      assert.equal(await confirm(first), true);
      assert.equal(await confirm(second), true);
      assertSame(await auditOf(suite.store(), second.registration), ["claim.confirmed"]);
    });

    suite.it("has one winner among users, and the others bind nothing", async () => {
      const store = suite.store();
      const { issuer, subject } = aLink();
      const claims = await Promise.all(
        Array.from({ length: crowd }, (_, caller) =>
          claimWith(aLink({ issuer, subject, userId: `user_${caller}` })),
        ),
      );
      const answers = await race(async (caller) => {
        const claim = claims[caller];
        return claim !== undefined && confirm(claim, `user_${caller}`);
      });
      assert.equal(answers.filter(Boolean).length, 1);
      const bound = await Promise.all(claims.map(({ registration }) => reread(store, registration)));
      assertSame(
        bound.map(({ claimedAt }) => claimedAt !== null),
        answers,
      );
      assert.equal((await store.findDelegation(issuer, subject))?.userId, `user_${answers.indexOf(true)}`);
    });

    suite.it("links nothing when the claim is over", async () => {
      const link = aLink();
      const claim = await openClaim(suite.store(), {
        registration: { claimExpiresAt: now },
        attempt: { link },
      });
      await refuses(claim, link);
    });

    suite.it("is off after a revocation older than its ID-JAG too: the agent starts over", async () => {
      const link = aLink();
      await createRow(suite.store(), link);
      const claim = await claimWith(link);
      await suite.store().applySecurityEvent(revocation(link, { issuedAt: link.issuedAt - 1 }));
      assertSame(await suite.store().findAttempt(claim.attempt.id), claim.attempt);
      await refuses(claim, link);
    });
  });
}
