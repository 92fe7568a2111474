/** Many senders on one outbox, and senders that die: every mail goes out, and once. */
import type { Store } from "@agent-auth/middleware";
import { type FixedClock, fixedClock } from "@agent-auth/middleware/testing";
import { describe, expect, test } from "@jest/globals";
import { StoreUnavailable } from "../../src/ports.js";
import type { TestDatabase } from "../support/database.js";
import { mailServer, onlyMail } from "../support/mail-server.js";
import { instances, mailWorld, outboxOf } from "../support/mail-world.js";
import { closeAfterTest, ownDatabase } from "../support/stages.js";

const leaseSeconds = 120;

function storesOn(database: TestDatabase, count: number): Store[] {
  return Array.from({ length: count }, () => {
    const { store } = database.open();
    closeAfterTest(() => store.close());
    return store;
  });
}

const addressOf = (index: number) => `person-${index}@example.com`;
const mailTo = (recipient: string, clock: FixedClock) => ({
  mail: { template: "manage_link" as const, recipient, userId: "usr_alice", attemptId: null },
  registrationId: null,
  now: clock.now(),
});

describe.each([
  ["one store", 1],
  ["two that share a database", 2],
])("twenty senders on %s", (_title, count) => {
  test("send each of many mails exactly once", async () => {
    const database = await ownDatabase();
    const stores = storesOn(database, count);
    const [first] = stores as [Store];
    const clock = fixedClock();
    const server = await mailServer();
    const many = await instances(20, stores, server, clock);
    for (let index = 0; index < 60; index += 1) await first.queueMail(mailTo(addressOf(index), clock));
    await Promise.all(many.map(({ auth }) => auth.sweep()));
    expect(server.recipients()).toEqual(Array.from({ length: 60 }, (_, index) => addressOf(index)).sort());
    const mails = await outboxOf(first, database);
    expect(mails.every(({ sentAt, tries }) => sentAt === clock.now() && tries === 1)).toBe(true);
    const audit = await first.listAudit({ type: "mail.sent", limit: 1000 });
    expect(new Set(audit.map(({ detail }) => detail.mailId)).size).toBe(60);
    expect(audit).toHaveLength(60);
  });
});

test("two senders that start at the same moment send one mail once", async () => {
  const stores = storesOn(await ownDatabase(), 2);
  const [first] = stores as [Store];
  const clock = fixedClock();
  const server = await mailServer();
  const both = await instances(2, stores, server, clock);
  await first.queueMail(mailTo(addressOf(1), clock));
  await Promise.all(both.map(({ auth }) => auth.sweep()));
  onlyMail(server);
});

describe("a sender that dies", () => {
  test("after it took a mail: another one sends it when the lease is over, and not before", async () => {
    const stage = await mailWorld();
    const { store, clock } = stage;
    await store.queueMail(mailTo(addressOf(1), clock));
    const taken = await store.leaseMail({
      now: clock.now(),
      leaseUntil: clock.now() + leaseSeconds,
      limit: 20,
    });
    expect(taken).toHaveLength(1);
    clock.advance(leaseSeconds - 1);
    await stage.deliver();
    expect(stage.server.mails).toEqual([]);
    clock.advance(1);
    await stage.deliver();
    onlyMail(stage.server);
    expect((await stage.outbox())[0]).toMatchObject({ tries: 2, sentAt: clock.now() });
    // And if it was only slow: it has nothing to say any more.
    const late = { id: 1, tries: 1, outcome: { kind: "failed", failure: "late" }, now: clock.now() } as const;
    expect(await store.settleMail({ ...late, audit: [] })).toBe(false);
    expect((await stage.outbox())[0]).toMatchObject({ failure: null });
  });

  test("after the server took a mail, before that was noted: it goes out again under the same Message-ID", async () => {
    const stage = await mailWorld();
    await stage.store.queueMail(mailTo(addressOf(1), stage.clock));
    stage.steps.before = (verb) => {
      if (verb === "settleMail") throw new StoreUnavailable("The database is locked.");
      return undefined;
    };
    await stage.deliver();
    stage.steps.before = () => undefined;
    expect(stage.logs).toContainEqual(
      expect.objectContaining({ level: "error", message: "it could not be noted how a mail went" }),
    );
    stage.clock.advance(leaseSeconds);
    await stage.deliver();
    const [one, other, ...more] = stage.server.mails.map(({ parsed }) => parsed.messageId);
    expect([other, more]).toEqual([one, []]);
    expect(await stage.audit("mail.sent")).toHaveLength(1);
  });

  test("or is overtaken while it sends: what it notes is not taken for the other's", async () => {
    const stage = await mailWorld();
    const { store, clock } = stage;
    await store.queueMail(mailTo(addressOf(1), clock));
    stage.server.onMessage = async () => {
      clock.advance(leaseSeconds);
      await store.leaseMail({ now: clock.now(), leaseUntil: clock.now() + leaseSeconds, limit: 1 });
      return { code: 554, text: "no" };
    };
    await stage.deliver();
    expect((await stage.outbox())[0]).toMatchObject({ tries: 2, failedAt: null, sentAt: null });
    expect(await stage.audit("mail.failed")).toEqual([]);
    expect(stage.logs.map(({ message }) => message)).toContain(
      "mail was taken over by another sender before it was noted how it went",
    );
  });
});

test("a database that is away costs a round, and nothing else", async () => {
  const stage = await mailWorld();
  await stage.store.queueMail(mailTo(addressOf(1), stage.clock));
  stage.steps.before = (verb) => {
    if (verb === "leaseMail") throw new StoreUnavailable("The database is locked.");
    return undefined;
  };
  await expect(stage.deliver()).resolves.toBeUndefined();
  expect(stage.logs).toContainEqual(
    expect.objectContaining({ level: "warn", message: "mail could not be fetched for sending" }),
  );
  stage.steps.before = () => undefined;
  await stage.deliver();
  onlyMail(stage.server);
});
