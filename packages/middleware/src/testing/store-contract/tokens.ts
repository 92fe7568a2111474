/** Owns the part of the contract about access tokens: issued while allowed, found however they stand, revoked once. */
import assert from "node:assert/strict";
import type { AccessToken, Registration } from "../../protocol/model.js";
import { aHash, aToken, holderOf, someTime } from "../builders.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  eventOf,
  now,
  outOfStanding,
  race,
  type Suite,
  store as storeRegistration,
  withoutEffect,
} from "./suite.js";

/** Describes issueAccessToken, findAccessToken and revokeAccessToken. */
export function describeTokens(suite: Suite): void {
  const issue = (token: AccessToken, registration: Registration) =>
    suite.store().issueAccessToken({ token, now, audit: [eventOf(registration, "token.issued")] });
  const issued = async (overrides: Partial<Registration> = {}) => {
    const registration = await storeRegistration(suite.store(), overrides);
    const token = aToken({ registrationId: registration.id, generation: registration.generation });
    assert.equal(await suite.store().issueAccessToken({ token, now, audit: [] }), true);
    return { registration, token };
  };

  suite.describe("issueAccessToken", () => {
    suite.it("stores a token and its audit event", async () => {
      const registration = await storeRegistration(suite.store());
      const token = aToken({ registrationId: registration.id });
      assert.equal(await issue(token, registration), true);
      assertSame(await suite.store().findAccessToken(token.hash), { token, holder: holderOf(registration) });
      assertSame(await auditOf(suite.store(), registration), ["token.issued"]);
    });

    const refusals: [string, Partial<Registration>][] = [
      ...outOfStanding,
      ["of a newer generation", { generation: 2 }],
      ["of an older generation", { generation: 0 }],
      ["torn down by the sweeper", { expiredAt: someTime }],
    ];
    for (const [title, overrides] of refusals) {
      suite.it(`stores none for a registration that is ${title}, and changes nothing`, async () => {
        const registration = await storeRegistration(suite.store(), overrides);
        const token = aToken({ registrationId: registration.id });
        const watched = { registrations: [registration], tokens: [token] };
        assert.equal(await withoutEffect(suite.store(), watched, () => issue(token, registration)), false);
      });
    }

    suite.it("stores none for an unknown registration", async () => {
      const registration = await storeRegistration(suite.store());
      const token = aToken({ registrationId: "reg_nobody" });
      const answer = await withoutEffect(suite.store(), { tokens: [token] }, () =>
        issue(token, registration),
      );
      assert.equal(answer, false);
    });

    suite.it("stores one a second before the end date", async () => {
      await issued({ endsAt: now + 1 });
    });

    suite.it("stores the tokens of a whole crowd", async () => {
      const registration = await storeRegistration(suite.store());
      const answers = await race(() => issue(aToken({ registrationId: registration.id }), registration));
      assert.ok(answers.every((answer) => answer));
      assert.equal((await auditOf(suite.store(), registration)).length, answers.length);
    });
  });

  suite.describe("findAccessToken", () => {
    suite.it("finds one token among many, each with its own registration", async () => {
      const [first, second] = [await issued(), await issued()];
      const found = ({ token, registration }: typeof first) => ({ token, holder: holderOf(registration) });
      assertSame(await suite.store().findAccessToken(first.token.hash), found(first));
      assertSame(await suite.store().findAccessToken(second.token.hash), found(second));
    });

    suite.it("tells what a claim changed", async () => {
      const { registration, token } = await issued();
      await suite.store().setSuspended({ registrationId: registration.id, suspended: true, now, audit: [] });
      const found = await suite.store().findAccessToken(token.hash);
      assertSame(found, { token, holder: { ...holderOf(registration), suspendedAt: now } });
    });
  });

  suite.describe("revokeAccessToken", () => {
    suite.it("revokes one token for one of a crowd, with one audit event", async () => {
      const { registration, token } = await issued();
      const other = aToken({ registrationId: registration.id });
      await suite.store().issueAccessToken({ token: other, now, audit: [] });
      const audit = [eventOf(registration, "token.revoked")];
      const answers = await race((caller) =>
        suite.store().revokeAccessToken({ hash: token.hash, now: now + caller, audit }),
      );
      assertOneWinner(answers, true);
      const found = await suite.store().findAccessToken(token.hash);
      assertSame(found?.token, { ...token, revokedAt: now + answers.indexOf(true) });
      assertSame(found?.holder, holderOf(registration));
      assertSame((await suite.store().findAccessToken(other.hash))?.token, other);
      assertSame(await auditOf(suite.store(), registration), ["token.revoked"]);
    });

    suite.it("answers false for an unknown and for a revoked token, and changes nothing", async () => {
      const { registration, token } = await issued();
      await suite.store().revokeAccessToken({ hash: token.hash, now, audit: [] });
      const audit = [eventOf(registration, "token.revoked")];
      await withoutEffect(suite.store(), { tokens: [token] }, async () => {
        for (const hash of [token.hash, aHash("access_token")]) {
          assert.equal(await suite.store().revokeAccessToken({ hash, now: now + 1, audit }), false);
        }
      });
    });
  });
}
