/** Owns the part of the contract about what an operator changes in single records. */
import assert from "node:assert/strict";
import type { AdminJobs } from "../../admin-jobs-port.js";
import { aLink, aMail, anAuditEvent, someTime } from "../builders.js";
import { admission, linkPerson } from "../store-contract/identity-suite.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  eventOf,
  now,
  race,
  reread,
  revoked,
  type Suite,
  store,
  withoutEffect,
} from "../store-contract/suite.js";

/** Describes the verbs of single records. */
export function describeChanges(suite: Suite, jobs: () => AdminJobs): void {
  suite.describe("narrowScopes", () => {
    const three = ["api.read", "api.write", "api.admin"];
    const narrow = async (scopes: string[], overrides: Parameters<typeof store>[1] = { scopes: three }) => {
      const registration = await store(suite.store(), overrides);
      const audit = [eventOf(registration, "registration.narrowed")];
      const call = () => jobs().narrowScopes({ registrationId: registration.id, scopes, now, audit });
      return { registration, call };
    };

    suite.it("cuts, in the order of what was granted, and touches nothing else", async () => {
      const { registration, call } = await narrow(["api.admin", "api.read", "never.granted"]);
      assert.equal(await call(), true);
      const left = ["api.read", "api.admin"];
      const expected = { ...registration, scopes: left, scopeLimit: left };
      assertSame(await reread(suite.store(), registration), expected);
      assertSame(await auditOf(suite.store(), registration), ["registration.narrowed"]);
    });

    for (const [what, scopes, overrides] of [
      ["more than is granted", [...three, "more"], { scopes: three }],
      ["the same in another order", [...three].reverse(), { scopes: three }],
      ["what would leave nothing", ["more"], { scopes: three }],
      ["nothing", [], { scopes: three }],
      ["a revoked registration", ["api.read"], { scopes: three, ...revoked }],
    ] as const) {
      suite.it(`answers false to ${what}, and changes nothing`, async () => {
        const { registration, call } = await narrow([...scopes], { ...overrides, scopes: [...three] });
        const answer = await withoutEffect(suite.store(), { registrations: [registration] }, call);
        assert.equal(answer, false);
      });
    }

    suite.it("has one winner in a crowd, and never widens", async () => {
      const { registration, call } = await narrow(["api.read"]);
      assertOneWinner(await race(() => call()), true);
      assertSame(await auditOf(suite.store(), registration), ["registration.narrowed"]);
      const audit = [eventOf(registration, "registration.narrowed")];
      const wide = { registrationId: registration.id, scopes: three, now, audit };
      assert.equal(await jobs().narrowScopes(wide), false);
      assert.equal(await jobs().narrowScopes({ ...wide, registrationId: "reg_of_nobody" }), false);
    });
  });

  suite.describe("setEndDate", () => {
    suite.it("sets, moves and clears, once each", async () => {
      const registration = await store(suite.store());
      const audit = [eventOf(registration, "registration.end_date_set")];
      const set = (endsAt: number | null) =>
        jobs().setEndDate({ registrationId: registration.id, endsAt, now, audit });
      for (const endsAt of [now + 9, now + 8, null]) {
        assertOneWinner(await race(() => set(endsAt)), true);
        assertSame(await reread(suite.store(), registration), { ...registration, endsAt });
      }
      assert.equal((await auditOf(suite.store(), registration)).length, 3);
    });

    suite.it("clears the date of a revoked one, which stops all of its person", async () => {
      const { issuer, subject } = aLink();
      const ended = { ...revoked, issuer, subject, endsAt: now };
      const registration = await store(suite.store(), ended);
      assert.equal(await suite.store().isSubjectStopped(issuer, subject, now), true);
      const cleared = { registrationId: registration.id, endsAt: null, now, audit: [] };
      assertOneWinner(await race(() => jobs().setEndDate(cleared)), true);
      assertSame(await reread(suite.store(), registration), { ...registration, endsAt: null });
      assert.equal(await suite.store().isSubjectStopped(issuer, subject, now), false);
    });

    suite.it("answers false to a revoked or unknown registration, and changes nothing", async () => {
      const registration = await store(suite.store(), revoked);
      const audit = [eventOf(registration, "registration.end_date_set")];
      for (const registrationId of [registration.id, "reg_of_nobody"]) {
        const call = () => jobs().setEndDate({ registrationId, endsAt: now, now, audit });
        assert.equal(await withoutEffect(suite.store(), { registrations: [registration] }, call), false);
      }
    });
  });

  suite.describe("unlinkDelegation", () => {
    const unlink = ({ issuer, subject }: { issuer: string; subject: string }) =>
      jobs().unlinkDelegation({
        issuer,
        subject,
        now,
        audit: [anAuditEvent({ type: "delegation.deleted" })],
      });

    suite.it(
      "clears the link and raises the version, once in a crowd, and ends no registration",
      async () => {
        const terms = aLink();
        await linkPerson(suite.store(), terms);
        const { issuer, subject } = terms;
        const before = await suite.store().findRegistrationBySubject(issuer, subject);
        const row = await suite.store().findDelegation(issuer, subject);
        assertOneWinner(await race(() => unlink(terms)), true);
        const cleared = { userId: null, scopeCeiling: null, linkedAt: null, revokedAt: now };
        const expected = { ...row, ...cleared, version: (row?.version ?? 0) + 1 };
        assertSame(await suite.store().findDelegation(issuer, subject), expected);
        assertSame(await suite.store().findRegistrationBySubject(issuer, subject), before);
        const deleted = await suite.store().listAudit({ type: "delegation.deleted", limit: 100 });
        assert.equal(deleted.length, 1);
      },
    );

    suite.it("makes what was read before worthless", async () => {
      const terms = await linkPerson(suite.store(), aLink());
      await unlink(terms);
      const late = { ...terms, issuedAt: now + 1 };
      assert.equal((await suite.store().admitByIdJag(admission(late))).outcome, "revoked");
    });

    suite.it("answers false where there is no link, and changes nothing", async () => {
      const terms = aLink();
      const call = () => unlink(terms);
      assert.equal(await withoutEffect(suite.store(), { pairs: [terms] }, call), false);
    });
  });

  suite.describe("retryMail", () => {
    const retry = (id: number) =>
      jobs().retryMail({ id, now, audit: [anAuditEvent({ type: "mail.retried", detail: { mailId: id } })] });
    const retried = async () => (await suite.store().listAudit({ type: "mail.retried", limit: 100 })).length;
    const failed = async () => {
      await suite.store().queueMail({ mail: aMail(), registrationId: null, now: someTime });
      const [mail] = await suite.store().leaseMail({ now: someTime, leaseUntil: now + 600, limit: 1 });
      assert.ok(mail);
      return mail;
    };

    suite.it("makes a failed mail due, once in a crowd, and notes who did", async () => {
      const { id, tries } = await failed();
      const outcome = { kind: "failed", failure: "refused" } as const;
      await suite.store().settleMail({ id, tries, outcome, now, audit: [] });
      assertOneWinner(await race(() => retry(id)), true);
      assert.equal(await retried(), 1);
      const [due] = await suite.store().leaseMail({ now, leaseUntil: now + 60, limit: 5 });
      assertSame([due?.id, due?.failedAt, due?.failure, due?.tries], [id, null, null, tries + 1]);
    });

    suite.it("leaves mail alone that waits, was sent or is unknown, and notes nothing", async () => {
      const { id, tries } = await failed();
      assert.equal(await retry(id), false);
      await suite
        .store()
        .settleMail({ id, tries, outcome: { kind: "sent", to: "alice@example.com" }, now, audit: [] });
      assert.equal(await retry(id), false);
      assert.equal(await retry(id + 1000), false);
      assertSame((await suite.store().findMail(id))?.sentAt, now);
      assert.equal(await retried(), 0);
    });
  });

  suite.describe("isJwtIdRemembered", () => {
    suite.it("looks without remembering", async () => {
      const id = { purpose: "id-jag", issuer: "https://a.example", jti: "one" } as const;
      assert.equal(await jobs().isJwtIdRemembered(id), false);
      assert.equal(await suite.store().rememberJwtId({ ...id, expiresAt: now }), true);
      assert.equal(await jobs().isJwtIdRemembered(id), true);
      assert.equal(await jobs().isJwtIdRemembered({ ...id, jti: "One" }), false);
      assert.equal(await jobs().isJwtIdRemembered({ ...id, issuer: "https://b.example" }), false);
    });
  });
}
