/** The way out by itself: encryption, login, deadlines, and what a failure is called. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { OptionsError } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import { createTransport } from "nodemailer";
import { MailFailure } from "../../src/ports.js";
import { createMailer, type MailerOptions } from "../../src/system/smtp-mailer.js";
import { mailServer, onlyMail, silentServer } from "../support/mail-server.js";
import { mailWorld, sender } from "../support/mail-world.js";
import { closeAfterTest, temporaryFolder } from "../support/stages.js";
import { register } from "../support/world.js";

const timeouts = { connection: 200, greeting: 200, socket: 200, send: 1_000 };
const mail = {
  to: "alice@example.com",
  subject: "Subject",
  text: "Text",
  html: "<p>HTML</p>",
  messageId: "<mail-1@notes.example>",
  headers: { "Auto-Submitted": "auto-generated" },
};

function mailer(options: Omit<MailerOptions, "from">) {
  const opened = createMailer({ from: sender, ...options });
  closeAfterTest(() => opened.close());
  return opened;
}

/** What sending fails with, and after how long. */
async function failure(options: Omit<MailerOptions, "from">) {
  const before = performance.now();
  const error = await mailer(options)
    .send(mail)
    .catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(MailFailure);
  const { reason, isPermanent, message, cause } = error as MailFailure;
  // The words of the server stay out: they quote addresses.
  expect([message, cause]).toEqual([`The mail was not accepted: ${reason}.`, undefined]);
  return { reason, isPermanent, milliseconds: performance.now() - before };
}

/** A server with the self-signed certificate that smtp-server brings along. */
const encrypted = () => mailServer({ disabledCommands: [] });
const trusting = (port: number, more: object = {}) =>
  createTransport({ host: "127.0.0.1", port, requireTLS: true, tls: { rejectUnauthorized: false }, ...more });

describe("encryption", () => {
  test("is not asked of a server on this computer", async () => {
    const server = await encrypted();
    await mailer({ smtp: server.url }).send(mail);
    expect(onlyMail(server).isEncrypted).toBe(false);
  });

  test("that is required and not offered: nothing is sent, not even the sender", async () => {
    const server = await mailServer();
    expect(await failure({ smtp: server.url, requireTls: true })).toMatchObject({
      reason: "tls",
      isPermanent: false,
    });
    expect([server.asked, server.mails]).toEqual([[], []]);
  });

  test("with a certificate nobody vouches for: nothing is sent", async () => {
    const server = await encrypted();
    const { port } = server;
    for (const requireTls of [true, undefined])
      for (const smtp of [`smtp://localhost:${port}`, `smtps://127.0.0.1:${port}`]) {
        if (requireTls === undefined && smtp.startsWith("smtp:")) continue;
        expect(await failure({ smtp, requireTls, timeouts })).toMatchObject({ isPermanent: false });
      }
    expect(await failure({ smtp: server.url, requireTls: true })).toMatchObject({ reason: "tls" });
    const smtps = await mailServer({ secure: true });
    expect(await failure({ smtp: `smtps://127.0.0.1:${smtps.port}` })).toMatchObject({ reason: "tls" });
    expect([server.mails, smtps.mails, server.asked, smtps.asked]).toEqual([[], [], [], []]);
  });

  test("is up to the transport, where the host brings one", async () => {
    const server = await encrypted();
    await mailer({ transport: trusting(server.port) }).send(mail);
    expect(onlyMail(server).isEncrypted).toBe(true);
    const { port } = server;
    const strict = createTransport({ host: "127.0.0.1", port, requireTLS: true });
    expect(await failure({ transport: strict })).toMatchObject({ reason: "tls" });
  });
});

describe("a login", () => {
  const guarded = () =>
    mailServer({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth({ username, password }, _session, done) {
        const isRight = username === "notes@example" && password === "p@ss:word/%";
        if (isRight) done(null, { user: username });
        else done(new Error(`Invalid login for ${username}`));
      },
    });
  const withLogin = (url: string, login: string) => url.replace("//", `//${login}@`);

  test("is taken from the URL, percent-encoded", async () => {
    const server = await guarded();
    await mailer({ smtp: withLogin(server.url, "notes%40example:p%40ss%3Aword%2F%25") }).send(mail);
    expect(onlyMail(server).user).toBe("notes@example");
  });

  test.each([
    ["that is wrong", "notes%40example:wrong"],
    ["without a password", "notes%40example"],
    ["that is missing", null],
  ])("%s is the service's fault, not the person's: the mail waits", async (_title, login) => {
    const server = await guarded();
    const smtp = login === null ? server.url : withLogin(server.url, login);
    expect(await failure({ smtp })).toMatchObject({ reason: "authentication", isPermanent: false });
    expect(server.asked).toEqual([]);
  });
});

