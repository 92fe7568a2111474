/** Owns mail that really leaves: with `SMTP_URL` a mail server gets it, and the demo keeps none. */
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, call, grants } from "../support/agent.js";
import { decide } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { claimLinkIn, eventually, follow, outbox, subjects } from "../support/mail.js";
import { startDemo } from "../support/running-demo.js";
import { type MailServer, startMailServer } from "../support/smtp.js";

describe("with SMTP_URL", () => {
  let server: MailServer;
  let demo: RunningDemo;
  beforeEach(async () => {
    server = await startMailServer();
  });
  afterEach(async () => {
    await demo.close();
    await server.close();
  });

  const received = (subject: RegExp) =>
    eventually(async () => server.mails.find(({ mail }) => subject.test(mail.subject ?? "")), `${subject}`);

  it("the claim link reaches the mailbox, and works from there", async () => {
    demo = await startDemo({ SMTP_URL: server.url, CLAIM_SIGN_IN: "email" });
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body } = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });

    const { envelope, mail } = await received(subjects.claimLink);
    expect(envelope).toEqual({ from: "no-reply@example.com", to: ["alice@example.com"] });
    expect(mail.from?.text).toBe('"Agent Auth Demo Notes" <no-reply@example.com>');
    const { text = "", html } = mail;
    expect(html).toContain("/agent/claim?claim_attempt_token=");

    const browser = new Browser(demo.baseUrl);
    const link = claimLinkIn({ to: "", subject: "", text, html: html || "" });
    const review = await follow(browser, link);
    expect((await decide(browser, review, "authorize", body.claim.user_code)).status).toBe(200);
    const collected = await agent.getToken({ grant_type: grants.claim, claim_token: body.claim_token });
    expect(collected.status).toBe(200);
    expect((await received(subjects.connected)).envelope.to).toEqual(["alice@example.com"]);
  });

  it("the demo's own mail leaves too, and nothing is kept to be read by others", async () => {
    demo = await startDemo({ SMTP_URL: server.url });
    const browser = new Browser(demo.baseUrl);
    const details = { name: "Carol", email: "carol@example.com", password: "carol-demo", return_to: "/" };
    const sent = await browser.submit("/signup", details);
    expect((await browser.get(sent.location ?? "")).html).not.toContain("/dev/outbox");
    const { mail } = await received(/^Verify your address/);
    const [link = ""] = /http\S+\/verify\S*/.exec(mail.text ?? "") ?? [];
    expect((await follow(browser, link)).status).toBe(200);

    expect(await outbox(demo.baseUrl)).toEqual([]);
    expect((await browser.get("/dev/outbox")).html).toContain("Mail leaves this demo");
    expect((await browser.get("/dev/outbox/1/html")).status).toBe(404);
    expect((await browser.get("/")).html).not.toContain('href="/dev/outbox"');
  });

  it("signing up does not flood a mailbox", async () => {
    demo = await startDemo({ SMTP_URL: server.url });
    const signUp = (email: string) =>
      new Browser(demo.baseUrl).submit("/signup", { email, password: "a-password", return_to: "/" });
    for (let count = 1; count <= 5; count += 1)
      expect(await signUp("carol@example.com")).toMatchObject({ status: 303, location: "/signup/sent" });
    await signUp("dave@example.com");
    // Waits for what is on its way.
    await demo.close();
    const recipients = server.mails.flatMap(({ envelope }) => envelope.to).sort();
    expect(recipients).toEqual([...Array(3).fill("carol@example.com"), "dave@example.com"]);
  });

  it("a mail server that is gone fails no request", async () => {
    demo = await startDemo({ SMTP_URL: server.url });
    await server.close();
    const agent = await AgentClient.discover(demo.baseUrl);
    const asked = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    expect(asked.status).toBe(200);
    const details = { name: "Carol", email: "carol@example.com", password: "carol-demo", return_to: "/" };
    const answer = await new Browser(demo.baseUrl).submit("/signup", details);
    expect(answer).toMatchObject({ status: 303, location: "/signup/sent" });
    expect((await call(`${demo.baseUrl}/healthz`)).status).toBe(200);
  });
});
