/** What happens to a mail that the server does not take at once. The server is real; time moves by hand. */
import { describe, expect, test } from "@jest/globals";
import { mailServer, onlyMail, silentServer } from "../support/mail-server.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import { register, startClaim } from "../support/world.js";

const day = 86_400;
const later = { code: 451, text: "4.7.1 <alice@example.com>: greylisted, try again later" };

/** Queues a mail that stays true, so that only its way out decides. */
const queue = (stage: MailWorld, recipient = "alice@example.com") =>
  stage.store.queueMail({
    mail: { template: "manage_link", recipient, userId: "usr_alice", attemptId: null },
    registrationId: "reg_1",
    now: stage.clock.now(),
  });

async function theMail(stage: MailWorld) {
  const mails = await stage.outbox();
  expect(mails).toHaveLength(1);
  return mails[0] as NonNullable<(typeof mails)[0]>;
}

const told = async (stage: MailWorld) =>
  [...(await stage.audit("mail.sent")), ...(await stage.audit("mail.failed"))].map((row) => [
    row.type,
    row.registration_id,
    JSON.parse(String(row.detail)),
  ]);

/** Moves to the next try of the only mail and makes it; returns how long that was. */
async function nextTry(stage: MailWorld): Promise<number> {
  const wait = (await theMail(stage)).nextTryAt - stage.clock.now();
  stage.clock.advance(wait - 1);
  const { tries } = await theMail(stage);
  await stage.deliver();
  expect((await theMail(stage)).tries).toBe(tries);
  stage.clock.advance(1);
  await stage.deliver();
  return wait;
}

async function expectDiscreet({ logs, audit }: MailWorld): Promise<void> {
  expect(JSON.stringify([logs, await audit()])).not.toMatch(/@example|https?:\/\/notes|cm[lmd]_/);
}

describe("a mail that is accepted", () => {
  test("is noted as sent, with its tries, and never sent again", async () => {
    const stage = await mailWorld();
    await queue(stage);
    await stage.deliver();
    await stage.deliver();
    onlyMail(stage.server);
    expect(await theMail(stage)).toMatchObject({ tries: 1, sentAt: stage.clock.now(), failure: null });
    expect(await told(stage)).toEqual([
      ["mail.sent", "reg_1", { template: "manage_link", mailId: 1, tries: 1 }],
    ]);
    await expectDiscreet(stage);
  });

  test("goes out by itself soon after it was committed, without a timer and without holding up the request", async () => {
    const stage = await mailWorld();
    await register.serviceAuth(stage);
    for (let turn = 0; turn < 2000 && stage.server.mails.length === 0; turn += 1)
      await new Promise((resolve) => setTimeout(resolve, 5));
    onlyMail(stage.server);
  });

  test("does not wait for the others of its round: all that is due goes out, more than a batch", async () => {
    const stage = await mailWorld();
    for (let count = 0; count < 45; count += 1) await queue(stage, `person-${count}@example.com`);
    await stage.deliver();
    expect(new Set(stage.server.recipients()).size).toBe(45);
    expect(stage.server.connections).toBeLessThanOrEqual(5);
  });
});

