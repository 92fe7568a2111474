/** Owns the part of the contract about the outbox: a mail is with one sender at a time, settled once, opened once. */
import assert from "node:assert/strict";
import type { AuditEvent, QueuedMail } from "../../protocol/model.js";
import { aMail, anAuditEvent } from "../builders.js";
import { assertOneWinner, assertSame, now, race, type Suite } from "./suite.js";

const leaseUntil = now + 120;

/** Describes the verbs of mail. */
export function describeMail(suite: Suite): void {
  const queue = (overrides: Parameters<typeof aMail>[0] = {}, at = now) =>
    suite.store().queueMail({ mail: aMail(overrides), registrationId: null, now: at });
  const lease = (limit = 20, at = now) => suite.store().leaseMail({ now: at, leaseUntil: at + 120, limit });
  const settle = (
    { id, tries }: Pick<QueuedMail, "id" | "tries">,
    outcome: Parameters<ReturnType<Suite["store"]>["settleMail"]>[0]["outcome"],
    audit: AuditEvent[] = [],
  ) => suite.store().settleMail({ id, tries, outcome, now, audit });
  const leaseOne = async (): Promise<QueuedMail> => {
    await queue();
    const [mail] = await lease(1);
    assert.ok(mail);
    return mail;
  };
  /** Everything that waits, in the order it was queued. Takes it. */
  const waiting = () => lease(100, now + 1000);
  const found = async ({ id }: { id: number }): Promise<QueuedMail> => {
    const mail = await suite.store().findMail(id);
    assert.ok(mail);
    return mail;
  };

  suite.describe("queueMail and findMail", () => {
    suite.it("keep every field, unicode and nulls included, and number without gaps in meaning", async () => {
      const store = suite.store();
      const mail = aMail({ template: "manage_link", recipient: "jörg@exämple.com", userId: "user_ÿ" });
      await store.queueMail({ mail, registrationId: "reg_1", now });
      await store.queueMail({
        mail: aMail({ recipient: null, userId: "user_1" }),
        registrationId: null,
        now,
      });
      const [first, second] = await lease();
      assert.ok(first && second && second.id > first.id);
      assertSame(await found(first), {
        ...mail,
        ...{ id: first.id, registrationId: "reg_1", createdAt: now, nextTryAt: leaseUntil, tries: 1 },
        ...{ sentAt: null, failedAt: null, failure: null, linkUsedAt: null },
      });
      assertSame(
        [second.recipient, second.userId, second.attemptId, second.registrationId],
        [null, "user_1", null, null],
      );
      assertSame(await found(second), second);
      assert.equal(await store.findMail(second.id + 1), null);
    });

    suite.it("outlive a restart of a store that outlives its process", async () => {
      const mail = await leaseOne();
      const before = suite.store();
      const after = await suite.restarted();
      if (after !== before) assertSame(await after.findMail(mail.id), mail);
    });

    suite.it(
      "never give the number of a deleted mail to another one: its links would open that one's",
      async () => {
        const store = suite.store();
        const mail = await leaseOne();
        await settle(mail, { kind: "sent", to: "alice@example.com" });
        assert.equal(await store.deleteOldMail(now + 1, 10), 1);
        const next = await leaseOne();
        assert.ok(next.id > mail.id);
      },
    );
  });

  suite.describe("leaseMail", () => {
    suite.it(
      "takes what is due, the boundary second included, oldest first and at most as many as asked",
      async () => {
        await queue({ recipient: "late@example.com" }, now + 1);
        await queue({ recipient: "due@example.com" }, now);
        await queue({ recipient: "old@example.com" }, now - 9);
        const taken = [...(await lease(1)), ...(await lease(1)), ...(await lease(1))];
        assertSame(
          taken.map(({ recipient }) => recipient),
          ["old@example.com", "due@example.com"],
        );
        assert.ok(taken.every(({ tries, nextTryAt }) => tries === 1 && nextTryAt === leaseUntil));
      },
    );

    suite.it("gives a mail to one of a crowd", async () => {
      for (let count = 0; count < 30; count += 1) await queue();
      const taken = (await race(() => lease(3))).flat().map(({ id }) => id);
      assert.equal(taken.length, 30);
      assert.equal(new Set(taken).size, 30);
    });

    suite.it("gives it again when the lease is over, to one of a crowd, and not before", async () => {
      const mail = await leaseOne();
      assertSame(await lease(20, leaseUntil - 1), []);
      const again = (await race(() => lease(20, leaseUntil))).flat();
      assertSame(
        again.map(({ id, tries }) => [id, tries]),
        [[mail.id, 2]],
      );
    });
  });

  suite.describe("settleMail", () => {
    suite.it("ends a lease as sent, failed, or to be tried again, with its audit events", async () => {
      const event = anAuditEvent({ type: "mail.sent" });
      const sent = await leaseOne();
      assert.equal(await settle(sent, { kind: "sent", to: "alice@example.com" }, [event]), true);
      assertSame(await found(sent), { ...sent, sentAt: now });
      const toUser = { ...aMail(), recipient: null, userId: "user_alice" };
      await suite.store().queueMail({ mail: toUser, registrationId: null, now });
      const [noticed] = await lease();
      assert.ok(noticed);
      assert.equal(await settle(noticed, { kind: "sent", to: "alice@example.com" }), true);
      assertSame(await found(noticed), { ...noticed, sentAt: now, recipient: "alice@example.com" });
      const failed = await leaseOne();
      assert.equal(await settle(failed, { kind: "failed", failure: "refused" }), true);
      assertSame(await found(failed), { ...failed, failedAt: now, failure: "refused" });
      const later = await leaseOne();
      assert.equal(await settle(later, { kind: "retry", at: now + 15 }), true);
      assertSame(await found(later), { ...later, nextTryAt: now + 15 });
      assert.equal((await suite.store().listAudit({ type: "mail.sent", limit: 10 })).length, 1);
      assertSame(await lease(20, now + 14), []);
      assertSame(
        (await lease(20, now + 15)).map(({ id, tries }) => [id, tries]),
        [[later.id, 2]],
      );
    });

    suite.it("has one winner in a crowd, and one audit event", async () => {
      const mail = await leaseOne();
      const event = anAuditEvent({ type: "mail.sent" });
      const outcomes = [
        { kind: "sent", to: "alice@example.com" },
        { kind: "failed", failure: "refused" },
      ] as const;
      assertOneWinner(
        await race((caller) => settle(mail, outcomes[caller % 2] ?? outcomes[0], [event])),
        true,
      );
      assert.equal((await suite.store().listAudit({ type: "mail.sent", limit: 100 })).length, 1);
      const { sentAt, failedAt } = await found(mail);
      assert.equal([sentAt, failedAt].filter((at) => at === null).length, 1);
    });

    const outcomes = [
      { kind: "sent", to: "alice@example.com" },
      { kind: "failed", failure: "late" },
      { kind: "retry", at: now + 9 },
    ] as const;
    for (const outcome of outcomes)
      suite.it(
        `as ${outcome.kind} changes nothing for who has not the lease, and for what is settled`,
        async () => {
          const first = await leaseOne();
          const [second] = await lease(1, leaseUntil);
          assert.ok(second);
          const refuses = async (mail: QueuedMail) => {
            const before = await found(mail);
            assert.equal(
              await settle(mail, outcome, [anAuditEvent({ type: "mail.failed", mail: aMail() })]),
              false,
            );
            assertSame(await found(mail), before);
          };
          await refuses(first);
          await settle(second, { kind: "sent", to: "alice@example.com" });
          await refuses(second);
          await refuses({ ...second, tries: 3 });
          assert.equal(await settle({ ...second, id: second.id + 1 }, outcome), false);
          const failed = await leaseOne();
          await settle(failed, { kind: "failed", failure: "refused" });
          await refuses(failed);
          assertSame(await suite.store().listAudit({ type: "mail.failed", limit: 10 }), []);
          assertSame(await waiting(), []);
        },
      );
  });

  suite.describe("spendMailLink", () => {
    suite.it("has one winner in a crowd, whether the mail was sent or not", async () => {
      const mail = await leaseOne();
      const spend = () => suite.store().spendMailLink({ id: mail.id, now });
      assertOneWinner(await race(spend), true);
      assertSame(await found(mail), { ...mail, linkUsedAt: now });
      assert.equal(await suite.store().spendMailLink({ id: mail.id, now: now + 1 }), false);
      assert.equal((await found(mail)).linkUsedAt, now);
      assert.equal(await suite.store().spendMailLink({ id: mail.id + 1, now }), false);
    });
  });

  suite.describe("deleteOldMail", () => {
    suite.it(
      "deletes what is settled and was created before the moment, not in it, the oldest first",
      async () => {
        const store = suite.store();
        const created = [now - 1, now - 3, now - 2, now];
        for (const at of created) await queue({ recipient: `at-${at}@example.com` }, at);
        const mails = await lease();
        assert.equal(await store.deleteOldMail(now, 10), 0);
        for (const [index, mail] of mails.entries())
          await settle(
            mail,
            index % 2 === 0
              ? { kind: "sent", to: "alice@example.com" }
              : { kind: "failed", failure: "refused" },
          );
        assert.equal(await store.deleteOldMail(now, 2), 2);
        const left = await Promise.all(mails.map(({ id }) => store.findMail(id)));
        assertSame(left.flatMap((mail) => mail?.createdAt ?? []).sort(), [now - 1, now]);
        assert.equal(await store.deleteOldMail(now, 2), 1);
        assert.equal(await store.deleteOldMail(now, 2), 0);
      },
    );

    suite.it("never deletes what is to be tried again", async () => {
      const mail = await leaseOne();
      await settle(mail, { kind: "retry", at: now });
      assert.equal(await suite.store().deleteOldMail(now + 86_400 * 365, 10), 0);
      assert.ok(await suite.store().findMail(mail.id));
    });
  });
}