describe("a server that does not answer", () => {
  const speaking =
    (...lines: string[]) =>
    () =>
      silentServer((socket) => {
        const say = () => {
          const line = lines.shift();
          if (line !== undefined) socket.write(line);
        };
        socket.on("data", say);
        say();
      });
  const silences: [string, () => Promise<number>][] = [
    ["at all", () => silentServer()],
    ["to EHLO", speaking("220 mail.example ESMTP\r\n")],
    ["to the sender", speaking("220 mail.example ESMTP\r\n", "250 mail.example\r\n")],
    [
      "to the message",
      speaking("220 m ESMTP\r\n", "250 m\r\n", "250 ok\r\n", "250 ok\r\n", "354 go ahead\r\n"),
    ],
  ];
  test.each(silences)("%s is given up in time", async (_title, listen) => {
    const result = await failure({ smtp: `smtp://127.0.0.1:${await listen()}`, timeouts });
    expect(result).toMatchObject({ reason: "timeout", isPermanent: false });
    expect(result.milliseconds).toBeLessThan(2_500);
  });

  test("but dribbles is given up in time as well, and the next mail gets a connection of its own", async () => {
    let connections = 0;
    const port = await silentServer((socket) => {
      connections += 1;
      socket.write("220-");
      const timer = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(timer));
    });
    const smtp = `smtp://127.0.0.1:${port}`;
    const opened = mailer({
      smtp,
      timeouts: { connection: 9_000, greeting: 9_000, socket: 9_000, send: 300 },
    });
    for (let count = 0; count < 7; count += 1) {
      const sending = opened.send(mail);
      await expect(sending).rejects.toMatchObject({ reason: "timeout", isPermanent: false });
    }
    expect(connections).toBe(7);
  });

  test("is dropped when the mailer is closed, whoever's transport it is", async () => {
    for (const ours of [true, false]) {
      const port = await silentServer();
      const smtp = `smtp://127.0.0.1:${port}`;
      const opened = mailer(ours ? { smtp } : { transport: createTransport({ host: "127.0.0.1", port }) });
      const sending = opened.send(mail);
      const noted = expect(sending).rejects.toMatchObject({ reason: "closed", isPermanent: false });
      opened.close();
      await noted;
      await expect(opened.send(mail)).rejects.toMatchObject({ reason: "closed" });
    }
  });
});

describe("other failures", () => {
  test("nobody listens", async () => {
    const { url, close } = await mailServer();
    const smtp = `${url}`;
    await close();
    expect(await failure({ smtp })).toMatchObject({ reason: "connection", isPermanent: false });
  });

  test("the server turns us away at the door", async () => {
    const port = await silentServer((socket) => socket.end("554 5.7.1 not you\r\n"));
    expect(await failure({ smtp: `smtp://127.0.0.1:${port}` })).toMatchObject({
      reason: "connection",
      isPermanent: false,
    });
  });

  test("the server wants a login of a sender", async () => {
    const server = await mailServer({
      onMailFrom: (_address, _session, done) =>
        done(Object.assign(new Error("5.7.0 Authentication required"), { responseCode: 530 })),
    });
    expect(await failure({ smtp: server.url })).toMatchObject({
      reason: "authentication",
      isPermanent: false,
    });
  });

  test("a transport of the host's that throws something else", async () => {
    const transport = { sendMail: () => Promise.reject(new Error("quota of alice@example.com")) };
    expect(await failure({ transport })).toMatchObject({ reason: "connection", isPermanent: false });
  });
});

describe("what is sent", () => {
  test("stays on its line in every header, and reads no file", async () => {
    const file = join(temporaryFolder(), "secret.txt");
    writeFileSync(file, "a secret file");
    const server = await mailServer();
    await mailer({ smtp: server.url }).send({
      ...mail,
      subject: "One\r\nBcc: eve@example.com\u2028Two",
      messageId: "<one@notes.example>\r\nX-Evil: yes",
      headers: { "List-Unsubscribe": "<https://notes.example/>\r\nX-Evil: yes", "X-A\r\nX-Evil": "yes" },
      text: `file://${file}`,
      html: `<img src="file://${file}"><a href="${file}">a</a>`,
    });
    const { parsed, raw, to } = onlyMail(server);
    expect(to).toEqual(["alice@example.com"]);
    expect(parsed.subject).toBe("One Bcc: eve@example.com Two");
    expect(parsed.headers.has("x-evil")).toBe(false);
    expect(raw).not.toContain("a secret file");
    const reading = { ...mail, text: { path: file } } as unknown as typeof mail;
    await expect(mailer({ smtp: server.url }).send(reading)).rejects.toBeInstanceOf(MailFailure);
    expect(server.mails).toHaveLength(1);
  });

  test("goes out through a transport of the host's from our sender", async () => {
    const server = await mailServer();
    const stage = await mailWorld({
      server,
      mail: { transport: createTransport(server.url.concat("/?ignoreTLS=true")) },
    });
    await register.serviceAuth(stage);
    await stage.deliver();
    expect(onlyMail(server).from).toBe("no-reply@notes.example");
  });
});

test.each([
  "smtp://mail.example.com?tls.rejectUnauthorized=false",
  "smtp://mail.example.com/path",
  "smtp://mail.example.com#fragment",
  "smtp://user:%zz@mail.example.com",
  "smtp://",
  "http://mail.example.com",
])("a server named like %s stops the start", async (smtp) => {
  await expect(mailWorld({ mail: { smtp } })).rejects.toBeInstanceOf(OptionsError);
  await expect(mailWorld({ mail: { smtp } })).rejects.toThrow(/mail\.smtp/);
});

test.each(["Notes", "@notes.example", "notes@"])(
  "a sender without an address stops the start: %s",
  async (from) => {
    await expect(mailWorld({ mail: { from } })).rejects.toThrow(/mail\.from: must hold an address/);
  },
);
