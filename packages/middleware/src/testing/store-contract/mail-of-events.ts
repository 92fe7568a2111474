/** Owns the part of the contract about mail that goes out because of something: it is queued in that step or not at all. */
import assert from "node:assert/strict";
import type { AuditEvent } from "../../protocol/model.js";
import { aLink, aMail, anAuditEvent, aRegistration, someTime } from "../builders.js";
import { admission, revocation } from "./identity-suite.js";
import {
  assertOneWinner,
  assertSame,
  auditOf,
  eventOf,
  now,
  openClaim,
  race,
  type Suite,
  store as storeRegistration,
} from "./suite.js";

/** Describes the mail of audit events. */
export function describeMailOfEvents(suite: Suite): void {
  /** Everything that waits, in the order it was queued. Takes it. */
  const waiting = () => suite.store().leaseMail({ now: now + 1000, leaseUntil: now + 1120, limit: 100 });

  suite.describe("the mail of an audit event", () => {
    suite.it("is queued with the event, for its registration, at its time", async () => {
      const registration = aRegistration();
      const mail = aMail({ recipient: "alice@example.com", attemptId: "att_1" });
      const event = { ...eventOf(registration, "claim.requested"), mail };
      await suite.store().createRegistration({ registration, attempt: null, audit: [event] });
      const [queued, ...more] = await waiting();
      assertSame(more, []);
      assertSame(
        { ...queued, id: null },
        {
          ...mail,
          ...{ id: null, registrationId: registration.id, createdAt: someTime, tries: 1 },
          ...{ nextTryAt: now + 1120, sentAt: null, failedAt: null, failure: null, linkUsedAt: null },
        },
      );
      const [told] = await suite.store().listAudit({ limit: 10 });
      assert.equal(told !== undefined && "mail" in told, false);
    });

    suite.it("is queued by appendAudit too", async () => {
      await suite.store().appendAudit([anAuditEvent({ mail: aMail() }), anAuditEvent()]);
      assert.equal((await waiting()).length, 1);
    });

    suite.it("is not queued by a verb that changes nothing, and once by a crowd", async () => {
      const { registration } = await openClaim(suite.store());
      const event = { ...eventOf(registration, "registration.revoked"), mail: aMail() };
      const end = (registrationId: string) =>
        suite.store().endRegistration({
          ...{ registrationId, as: "revoked" as const, actor: event.actor, reason: "abuse", now },
          audit: [event],
        });
      assert.equal(await end("reg_nobody"), false);
      assertSame(await waiting(), []);
      assertOneWinner(await race(() => end(registration.id)), true);
      assert.equal((await waiting()).length, 1);
    });

    suite.it(
      "is left out with an event that is left out, and keeps the id of the row that was found",
      async () => {
        const store = suite.store();
        const first = admission(aLink());
        await store.admitByIdJag({ ...first, audit: [] });
        const prepared = { ...first.registration, id: "reg_prepared", idJagIssuedAt: someTime + 1 };
        const linked = (type: AuditEvent["type"]) => ({
          ...eventOf(prepared, type),
          mail: aMail({ recipient: `${type}@example.com` }),
        });
        // Kept as it is: the person has no agent more than before.
        const terms = { ...first.terms, version: 1 };
        const events = ["registration.created", "assertion.issued", "delegation.created"] as const;
        const input = { ...first, terms, registration: prepared, audit: events.map(linked) };
        assert.equal((await store.admitByIdJag(input)).outcome, "admitted");
        assertSame(await auditOf(store, first.registration), ["assertion.issued"]);
        assertSame(await waiting(), []);

        // Revived: it has.
        const end = { registrationId: first.registration.id, as: "revoked" as const, reason: "abuse", now };
        await store.endRegistration({ ...end, actor: { kind: "system", id: null }, audit: [] });
        assert.equal((await store.admitByIdJag(input)).outcome, "admitted");
        assertSame(
          (await waiting()).map(({ recipient, registrationId }) => [recipient, registrationId]),
          [["assertion.issued@example.com", first.registration.id]],
        );
      },
    );

    suite.it("of a security event goes to the user of each registration that has one", async () => {
      const store = suite.store();
      const first = admission(aLink());
      await store.admitByIdJag({ ...first, audit: [] });
      const { issuer, subject, issuedAt } = first.terms;
      const carried = { issuer, subject, idJagIssuedAt: issuedAt };
      const other = await storeRegistration(store, { ...carried, userId: "user_bob", claimedAt: someTime });
      const nobodys = await storeRegistration(store, carried);
      const mail = aMail({ template: "agent_revoked", recipient: null });
      const told = revocation(first.terms, {
        registrationEvent: anAuditEvent({ type: "registration.revoked", mail }),
      });
      assertSame(await store.applySecurityEvent(told), { first: true, registrations: 3 });
      assertSame(await store.applySecurityEvent(told), { first: false, registrations: 0 });
      const queued = await waiting();
      assertSame(
        queued
          .map(({ userId, registrationId, template }) => [template, userId, registrationId])
          .sort((one, next) => String(one).localeCompare(String(next))),
        [
          ["agent_revoked", first.registration.userId, first.registration.id],
          ["agent_revoked", "user_bob", other.id],
        ].sort((one, next) => String(one).localeCompare(String(next))),
      );
      assertSame(await auditOf(store, nobodys), ["registration.revoked"]);
    });
  });
}
