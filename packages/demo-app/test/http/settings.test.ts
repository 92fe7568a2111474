/** Owns what the variables of the environment change, seen from outside. */
import { afterEach, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, grants } from "../support/agent.js";
import { openClaimPage } from "../support/approve.js";
import { Browser } from "../support/browser.js";
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

  it("WRONG_ACCOUNT=advise warns another person instead of refusing", async () => {
    demo = await startDemo({ WRONG_ACCOUNT: "advise" });
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body } = await agent.register({ type: "service_auth", login_hint: "alice@example.com" });
    const bob = new Browser(demo.baseUrl);
    const page = await openClaimPage(bob, body.claim.verification_uri, "bob@example.com", "bob-demo");
    expect(page.status).toBe(200);
    expect(page.html).not.toContain("alice@example.com");
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