test("timers send what is due, where they are on", async () => {
  const stage = await mailWorld({ options: { backgroundWork: true } });
  await queue(stage);
  while (stage.server.mails.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  onlyMail(stage.server);
});

describe("a recipient the server refuses", () => {
  test.each([550, 552, 553, 554])("with %i is given up at once", async (code) => {
    const stage = await mailWorld();
    stage.server.onRecipient = () => ({ code, text: "5.1.1 <alice@example.com>: no such user" });
    await queue(stage);
    await stage.deliver();
    expect(await theMail(stage)).toMatchObject({ tries: 1, sentAt: null, failure: "refused" });
    expect(await told(stage)).toEqual([
      ["mail.failed", "reg_1", { template: "manage_link", mailId: 1, reason: "refused" }],
    ]);
    stage.clock.advance(day);
    await stage.deliver();
    expect(stage.server.asked).toHaveLength(1);
    await expectDiscreet(stage);
  });

  test("does not keep the others from their mail, and never fails the request", async () => {
    const stage = await mailWorld();
    stage.server.onRecipient = (address) => (address.startsWith("alice") ? { code: 550, text: "no" } : null);
    const answers = [await register.serviceAuth(stage)];
    answers.push(await register.serviceAuth(stage, { login_hint: "bob@example.com" }));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    await stage.deliver();
    expect(stage.server.recipients()).toEqual(["bob@example.com"]);
  });

  test("after the message, with 554, is given up as well", async () => {
    const stage = await mailWorld();
    stage.server.onMessage = () => ({ code: 554, text: "5.7.1 looks like spam" });
    await queue(stage);
    await stage.deliver();
    expect(await theMail(stage)).toMatchObject({ failure: "refused" });
  });
});

describe("a server that puts off", () => {
  test("with 451 gets the mail again, after longer and longer pauses, once it takes it", async () => {
    const stage = await mailWorld();
    stage.server.onRecipient = () => later;
    await queue(stage);
    await stage.deliver();
    const pauses: number[] = [];
    for (let tries = 0; tries < 10; tries += 1) pauses.push(await nextTry(stage));
    const least = [15, 30, 60, 120, 300, 600, 1200, 2400, 3600, 3600];
    pauses.forEach((pause, index) => {
      expect(pause).toBeGreaterThanOrEqual(least[index] as number);
      expect(pause).toBeLessThanOrEqual((least[index] as number) * 1.2);
    });
    expect(await told(stage)).toEqual([]);
    stage.server.onRecipient = () => null;
    await nextTry(stage);
    onlyMail(stage.server);
    expect(await told(stage)).toEqual([
      ["mail.sent", "reg_1", { template: "manage_link", mailId: 1, tries: 12 }],
    ]);
    await expectDiscreet(stage);
    expect(stage.logs.filter(({ fields }) => "reason" in fields).map(({ fields }) => fields)).toContainEqual({
      mailId: 1,
      template: "manage_link",
      tries: 1,
      reason: "deferred",
    });
  });

  test("after the message, with 452, gets the same mail under the same Message-ID", async () => {
    const stage = await mailWorld();
    stage.server.onMessage = (tries) => (tries === 1 ? { code: 452, text: "full" } : null);
    await queue(stage);
    await stage.deliver();
    await nextTry(stage);
    expect(onlyMail(stage.server).parsed.messageId).toBe("<mail-1-1767225600@notes.example>");
  });

  test("still delivers a claim link within the life of the attempt", async () => {
    const stage = await mailWorld();
    stage.server.onRecipient = () => (stage.server.asked.length < 4 ? later : null);
    await register.serviceAuth(stage);
    await stage.deliver();
    while ((await theMail(stage)).sentAt === null) await nextTry(stage);
    expect(stage.clock.now() - 1_767_225_600).toBeLessThan(150);
    onlyMail(stage.server);
  });
});

describe("a connection that breaks", () => {
  test("in the middle of the message: the mail is sent again, and delivered once", async () => {
    const stage = await mailWorld();
    stage.server.dropsMidway = 2;
    await queue(stage);
    await stage.deliver();
    expect(await theMail(stage)).toMatchObject({ tries: 1, sentAt: null, failedAt: null });
    await nextTry(stage);
    await nextTry(stage);
    onlyMail(stage.server);
    await stage.deliver();
    expect(await told(stage)).toEqual([
      ["mail.sent", "reg_1", { template: "manage_link", mailId: 1, tries: 3 }],
    ]);
  });

  test("before the message is acknowledged: it counts as not sent", async () => {
    const stage = await mailWorld();
    stage.server.onMessage = (tries) => (tries === 1 ? "drop" : null);
    await queue(stage);
    await stage.deliver();
    expect(await theMail(stage)).toMatchObject({ sentAt: null, failedAt: null });
    await nextTry(stage);
    onlyMail(stage.server);
  });

  test("while nothing is under way: the next mail finds a new one", async () => {
    const stage = await mailWorld();
    await queue(stage);
    await stage.deliver();
    stage.server.drop();
    await queue(stage, "bob@example.com");
    await stage.deliver();
    if ((await stage.outbox())[1]?.sentAt === null) {
      stage.clock.advance(20);
      await stage.deliver();
    }
    expect(stage.server.recipients()).toEqual(["alice@example.com", "bob@example.com"]);
  });
});

describe("a server that is down", () => {
  test("for a day: the mail is given up, and the audit log says so", async () => {
    const server = await mailServer();
    const stage = await mailWorld({ server });
    await server.close();
    await queue(stage);
    await stage.deliver();
    let waited = 0;
    while ((await theMail(stage)).failedAt === null) waited += await nextTry(stage);
    expect(waited).toBeGreaterThanOrEqual(day);
    expect(waited).toBeLessThan(day + 3600 * 1.2);
    expect(await theMail(stage)).toMatchObject({ failure: "given_up", sentAt: null });
    expect(await told(stage)).toEqual([
      ["mail.failed", "reg_1", { template: "manage_link", mailId: 1, reason: "given_up" }],
    ]);
    const { tries } = await theMail(stage);
    stage.clock.advance(day);
    await stage.deliver();
    expect((await theMail(stage)).tries).toBe(tries);
    await expectDiscreet(stage);
  });

  test("never fails a request, nor a sweep", async () => {
    const server = await mailServer();
    const stage = await mailWorld({ server });
    await server.close();
    const { status, body } = await register.serviceAuth(stage);
    expect(status).toBe(200);
    expect((await startClaim(stage, body.claim_token)).status).toBe(200);
    await expect(stage.deliver()).resolves.toBeUndefined();
  });
});

describe("closing", () => {
  /** How the outbox stood when the database was closed. */
  function outboxAtClose(stage: MailWorld): { mails: Awaited<ReturnType<MailWorld["outbox"]>> } {
    const seen: { mails: Awaited<ReturnType<MailWorld["outbox"]>> } = { mails: [] };
    const { store } = stage;
    const close = store.close.bind(store);
    store.close = async () => {
      if (seen.mails.length === 0) seen.mails = await stage.outbox();
      await close();
    };
    return seen;
  }
  const underWay = async (isSo: () => boolean) => {
    while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  test("waits for the mail under way, and says that it was sent", async () => {
    const stage = await mailWorld();
    const seen = outboxAtClose(stage);
    await register.serviceAuth(stage);
    await underWay(() => stage.server.connections > 0);
    await stage.auth.close();
    onlyMail(stage.server);
    expect(seen.mails).toMatchObject([{ tries: 1, sentAt: stage.clock.now() }]);
  });

  test("cuts off a server that does not answer, and leaves the mail to the next instance", async () => {
    let isAsked = false;
    const port = await silentServer((socket) => {
      socket.write("220 slow.example ESMTP\r\n");
      socket.on("data", (data) => {
        isAsked = true;
        if (/^EHLO/.test(`${data}`)) socket.write("250 slow.example\r\n");
      });
    });
    const stage = await mailWorld({ mail: { smtp: `smtp://127.0.0.1:${port}` } });
    const seen = outboxAtClose(stage);
    for (let count = 0; count < 8; count += 1) await queue(stage, `person-${count}@example.com`);
    await register.serviceAuth(stage);
    await underWay(() => isAsked);
    const before = performance.now();
    await stage.auth.close();
    expect(performance.now() - before).toBeLessThan(9_000);
    expect(seen.mails).toHaveLength(9);
    for (const { sentAt, failedAt, tries, nextTryAt } of seen.mails) {
      expect([sentAt, failedAt, tries]).toEqual([null, null, 1]);
      // Not the end of the lease: whoever comes next need not wait for that, be it for one that was begun or not.
      expect(nextTryAt - stage.clock.now()).toBeLessThanOrEqual(18);
    }
    expect(seen.mails.some(({ nextTryAt }) => nextTryAt === stage.clock.now())).toBe(true);
    expect(stage.logs.filter(({ message }) => message.includes("could not be noted"))).toEqual([]);
  });
});

test("settled mail is deleted after thirty days, mail that waits is not", async () => {
  const stage = await mailWorld();
  await queue(stage);
  stage.server.onRecipient = (address) => (address === "bob@example.com" ? { code: 550, text: "no" } : null);
  await queue(stage, "bob@example.com");
  await stage.deliver();
  stage.clock.advance(30 * day);
  await stage.deliver();
  expect(await stage.outbox()).toHaveLength(2);
  stage.clock.advance(1);
  await stage.deliver();
  expect([await stage.store.findMail(1), await stage.store.findMail(2)]).toEqual([null, null]);
  await queue(stage);
  expect((await stage.store.findMail(3))?.template).toBe("manage_link");
});
