/** A mail the server refused for good, tried again by an operator. The server is real. */
import { beforeEach, expect, test } from "@jest/globals";
import { byOperator, operator } from "../support/admin-stage.js";
import { type ProviderWorld, providerWorld } from "../support/issuer-world.js";
import { type MailServer, mailServer, onlyMail } from "../support/mail-server.js";
import { sender } from "../support/mail-world.js";
import { register } from "../support/world.js";

let stage: ProviderWorld;
let server: MailServer;
let mailId: number;
beforeEach(async () => {
  server = await mailServer();
  server.onRecipient = () => ({ code: 550, text: "5.1.1 <alice@example.com>: no such mailbox" });
  stage = await providerWorld({ options: { mail: { smtp: server.url, from: sender } } });
  await register.serviceAuth(stage);
  await stage.auth.sweep();
  mailId = (await failed())[0]?.id ?? 0;
  expect(mailId).toBeGreaterThan(0);
});

const mailsIn = async (state: "failed" | "sent" | "waiting") =>
  (await stage.auth.admin.queries?.pageMail({ state }, { after: null, limit: 50 }))?.rows ?? [];
const failed = () => mailsIn("failed");
const retry = (id = mailId) => stage.auth.admin.retryMail(id, operator);
const about = async (type: string) =>
  (await stage.rows("audit_events"))
    .filter((row) => row.type === type)
    .map(({ detail, ...row }) => ({ ...row, detail: JSON.parse(String(detail)) }));

test("goes out once the server takes it, and the log says who tried again", async () => {
  server.onRecipient = () => null;
  expect(await retry()).toBe(true);
  await stage.auth.sweep();
  expect(onlyMail(server).to).toEqual(["alice@example.com"]);
  expect(await mailsIn("sent")).toMatchObject([{ id: mailId, failure: null, failedAt: null }]);
  const [{ id: registrationId }] = (await stage.rows("registrations")) as [{ id: string }];
  expect(await about("mail.retried")).toEqual([
    expect.objectContaining({
      ...byOperator,
      registration_id: registrationId,
      detail: { reason: operator.reason, template: "claim_link", mailId, failure: "refused" },
    }),
  ]);
  expect(JSON.stringify(await about("mail.retried"))).not.toContain("@example.com");
  expect(await retry()).toBe(false);
  expect(await about("mail.retried")).toHaveLength(1);
});

test("of twenty who try at once one does", async () => {
  server.onRecipient = () => null;
  const answers = await Promise.all(Array.from({ length: 20 }, () => retry()));
  expect(answers.filter(Boolean)).toHaveLength(1);
  await stage.auth.sweep();
  onlyMail(server);
  expect(await about("mail.retried")).toHaveLength(1);
});

test("is given up again by a server that still refuses, and can be tried again then", async () => {
  expect(await retry()).toBe(true);
  await stage.auth.sweep();
  expect(await failed()).toMatchObject([{ id: mailId, tries: 2, failure: "refused" }]);
  expect(await about("mail.failed")).toHaveLength(2);
  expect(await retry()).toBe(true);
  expect(await about("mail.retried")).toHaveLength(2);
});

test("nobody's mail is not tried again, nor noted", async () => {
  const before = await stage.snapshot();
  expect(await retry(mailId + 1000)).toBe(false);
  expect(await stage.snapshot()).toEqual(before);
});

test("an operator who was not asked for a reason leaves none", async () => {
  expect(await stage.auth.admin.retryMail(mailId, { ...operator, reason: " " })).toBe(true);
  const detail = { template: "claim_link", mailId, failure: "refused" };
  expect((await about("mail.retried"))[0]?.detail).toEqual(detail);
});
