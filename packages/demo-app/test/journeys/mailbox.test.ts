/** Owns the story of people without a login: the links in their mail are all they need, to approve and to revoke. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, grants } from "../support/agent.js";
import { decide, press, shownCode } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { claimLinkIn, follow, mailTo, manageLinkIn, outbox, subjects } from "../support/mail.js";
import { startDemo } from "../support/running-demo.js";

describe("with CLAIM_SIGN_IN=email", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo({ CLAIM_SIGN_IN: "email" });
  });
  afterAll(() => demo.close());

  /** An agent that has named its person, whose mail has come. */
  async function asked(email: string, nthMail = 1) {
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body } = await agent.register({
      type: "service_auth",
      login_hint: email,
      client_name: "Journey",
    });
    const mail = await mailTo(demo.baseUrl, email, subjects.claimLink, nthMail);
    return {
      agent,
      claim: body.claim,
      claimToken: body.claim_token,
      mail,
      browser: new Browser(demo.baseUrl),
    };
  }

  const poll = (claim_token: string) => ({ grant_type: grants.claim, claim_token });

  it("a claim is completed from the mailed link alone, by code entry; the manage link then revokes", async () => {
    const { agent, claim, claimToken, mail, browser } = await asked("alice@example.com");
    expect(JSON.stringify(mail)).not.toContain(claim.user_code);
    expect(JSON.stringify(mail)).not.toContain("Journey");

    const link = claimLinkIn(mail);
    const opened = await browser.get(link);
    expect(opened.status).toBe(200);
    expect(opened.html).not.toContain('name="user_code"');
    const review = await press(browser, opened);
    expect(review.html).toContain("alice@example.com");
    expect((await decide(browser, review, "authorize", claim.user_code)).status).toBe(200);
    expect(await agent.getToken(poll(claimToken))).toMatchObject({ status: 200 });
    expect((await agent.writeNote("By mail")).status).toBe(201);

    const owner = new Browser(demo.baseUrl);
    await owner.signIn("alice@example.com", "alice-demo");
    expect((await owner.get("/")).html).toContain("By mail");

    const notice = await mailTo(demo.baseUrl, "alice@example.com", subjects.connected);
    const manager = new Browser(demo.baseUrl);
    expect((await manager.get("/agent/connected")).html).not.toContain("Journey");
    const connected = await follow(manager, manageLinkIn(notice));
    expect(connected).toMatchObject({ status: 200 });
    expect(connected.html).toContain("Journey");
    expect((await agent.readNotes()).status).toBe(200);
    const revoked = await press(manager, connected, { action: "revoke" });
    expect(revoked.status).toBe(200);
    const over = await agent.readNotes();
    expect(over.status).toBe(401);
    expect(over.challenge).toContain("resource_metadata=");
    await mailTo(demo.baseUrl, "alice@example.com", subjects.revoked);
    expect((await new Browser(demo.baseUrl).get(manageLinkIn(notice))).status).toBe(410);
  });

  it("a claim is completed from the mailed link alone, by read-back", async () => {
    const { agent, claimToken, mail, browser } = await asked("bob@example.com");
    const review = await follow(browser, claimLinkIn(mail));
    const code = shownCode(await decide(browser, review, "authorize", ""));
    const completed = await agent.complete({ claim_token: claimToken, user_code: code });
    expect(completed).toMatchObject({ status: 200, body: { status: "claimed" } });
    const assertion = completed.body.identity_assertion;
    expect(await agent.getToken({ grant_type: grants.jwtBearer, assertion })).toMatchObject({
      status: 200,
      body: { scope: "api.read api.write" },
    });
    expect((await agent.writeNote("By read-back")).status).toBe(201);
  });

  it("the link works in one browser, once, and the agent's own link says to check the mail", async () => {
    const { claim, mail, browser } = await asked("bob@example.com", 2);
    const agentsLink = await browser.get(claim.verification_uri);
    expect(agentsLink.status).toBe(200);
    expect(agentsLink.html).toContain('value="resend"');
    expect(agentsLink.html).not.toContain("bob@example.com");
    expect(agentsLink.html).not.toContain('value="authorize"');

    expect((await follow(browser, claimLinkIn(mail))).html).toContain('value="authorize"');
    const somebodyElse = await new Browser(demo.baseUrl).get(claimLinkIn(mail));
    expect(somebodyElse.html).not.toContain('value="authorize"');

    const resent = await press(new Browser(demo.baseUrl), agentsLink, { action: "resend" });
    expect(resent.status).toBe(200);
    const again = await mailTo(demo.baseUrl, "bob@example.com", subjects.claimLink, 3);
    expect((await follow(new Browser(demo.baseUrl), claimLinkIn(again))).html).toContain('value="authorize"');
  });

  it("somebody new gets an account, and may choose a password for it later", async () => {
    const email = "erin@example.com";
    // Somebody signed up with Erin's address, and never had her mail.
    const stranger = new Browser(demo.baseUrl);
    await stranger.submit("/signup", { name: "S", email, password: "strangers-password", return_to: "/" });
    await stranger.signIn(email, "strangers-password");

    const { agent, claim, claimToken, mail, browser } = await asked(email);
    const review = await follow(browser, claimLinkIn(mail));
    expect((await decide(browser, review, "authorize", claim.user_code)).status).toBe(200);
    expect((await agent.getToken(poll(claimToken))).status).toBe(200);
    await agent.writeNote("Erin's");
    await mailTo(demo.baseUrl, email, subjects.connected);

    expect((await stranger.get("/")).html).not.toContain("Erin&#39;s");
    expect((await stranger.signIn(email, "strangers-password")).status).toBe(401);

    const erin = new Browser(demo.baseUrl);
    await erin.submit("/signup", { name: "Erin", email, password: "erin-demo", return_to: "/" });
    expect((await erin.signIn(email, "erin-demo")).status).toBe(401);
    const verification = (await outbox(demo.baseUrl)).at(-1);
    const [link = ""] = /http\S+\/verify\S*/.exec(verification?.text ?? "") ?? [];
    // Whoever signed up may be somebody else: the password is the one chosen behind the link.
    const asks = await erin.get(link);
    expect((await press(erin, asks, { password: "short" })).status).toBe(400);
    expect((await press(erin, asks, { password: "erin-chose" })).status).toBe(200);
    expect((await erin.signIn(email, "erin-demo")).status).toBe(401);
    expect((await erin.signIn(email, "erin-chose")).status).toBe(303);
    expect((await erin.get("/")).html).toContain("Erin&#39;s");
  });

  it("says on the home page where people prove who they are", async () => {
    const { html } = await new Browser(demo.baseUrl).get("/");
    expect(html).toContain("CLAIM_SIGN_IN=email");
    expect(html).toContain('data-sign-in="email"');
  });
});
