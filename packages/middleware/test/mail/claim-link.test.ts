/** The mail that brings a person the link to a claim (PROTOCOL section 4.3): who gets it, what it says, what it never says. */
import { describe, expect, test } from "@jest/globals";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { isMailLink, parseMailLink } from "../../src/protocol/mail-links.js";
import { claimWaiting, eventStage, steppedUp } from "../support/event-stage.js";
import { linksOf, onlyMail, readable } from "../support/mail-server.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import { type Response, register, startClaim, submitPage } from "../support/world.js";

const asksByHint = async (stage: MailWorld, body: object = {}) => {
  const { claim, claim_token: claimToken, id } = (await register.serviceAuth(stage, body)).body;
  return { id, claimToken, uri: claim.verification_uri, userCode: claim.user_code };
};
const startsClaim = async (stage: MailWorld, body: object = {}) => {
  const { claim_token: claimToken, id } = (await register.anonymous(stage, body)).body;
  const { claim_attempt: attempt } = (await startClaim(stage, claimToken)).body;
  return { id, claimToken, uri: attempt.verification_uri, userCode: attempt.user_code };
};
const ways = [
  ["an agent registers by hint", null, asksByHint],
  ["an anonymous agent starts a claim", null, startsClaim],
  ["an ID-JAG needs the owner's approval", "Example AI", (stage: MailWorld) => steppedUp(stage)],
  ["an ID-JAG wants an anonymous registration", "Example AI", (stage: MailWorld) => claimWaiting(stage)],
] as const;

describe.each(ways)("when %s", (_title, providerName, ask) => {
  test("the link reaches the person, in text and in HTML, with who asks and until when", async () => {
    const stage = await mailWorld();
    await ask(stage);
    await stage.deliver();
    const mail = onlyMail(stage.server);
    expect([mail.from, mail.to]).toEqual(["no-reply@notes.example", ["alice@example.com"]]);
    const { parsed } = mail;
    expect(parsed.from?.text).toBe('"Example Notes" <no-reply@notes.example>');
    expect(parsed.to).toMatchObject({ text: "alice@example.com" });
    expect(parsed.subject).toBe("An agent asks for access to Example Notes");
    expect([parsed.cc, parsed.bcc, parsed.attachments]).toEqual([undefined, undefined, []]);
    const facts = [
      "1 Jan 2026, 00:00 UTC",
      "The link works until 1 Jan 2026, 00:10 UTC.",
      "127.0.0.1",
      providerName === null ? "Nobody. The agent registered by itself." : providerName,
    ];
    const html = String(parsed.html).replace(/<\/?bdi>/g, "");
    for (const fact of facts) {
      expect(parsed.text).toContain(fact);
      expect(html).toContain(fact);
    }
    const [claimLink, denyLink, ...more] = linksOf(mail);
    expect(more).toEqual([]);
    for (const link of [claimLink, denyLink]) expect(parsed.text).toContain(`${link}`);
  });

  test("its links are those of this mail, and lead to the claim page", async () => {
    const stage = await mailWorld();
    await ask(stage);
    await stage.deliver();
    const [queued] = await stage.outbox();
    if (queued === undefined) throw new Error("nothing was queued");
    const keys = deriveKeys(["a secret for tests, thirty-two bytes or more"], "mail-link").map(
      ({ key }) => key,
    );
    const links = linksOf(onlyMail(stage.server));
    const secrets = ["claim_attempt_token", "not_me"].map((name, index) => {
      const link = links[index] as URL;
      expect(link.origin + link.pathname).toBe("https://notes.example/agent/claim");
      expect([...link.searchParams.keys()]).toEqual([name]);
      return parseMailLink(link.searchParams.get(name) ?? "");
    });
    expect(secrets.map((secret) => secret?.purpose)).toEqual(["claim", "deny"]);
    for (const secret of secrets) {
      expect(secret?.mailId).toBe(queued.id);
      expect(secret !== null && isMailLink(keys, secret, queued)).toBe(true);
    }
  });

  test("neither the code nor a link of the agent's is in it, nor in the outbox, the audit log or the log", async () => {
    const stage = await mailWorld();
    const { uri, userCode, claimToken } = await ask(stage);
    await stage.deliver();
    const mail = onlyMail(stage.server);
    const agentsToken = new URL(uri).searchParams.get("claim_attempt_token") as string;
    for (const secret of [userCode, agentsToken, claimToken])
      for (const place of [readable(mail), mail.raw]) expect(place).not.toContain(secret);
    const links = linksOf(mail).map((link) => [...link.searchParams.values()][0] as string);
    const kept = JSON.stringify([await stage.outbox(), await stage.audit(), stage.logs]);
    for (const secret of links) expect(kept).not.toContain(secret.slice(-43));
    expect(JSON.stringify([await stage.audit(), stage.logs])).not.toContain("alice@example.com");
  });
});

