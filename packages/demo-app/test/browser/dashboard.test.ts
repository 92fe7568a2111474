/** Owns the operator's way through the demo in a real browser, without and with JavaScript: sign in, find, revoke, look back. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { RunningDemo } from "../../src/server.js";
import { grants } from "../support/agent.js";
import { launchChromium, watchedContext } from "../support/chromium.js";
import { type ClaimedAgent, claimedAgent } from "../support/claimed-agent.js";
import { expectNoAxeViolations, expectNoSidewaysScroll } from "../support/page-checks.js";
import { startDemo } from "../support/running-demo.js";

describe.each([
  ["off", false],
  ["on", true],
] as const)("the dashboard in a browser, with JavaScript %s", (_scripting, javaScriptEnabled) => {
  let demo: RunningDemo;
  let browser: Browser;
  let context: BrowserContext;
  let complaints: string[];
  let page: Page;
  let claimed: ClaimedAgent;
  beforeAll(async () => {
    demo = await startDemo();
    browser = await launchChromium();
    ({ context, complaints } = await watchedContext(browser, [demo.baseUrl], { javaScriptEnabled }));
    page = await context.newPage();
    claimed = await claimedAgent(demo.baseUrl, "alice", "Browser story");
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.close();
    expect(complaints).toEqual([]);
  });

  async function signIn(name: string): Promise<void> {
    await page.fill("#email", `${name}@example.com`);
    await page.fill("#password", `${name}-demo`);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  it("is closed to alice, and her home page says nothing of it", async () => {
    await page.goto(`${demo.baseUrl}/admin/agents`);
    await signIn("alice");
    await page.getByRole("heading", { level: 1, name: "This dashboard is not open to you" }).waitFor();
    await page.goto(demo.baseUrl);
    expect(await page.getByRole("link", { name: /dashboard/i }).count()).toBe(0);
  });

  it("is a link on the operator's home page, where the agent is found by the person's address", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("link", { name: "Sign in" }).first().click();
    await signIn("operator");
    await page.getByRole("link", { name: "Open the dashboard" }).waitFor();
    await expectNoSidewaysScroll(page);
    if (javaScriptEnabled) await expectNoAxeViolations(page, "the operator's home page");
    await page.getByRole("link", { name: "Open the dashboard" }).click();
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    await page.getByRole("link", { name: "Registrations", exact: true }).click();
    await page.getByLabel("Search").fill("alice@example.com");
    await page.getByRole("button", { name: "Search" }).click();
    await page.locator(`a[href$="/registrations/${claimed.id}"]`).first().click();
    await page.getByRole("heading", { level: 1, name: "Browser story" }).waitFor();
  });

  it("revokes the agent, whose very next call, exchange and refresh are refused", async () => {
    const { agent, assertion, refreshToken } = claimed;
    expect((await agent.readNotes()).status).toBe(200);
    await page.getByRole("link", { name: "Revoke…", exact: true }).click();
    await page.getByLabel("Reason").fill("It wrote to everybody");
    await page.getByRole("button", { name: "Revoke it now" }).click();
    await page.getByRole("status").getByText("Revoked. Its next request is refused.").waitFor();
    const refused = await agent.readNotes();
    expect(refused.status).toBe(401);
    expect(refused.challenge).toMatch(/^Bearer resource_metadata=".+", error="invalid_token"/);
    const exchange = { grant_type: grants.jwtBearer, assertion };
    expect((await agent.getToken(exchange)).body.error).toBe("invalid_grant");
    const refresh = { type: "refresh", refresh_token: refreshToken };
    expect((await agent.register(refresh)).body.error).toBe("invalid_refresh_token");
  });

  it("says in the audit log who did it and why", async () => {
    await page.getByRole("link", { name: "Audit log" }).click();
    const row = page.locator("tbody tr").filter({ hasText: "It wrote to everybody" });
    await row.waitFor();
    expect(await row.textContent()).toContain("operator@example.com");
  });
});
