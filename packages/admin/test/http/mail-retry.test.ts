/** Trying a failed mail again. The mail server is real: it refuses first, and accepts later. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type MailServer, mailServer, onlyMail } from "../../../middleware/test/support/mail-server.js";
import { wordsOf } from "../support/form.js";
import { type Stage, stage, Visitor } from "../support/stage.js";

const to = "alice@example.com";
let on: Stage;
let server: MailServer;
let olga: Visitor;
beforeEach(async () => {
  server = await mailServer();
  server.onRecipient = () => ({ code: 550, text: "5.1.1 no such mailbox" });
  on = await stage({ options: { mail: { smtp: server.url, from: "Notes <no-reply@notes.example>" } } });
  olga = new Visitor(on, "operator");
  await on.agent.post("/agent/identity").send({ type: "service_auth", login_hint: to }).expect(200);
  await on.auth.sweep();
  expect(server.asked).toEqual([to]);
});
afterEach(() => on.close());

const mail = async () =>
  (await on.auth.admin.queries?.pageMail({}, { after: null, limit: 5 }))?.rows[0] as { id: number };
const retried = async () =>
  (await on.auth.admin.queries?.pageAudit({ type: "mail.retried" }, { after: null, limit: 5 }))?.rows ?? [];
const press = async (by = olga) => {
  const [, action = ""] = /action="([^"]+\/retry)"/.exec((await by.get("/mail?state=failed")).text) ?? [];
  return by.post(action.slice(on.mount.length));
};

test("a mail the server refused goes out when it is tried again, and the log has who pressed the button", async () => {
  const page = await olga.get("/mail?state=failed");
  expect(page.text).toContain("Try again");
  expect(wordsOf(page.text)).toContain("refused");
  server.onRecipient = () => null;
  const reply = await press();
  expect(reply.status).toBe(303);
  const after = await olga.get((reply.headers.location as string).slice(on.mount.length));
  expect(after.text).toContain("The mail will be tried again within moments.");
  await on.auth.sweep();
  expect(onlyMail(server).to).toEqual([to]);
  expect(await mail()).toMatchObject({ failedAt: null, failure: null, sentAt: on.clock.now(), tries: 2 });
  expect(await retried()).toMatchObject([
    {
      actor: { kind: "operator", id: "op_operator" },
      registrationId: expect.stringMatching(/^reg_/),
      detail: { template: "claim_link", mailId: (await mail()).id, failure: "refused" },
    },
  ]);
  const log = wordsOf((await olga.get("/audit?type=mail.retried")).text);
  expect(log).toContain("Mail tried again");
  expect(log).toContain("op_operator");
  expect(log).not.toContain(to);
});

test("pressed twice, and by two at once, it is tried again once", async () => {
  server.onRecipient = () => null;
  const { id } = await mail();
  const otto = new Visitor(on, "admin");
  const [first, second] = await Promise.all([olga.post(`/mail/${id}/retry`), otto.post(`/mail/${id}/retry`)]);
  const third = await olga.post(`/mail/${id}/retry`);
  const said = [first, second, third].map(
    ({ headers }) => /message=(\w+)\./.exec(headers.location as string)?.[1],
  );
  expect(said.sort()).toEqual(["mail_retried", "unchanged", "unchanged"]);
  await on.auth.sweep();
  onlyMail(server);
  expect(await retried()).toHaveLength(1);
});

test("a viewer is offered no button, and a form posted by hand changes nothing", async () => {
  const viewer = new Visitor(on, "viewer");
  const { text } = await viewer.get("/mail?state=failed");
  expect(text).not.toContain("/retry");
  expect(text).not.toContain(to);
  const before = await mail();
  const csrf = await olga.csrf();
  const reply = await viewer.post(`/mail/${before.id}/retry`, { csrf });
  expect(reply.status).toBe(403);
  expect(reply.text).toContain("Your role does not allow this");
  expect(await mail()).toEqual(before);
  expect(await retried()).toEqual([]);
  expect((await press()).headers.location).toContain("message=mail_retried.");
});

test("one that is refused again can be tried again", async () => {
  await press();
  await on.auth.sweep();
  expect(await mail()).toMatchObject({ failure: "refused", tries: 2 });
  server.onRecipient = () => null;
  await press();
  await on.auth.sweep();
  onlyMail(server);
  expect(await retried()).toHaveLength(2);
});
