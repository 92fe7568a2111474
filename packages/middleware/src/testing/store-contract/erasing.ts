/** Owns the part of the contract about erasing a person: nothing of them is left, and everything of others is. */
import assert from "node:assert/strict";
import type { AuditEvent } from "../../protocol/model.js";
import { aLink, aMail, anAttempt, anAuditEvent, aRegistration, someTime } from "../builders.js";
import { linkPerson } from "./identity-suite.js";
import { assertSame, now, openClaim, race, type Suite, store as storeRegistration } from "./suite.js";

const alice = { userId: "user_alice", addresses: ["alice@example.com"] };
const erased = [anAuditEvent({ type: "person.erased", actor: { kind: "operator", id: "op_1" } })];

/** Describes erasePerson. */
export function describeErasing(suite: Suite): void {
  const erase = (limit = 100) => suite.store().erasePerson({ ...alice, limit, audit: erased });
  /** The whole audit log as text, in which no trace of a person may be. */
  const log = async () => JSON.stringify(await suite.store().listAudit({ limit: 1000 }));
  const claimed = (userId: string) => storeRegistration(suite.store(), { userId, claimedAt: someTime });

  suite.describe("erasePerson", () => {
    suite.it("deletes the person's registrations, links and mail, and nothing of anybody else", async () => {
      const store = suite.store();
      const link = aLink({ userId: alice.userId });
      const bobs = aLink({ userId: "user_bob" });
      for (const terms of [link, bobs]) {
        const { issuer, subject, userId } = terms;
        const person = { issuer, subject, userId, claimedAt: now, claimTokenHash: null };
        const registration = aRegistration({ kind: "identity_assertion", ...person });
        await store.admitByIdJag({ terms, link: true, registration, now, audit: [] });
      }
      const [hers, his] = [await claimed(alice.userId), await claimed("user_bob")];
      await store.queueMail({ mail: aMail(), registrationId: null, now });
      await store.queueMail({
        mail: aMail({ recipient: null, userId: alice.userId }),
        registrationId: null,
        now,
      });
      await store.queueMail({ mail: aMail({ recipient: "bob@example.com" }), registrationId: his.id, now });
      assert.equal(await erase(), true);
      assert.equal(await store.findRegistration(hers.id), null);
      assert.equal(await store.findDelegation(link.issuer, link.subject), null);
      assert.equal(await store.findRegistrationBySubject(link.issuer, link.subject), null);
      assertSame(await store.findRegistration(his.id), his);
      assert.equal((await store.findDelegation(bobs.issuer, bobs.subject))?.userId, "user_bob");
      const mail = await store.leaseMail({ now, leaseUntil: now + 60, limit: 10 });
      assertSame(
        mail.map(({ recipient }) => recipient),
        ["bob@example.com"],
      );
    });

    suite.it("takes ids, subjects and addresses out of the audit log, and leaves what happened", async () => {
      const store = suite.store();
      const { id } = await claimed(alice.userId);
      const other = await claimed("user_bob");
      const bob = { userId: "user_bob", sub: "subject_of_bob" };
      const link = aLink({ userId: alice.userId, subject: "subject_of_alice" });
      const person = { issuer: link.issuer, subject: link.subject, userId: alice.userId, claimedAt: now };
      const registration = aRegistration({ kind: "identity_assertion", claimTokenHash: null, ...person });
      await store.admitByIdJag({ terms: link, link: true, registration, now, audit: [] });
      const ip = "203.0.113.7";
      const event = (fields: Partial<AuditEvent>) => anAuditEvent({ ip, ...fields });
      const detail = { reason: "kept", userId: alice.userId, sub: link.subject, iss: link.issuer };
      await store.appendAudit([
        event({
          type: "claim.confirmed",
          registrationId: id,
          actor: { kind: "user", id: alice.userId },
          detail,
        }),
        event({ type: "claim.denied", registrationId: other.id, actor: { kind: "user", id: alice.userId } }),
        event({ type: "event.received", actor: { kind: "provider", id: link.issuer }, detail }),
        event({ type: "delegation.deleted", actor: { kind: "operator", id: "op_1" }, detail }),
      ]);
      await store.appendAudit([
        event({
          type: "claim.confirmed",
          registrationId: other.id,
          actor: { kind: "user", id: bob.userId },
          detail: bob,
        }),
      ]);
      const filtered = (type: AuditEvent["type"], filter: object) =>
        anAuditEvent({ type, detail: { filter: JSON.stringify(filter) } });
      await store.appendAudit([
        filtered("job.started", { userId: alice.userId }),
        filtered("data.exported", { userId: alice.userId }),
        filtered("data.exported", { actorId: alice.userId }),
        filtered("data.exported", { actorId: bob.userId }),
      ]);
      assert.equal(await erase(), true);
      const text = await log();
      for (const trace of [alice.userId, link.subject])
        assert.ok(!text.includes(trace), `${trace} in ${text}`);
      assert.ok(text.includes(bob.userId) && text.includes(bob.sub));
      const events = await store.listAudit({ limit: 100 });
      assertSame(
        events.map(({ type, ip: where }) => [type, where]),
        [
          ...["claim.confirmed", "claim.denied", "event.received", "delegation.deleted"].map((type) => [
            type,
            null,
          ]),
          ["claim.confirmed", ip],
          ["job.started", null],
          ...Array.from({ length: 3 }, () => ["data.exported", null]),
          ["person.erased", null],
        ],
      );
      assert.equal(events[0]?.detail.reason, "kept");
    });

    suite.it("deletes what was on its way to the person, and empties hints at their addresses", async () => {
      const store = suite.store();
      const pending = await openClaim(store);
      const { issuer, subject } = aLink();
      const carries = { kind: "identity_assertion", issuer, subject } as const;
      const stepUp = await openClaim(store, {
        registration: carries,
        attempt: { link: { ...aLink({ issuer, subject }), userId: alice.userId } },
      });
      const elsewhere = await openClaim(store, { attempt: { loginHint: "bob@example.com" } });
      assert.equal(await erase(), true);
      assert.equal((await store.findAttempt(pending.attempt.id))?.loginHint, "");
      assertSame(await store.findRegistration(pending.registration.id), pending.registration);
      assert.equal(await store.findRegistration(stepUp.registration.id), null);
      assert.equal(await store.findAttempt(stepUp.attempt.id), null);
      assertSame(await store.findAttempt(elsewhere.attempt.id), elsewhere.attempt);
    });

    suite.it(
      "keeps somebody else's agent the person once said yes to, without a word of the person",
      async () => {
        const store = suite.store();
        const attempt = anAttempt({
          confirmedAt: someTime,
          confirmedUserId: alice.userId,
          loginHint: "x@example.com",
        });
        const registration = aRegistration({ userId: "user_bob", claimedAt: now });
        attempt.registrationId = registration.id;
        await store.createRegistration({ registration, attempt, audit: [] });
        assert.equal(await erase(), true);
        assertSame(await store.findRegistration(registration.id), registration);
        assertSame(await store.findAttempt(attempt.id), { ...attempt, confirmedUserId: null });
      },
    );

    suite.it("goes on batch by batch, and tells of it once", async () => {
      const store = suite.store();
      await Promise.all(Array.from({ length: 5 }, () => claimed(alice.userId)));
      assertSame([await erase(2), await erase(2), await erase(2)], [false, false, true]);
      assertSame(await store.findRegistrationsByUser(alice.userId, 10), []);
      assert.equal((await store.listAudit({ type: "person.erased", limit: 10 })).length, 1);
    });

    suite.it("by many at once leaves nothing, and is told of once by each who came to the end", async () => {
      const store = suite.store();
      const claims = await Promise.all(
        Array.from({ length: 5 }, async () => {
          const { id } = await claimed(alice.userId);
          await store.queueMail({ mail: aMail(), registrationId: id, now });
          return id;
        }),
      );
      const terms = aLink({ userId: alice.userId });
      await linkPerson(store, terms);
      const his = await claimed("user_bob");
      const answers = await race(async () => {
        const steps = [await erase(2)];
        while (steps.at(-1) === false) steps.push(await erase(2));
        return steps;
      });
      const steps = answers.flat();
      // There are six, one of them by the link: two steps delete two each, and a last one deletes the rest.
      assert.equal(steps.filter((isDone) => !isDone).length, 2, `${answers.length} erasers: ${steps}`);
      const told = await store.listAudit({ type: "person.erased", limit: 1000 });
      assert.equal(told.length, steps.filter((isDone) => isDone).length);
      for (const id of claims) assert.equal(await store.findRegistration(id), null);
      assertSame(await store.findRegistrationsByUser(alice.userId, 10), []);
      assert.equal(await store.findDelegation(terms.issuer, terms.subject), null);
      assertSame(await store.leaseMail({ now, leaseUntil: now + 60, limit: 10 }), []);
      const text = await log();
      for (const trace of [alice.userId, terms.subject])
        assert.ok(!text.includes(trace), `${trace} in ${text}`);
      assertSame(await store.findRegistration(his.id), his);
    });
  });
}
