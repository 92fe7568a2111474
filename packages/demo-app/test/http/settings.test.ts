/** Owns what the variables of the environment change, seen from outside. */
import { afterEach, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, call, grants } from "../support/agent.js";
import { authorizeForCode, decide, openClaimPage, shownCode } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { mailTo, subjects } from "../support/mail.js";
import { startDemo } from "../support/running-demo.js";

describe("settings", () => {
  let demo: RunningDemo | undefined;
  afterEach(async () => {
    await demo?.close();
    demo = undefined;
  });

  it.each([
    ["on", 200],
    ["library", 429],
    ["off", 200],
  ])("RATE_LIMITS=%s answers the sixth anonymous agent with %i", async (value, status) => {
    demo = await startDemo({ RATE_LIMITS: value });
    const agent = await AgentClient.discover(demo.baseUrl);
    for (let count = 1; count <= 5; count += 1)
      expect((await agent.register({ type: "anonymous" })).status).toBe(200);
    expect((await agent.register({ type: "anonymous" })).status).toBe(status);
  });

  it("ACCESS_TOKEN_TTL and ATTEMPT_TTL reach the wire", async () => {
    demo = await startDemo({ ACCESS_TOKEN_TTL: "7", ATTEMPT_TTL: "11" });
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body } = await agent.register({ type: "anonymous" });
    const exchanged = await agent.getToken({
      grant_type: grants.jwtBearer,
      assertion: body.identity_assertion,
    });
    expect(exchanged.body.expires_in).toBe(7);
    const asked = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    expect(asked.body.claim.expires_in).toBe(11);
  });

  it("WRONG_ACCOUNT=advise warns another person instead of refusing, who may approve", async () => {
    demo = await startDemo({ WRONG_ACCOUNT: "advise" });
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body } = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    const bob = new Browser(demo.baseUrl);
    const page = await openClaimPage(bob, body.claim.verification_uri, "bob@example.com", "bob-demo");
    expect(page.status).toBe(200);
    expect(page.html).not.toContain("alice@example.com");
    expect(page.html).toContain("advisory-hint_mismatch");
    const approved = await decide(bob, page, "authorize", body.claim.user_code);
    expect(approved.status).toBe(200);
    expect((await bob.get("/")).html).toContain(`data-registration="${body.registration_id}"`);
  });

  it("CEREMONY=code-entry offers no read-back", async () => {
    demo = await startDemo({ CEREMONY: "code-entry" });
    const metadata = (await call(`${demo.baseUrl}/.well-known/oauth-authorization-server`)).body;
    expect(metadata.agent_auth.claim_methods_supported).toEqual(["code_entry"]);
    expect(metadata.grant_types_supported).toContain(grants.claim);
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body } = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    const completion = { claim_token: body.claim_token, user_code: "123456" };
    expect(await agent.complete(completion)).toMatchObject({
      status: 400,
      body: { error: "read_back_not_enabled" },
    });
    const alice = new Browser(demo.baseUrl);
    const page = await openClaimPage(alice, body.claim.verification_uri, "alice@example.com", "alice-demo");
    const refused = await decide(alice, page, "authorize", "");
    expect(refused.status).toBe(400);
    expect(() => shownCode(refused)).toThrow("shows no code");
  });

  it("CEREMONY=read-back gives agents no code, and no polling", async () => {
    demo = await startDemo({ CEREMONY: "read-back" });
    const metadata = (await call(`${demo.baseUrl}/.well-known/oauth-authorization-server`)).body;
    expect(metadata.agent_auth.claim_methods_supported).toEqual(["read_back"]);
    expect(metadata.grant_types_supported).not.toContain(grants.claim);
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body } = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    expect(body.claim).not.toHaveProperty("user_code");
    const { claim_token } = body;
    expect((await agent.getToken({ grant_type: grants.claim, claim_token })).body.error).toBe(
      "unsupported_grant_type",
    );
    const code = await authorizeForCode(new Browser(demo.baseUrl), body.claim);
    expect((await agent.complete({ claim_token, user_code: code })).status).toBe(200);
    const home = (await call(demo.baseUrl)).body;
    expect(home).toContain('data-ceremony="read-back"');
    expect(home).toContain("/agent/identity/claim/complete");
  });

  it("CEREMONY=both offers both", async () => {
    demo = await startDemo();
    const metadata = (await call(`${demo.baseUrl}/.well-known/oauth-authorization-server`)).body;
    expect(metadata.agent_auth.claim_methods_supported).toEqual(["code_entry", "read_back"]);
  });

  it("CLAIM_SIGN_IN=email lets the demo be played more often than mail caps would", async () => {
    demo = await startDemo({ CLAIM_SIGN_IN: "email" });
    const agent = await AgentClient.discover(demo.baseUrl);
    for (let count = 1; count <= 5; count += 1)
      await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    await mailTo(demo.baseUrl, "alice@example.com", subjects.claimLink, 5);
  });

  it("BASE_URL is what agents are told, whatever the port is", async () => {
    demo = await startDemo({ BASE_URL: "https://notes.example.com" });
    const response = await fetch(`http://localhost:${demo.port}/api/notes`);
    expect(response.headers.get("www-authenticate")).toContain('"https://notes.example.com/.well-known/');
    expect(response.headers.get("strict-transport-security")).not.toBeNull();
    const login = await fetch(`http://localhost:${demo.port}/login`, {
      method: "POST",
      body: new URLSearchParams({ email: "alice@example.com", password: "alice-demo" }),
      headers: { "X-Forwarded-Proto": "https" },
      redirect: "manual",
    });
    expect(login.headers.get("set-cookie")).toContain("Secure");
  });
});
