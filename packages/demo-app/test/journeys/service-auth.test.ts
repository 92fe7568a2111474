/** Owns the story of an agent that knows whom it works for, and of people who are not that person. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, grants } from "../support/agent.js";
import { approve, decide, openClaimPage } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { startDemo } from "../support/running-demo.js";

describe("an agent with a hint at its user", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo.close());

  async function register(hint = "alice@example.com") {
    const agent = await AgentClient.discover(demo.baseUrl);
    const registered = await agent.register({
      type: "service_auth",
      login_hint: hint,
      client_name: "Journey",
    });
    expect(registered.status).toBe(200);
    const { claim, claim_token, registration_id } = registered.body;
    return { agent, claim, registrationId: registration_id, poll: { grant_type: grants.claim, claim_token } };
  }

  it("is approved by code, works for its person, and is stopped by the person's button", async () => {
    const { agent, claim, registrationId, poll } = await register();
    expect((await agent.getToken(poll)).body.error).toBe("authorization_pending");

    const alice = new Browser(demo.baseUrl);
    expect((await approve(alice, claim)).status).toBe(200);
    expect((await agent.getToken(poll)).status).toBe(200);

    await alice.submit("/notes", { text: "From Alice" });
    const written = await agent.writeNote("From the agent");
    expect(written.status).toBe(201);
    expect((await agent.readNotes()).body.map((note: { text: string }) => note.text)).toEqual([
      "From the agent",
      "From Alice",
    ]);

    const revoked = await alice.submit(`/agents/${registrationId}/revoke`, {});
    expect(revoked).toMatchObject({ status: 303, location: "/#agents" });
    const over = await agent.readNotes();
    expect(over.status).toBe(401);
    expect(over.challenge).toContain("resource_metadata=");
    const home = await alice.get("/");
    expect(home.html).toContain("Disconnected");
    expect(home.html).toContain("From the agent");
  });

  it("learns nothing from a wrong code, and gets the token after the right one", async () => {
    const { agent, claim, poll } = await register();
    const alice = new Browser(demo.baseUrl);
    const page = await openClaimPage(alice, claim.verification_uri, "alice@example.com", "alice-demo");
    const wrongCode = claim.user_code === "000000" ? "000001" : "000000";
    const again = await decide(alice, page, "authorize", wrongCode);
    expect(again.status).toBeGreaterThanOrEqual(400);
    expect((await agent.getToken(poll)).body.error).toBe("authorization_pending");
    expect((await decide(alice, again, "authorize", claim.user_code)).status).toBe(200);
    expect((await agent.getToken(poll)).status).toBe(200);
  });

  it("is told when the person denies it", async () => {
    const { agent, claim, poll } = await register();
    const alice = new Browser(demo.baseUrl);
    const page = await openClaimPage(alice, claim.verification_uri, "alice@example.com", "alice-demo");
    expect((await decide(alice, page, "deny", "")).status).toBe(200);
    expect((await agent.getToken(poll)).body.error).toBe("access_denied");
  });

  it("cannot be claimed by somebody else, who may switch the account", async () => {
    const { agent, claim, poll } = await register();
    const browser = new Browser(demo.baseUrl);
    const refused = await openClaimPage(browser, claim.verification_uri, "bob@example.com", "bob-demo");
    expect(refused.status).toBe(403);
    expect(refused.html).not.toContain("alice@example.com");
    const [, switchUrl = ""] = /href="(\/login[^"]*)"/.exec(refused.html) ?? [];
    expect((await browser.get(switchUrl.replaceAll("&amp;", "&"))).status).toBe(200);

    await browser.signIn("alice@example.com", "alice-demo");
    expect((await approve(browser, claim)).status).toBe(200);
    expect((await agent.getToken(poll)).status).toBe(200);
  });
});