describe("the mail", () => {
  test("says in its headers what it is, one line each, and keeps its Message-ID", async () => {
    const stage = await mailWorld();
    await asksByHint(stage);
    await stage.deliver();
    const { parsed, raw } = onlyMail(stage.server);
    expect(parsed.messageId).toBe("<mail-1-1767225600@notes.example>");
    expect(parsed.headers.get("auto-submitted")).toBe("auto-generated");
    const [, denyLink] = linksOf(onlyMail(stage.server));
    expect(/^List-Unsubscribe:\s*(.*)$/im.exec(raw.replace(/\r\n[ \t]+/g, " "))?.[1]?.trim()).toBe(
      `<${denyLink}>`,
    );
  });

  test("loads nothing, tracks nothing and runs nothing", async () => {
    const stage = await mailWorld();
    await asksByHint(stage);
    await stage.deliver();
    const html = String(onlyMail(stage.server).parsed.html);
    expect(html).not.toMatch(/<img|<script|<link|<iframe|@import|url\(|\son[a-z]+=/i);
    expect([...html.matchAll(/https?:\/\/[^/"\s<]+/g)].map(([origin]) => origin)).toEqual(
      Array(3).fill("https://notes.example"),
    );
    expect(html).toContain('<meta name="color-scheme" content="light dark">');
    expect(html).toMatch(/^<!doctype html>/);
  });

  test("holds no word of the agent's, whatever it sends", async () => {
    const stage = await mailWorld();
    const words = "Evil\r\nBcc: eve@example.com\r\n\r\n<b>Call +1 555 0100</b> \u202Ekcab";
    await stage.agent
      .post("/agent/identity")
      .set("User-Agent", "evil-agent/6.6 call +1 555 0100")
      .send({ type: "service_auth", login_hint: "alice@example.com", client_name: words.slice(0, 100) });
    await stage.deliver();
    const mail = onlyMail(stage.server);
    for (const place of [readable(mail), mail.raw])
      for (const word of [/evil/i, /555 0/, /eve@/, /bcc:/i, /kcab/, /\u202E/])
        expect(place).not.toMatch(word);
    expect(mail.to).toEqual(["alice@example.com"]);
  });

  test("shows no address that is none, where a proxy passes on what a sender made up", async () => {
    const stage = await mailWorld();
    stage.app.set("trust proxy", true);
    await register.serviceAuth(stage).set("X-Forwarded-For", "call +1 555 0100");
    await register.serviceAuth(stage).set("X-Forwarded-For", "2001:0DB8::1%evil");
    await stage.deliver();
    const [first, second] = stage.server.mails.map(({ parsed }) => parsed.text);
    expect(first).toContain("Asked from: An unknown address");
    expect(first).not.toContain("555 0");
    expect(second).toContain("Asked from: 2001:db8::1\n");
  });

  test("keeps a name of the service, or a sender, that holds line breaks on its line", async () => {
    const stage = await mailWorld({
      options: { resourceName: "Notes\r\nBcc: eve@example.com" },
      mail: { from: "Notes\r\nBcc: eve@example.com <no-reply@notes.example>" },
    });
    await asksByHint(stage);
    await stage.deliver();
    const mail = onlyMail(stage.server);
    expect(mail.to).toEqual(["alice@example.com"]);
    expect(mail.parsed.bcc).toBeUndefined();
    expect(mail.parsed.subject).toBe("An agent asks for access to Notes Bcc: eve@example.com");
  });
});

describe("login hints", () => {
  const bad = [
    "alice@example.com\r\nBcc: eve@example.com",
    "alice@example.com\nRCPT TO:<eve@example.com>",
    "alice@example.com, eve@example.com",
    "Alice <alice@example.com>",
    "alice@example.com>",
    '"alice\r\n"@example.com',
    "alice@example.com\u202E",
    "<b>alice</b>@example.com",
    "alice@[127.0.0.1]",
  ];
  test.each(bad)("that are no single plain address are refused, and nothing is mailed: %j", async (hint) => {
    const stage = await mailWorld();
    const before = await stage.snapshot();
    const response = await register.serviceAuth(stage, { login_hint: hint });
    expect([response.status, response.body.error]).toEqual([400, "invalid_login_hint"]);
    await stage.deliver();
    expect([await stage.outbox(), stage.server.connections]).toEqual([[], 0]);
    expect(await stage.snapshot()).toEqual(before);
  });

  test.each(["o'brien+notes@example.com", "a!#$%&*/=?^_`{|}~b@example.com", "josé@exämple.example"])(
    "that are unusual reach exactly that address: %s",
    async (hint) => {
      const stage = await mailWorld();
      await asksByHint(stage, { login_hint: hint });
      await stage.deliver();
      const [local, host] = hint.split("@");
      const [recipient = ""] = onlyMail(stage.server).to;
      expect(recipient.split("@")[0]).toBe(local);
      expect([host, new URL(`https://${host}`).hostname]).toContain(recipient.split("@")[1]);
    },
  );

  test("of people with and without an account are answered and mailed alike", async () => {
    const stage = await mailWorld();
    const answers = [];
    for (const hint of ["alice@example.com", "nobody@example.com"])
      answers.push(await register.serviceAuth(stage, { login_hint: hint }));
    expect(shapeOf(answers[1])).toEqual(shapeOf(answers[0]));
    expect(stage.host.asked).toEqual([]);
    await stage.deliver();
    expect(stage.server.recipients()).toEqual(["alice@example.com", "nobody@example.com"]);
    const [one, other] = stage.server.mails.map((mail) =>
      readable(mail).replace(/cm[ld]_\S+?(?=["\s<])/g, "…"),
    );
    expect(other).toBe(one);
  });
});

/** Everything of an answer but what is random in it. */
function shapeOf(response: Response | undefined): object {
  const { status, headers = {}, text = "" } = response ?? {};
  const {
    date,
    "content-length": length,
    etag,
    "x-request-id": _id,
    ...others
  } = headers as Record<string, string>;
  return {
    status,
    others,
    length,
    text: text.replace(/(reg|clm|ct|cat)_[\w-]+/g, "$1").replace(/"\d{6}"/g, '"code"'),
  };
}

describe("a claim that is over before the mail goes out", () => {
  test.each(["authorize", "deny"] as const)("by %s: nothing is sent any more", async (action) => {
    const stage = await mailWorld();
    stage.server.onRecipient = () => ({ code: 451, text: "try again later" });
    const { uri, userCode, claimToken } = await asksByHint(stage);
    await stage.deliver();
    await submitPage(stage, uri, "alice", { action, userCode });
    stage.server.onRecipient = () => null;
    stage.clock.advance(60);
    await stage.deliver();
    const [mail] = await stage.outbox();
    expect(mail).toMatchObject({ template: "claim_link", sentAt: null, failure: "superseded" });
    expect(stage.server.mails.filter(({ parsed }) => parsed.subject?.includes("asks for access"))).toEqual(
      [],
    );
    if (action === "authorize") return;
    // What was denied stays denied, and nobody is written to again.
    const again = await startClaim(stage, claimToken);
    expect([again.status, again.body.error]).toEqual([403, "claim_denied"]);
    await stage.deliver();
    expect(await stage.outbox()).toHaveLength(1);
  });

  test("by a newer attempt, or by its end: only what can still be opened is sent", async () => {
    const stage = await mailWorld();
    stage.server.onRecipient = () => ({ code: 451, text: "try again later" });
    const { claimToken } = await asksByHint(stage);
    await stage.deliver();
    await startClaim(stage, claimToken);
    stage.clock.advance(30);
    stage.server.onRecipient = () => null;
    await stage.deliver();
    expect(stage.server.mails).toHaveLength(1);
    expect((await stage.outbox()).map(({ failure }) => failure)).toEqual(["superseded", null]);

    stage.server.onRecipient = () => ({ code: 451, text: "try again later" });
    await startClaim(stage, claimToken);
    await stage.deliver();
    stage.clock.advance(600);
    stage.server.onRecipient = () => null;
    await stage.deliver();
    expect((await stage.outbox())[2]).toMatchObject({ failure: "superseded" });
    expect(stage.server.mails).toHaveLength(1);
  });

  test("by a revocation of the ID-JAG it came with: nothing is sent", async () => {
    const stage = await mailWorld();
    stage.server.onRecipient = () => ({ code: 451, text: "try again later" });
    await steppedUp(stage);
    await stage.deliver();
    stage.clock.advance(60);
    await stage.agent
      .post("/agent/event/notify")
      .set("Content-Type", "application/secevent+jwt")
      .send(stage.provider.event());
    stage.server.onRecipient = () => null;
    await stage.deliver();
    expect((await stage.outbox())[0]).toMatchObject({ failure: "superseded", sentAt: null });
    expect(stage.server.mails).toEqual([]);
  });
});

test("a service without mail queues none and answers the same", async () => {
  const [silent, mailing] = [await eventStage(), await mailWorld()];
  const answers = [await register.serviceAuth(silent), await register.serviceAuth(mailing)];
  expect(shapeOf(answers[1])).toEqual(shapeOf(answers[0]));
  await silent.auth.sweep();
  expect(await silent.store.findMail(1)).toBeNull();
  expect(await silent.audit("mail.failed")).toEqual([]);
});
