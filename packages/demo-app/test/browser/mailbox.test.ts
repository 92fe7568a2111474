/** Owns mail in a real browser: the outbox, the links in its sandboxed mails, and a claim by mailbox alone. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient } from "../support/agent.js";
import { launchChromium, watchedContext } from "../support/chromium.js";
import { mailTo, subjects } from "../support/mail.js";
import { expectNoAxeViolations, expectNoSidewaysScroll } from "../support/page-checks.js";
import { startDemo } from "../support/running-demo.js";

describe("mail in a browser", () => {
  let demo: RunningDemo;
  let browser: Browser;
  let context: BrowserContext;
  let complaints: string[];
  beforeAll(async () => {
    demo = await startDemo({ CLAIM_SIGN_IN: "email" });
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.close();
  });
  beforeEach(async () => {
    ({ context, complaints } = await watchedContext(browser, [demo.baseUrl]));
  });
  afterEach(() => context.close());

  async function visit(path: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(demo.baseUrl + path);
    return page;
  }
  const newestMail = (page: Page) => page.locator("article").first().frameLocator("iframe");

  it("follows the verification link of a mail in the window around it", async () => {
    const page = await visit("/signup");
    await page.fill("#name", "Grace");
    await page.fill("#email", "grace@example.com");
    await page.fill("#password", "grace-demo");
    await page.getByRole("button", { name: "Create account" }).click();
    await page.getByRole("link", { name: "Open the outbox" }).click();
    await newestMail(page).getByRole("link", { name: "Verify this address" }).click();
    await page.getByRole("button", { name: "Verify this address" }).click();
    await page.getByText("Your address is verified").waitFor();
    expect(complaints).toEqual([]);
  });

  it("plays a claim whose person only has their mail, and revokes by mail", async () => {
    const page = await visit("/");
    const panel = page.locator("#play-service-auth");
    await panel.getByText("The page shows the code").click();
    await panel.getByRole("button", { name: "Run until the person is needed" }).click();
    await panel.getByText("Open the outbox, follow the link").waitFor();
    await mailTo(demo.baseUrl, "alice@example.com", subjects.claimLink);
    const [tab] = await Promise.all([
      context.waitForEvent("page"),
      panel.getByRole("link", { name: "Open the outbox" }).click(),
    ]);
    await newestMail(tab).getByRole("link", { name: "Look at the request" }).click();
    await tab.getByRole("button", { name: "Continue" }).click();
    await tab.getByRole("button", { name: "Authorize", exact: true }).click();
    const code = (await tab.getByText(/^\d{3}-\d{3}$/).textContent()) ?? "";
    await page.bringToFront();
    await panel.getByLabel("The code the person reads to the agent").fill(code);
    await panel.getByRole("button", { name: "Give the code to the agent" }).click();
    await panel.getByRole("button", { name: "Next step" }).click();
    await panel.getByLabel("Response to Exchange").getByText("access_token").waitFor();

    await mailTo(demo.baseUrl, "alice@example.com", subjects.connected);
    await tab.bringToFront();
    await tab.goto(`${demo.baseUrl}/dev/outbox`);
    await newestMail(tab).getByRole("link", { name: "Manage connected agents" }).click();
    await tab.getByRole("main").getByRole("button").click();
    await tab.getByText("Demo agent (with a hint)").waitFor();
    await tab.locator("details summary").click();
    await tab.locator("details button").click();
    await tab.getByRole("status").waitFor();
    await page.bringToFront();
    await panel.getByRole("button", { name: "Next step" }).click();
    await panel.getByRole("alert").getByText("Expected 201, got 401").waitFor();
    expect(complaints).toEqual([]);
  });

  it.each([
    [390, "light"],
    [1280, "dark"],
  ] as const)("is accessible and fits %i pixels, %s", async (width, colorScheme) => {
    await context.close();
    const options = { viewport: { width, height: 800 }, colorScheme };
    ({ context, complaints } = await watchedContext(browser, [demo.baseUrl], options));
    const agent = await AgentClient.discover(demo.baseUrl);
    await agent.register({ type: "service_auth", login_hint: "bob@example.com" });
    await mailTo(demo.baseUrl, "bob@example.com", subjects.claimLink);
    const page = await visit("/dev/outbox");
    await newestMail(page).getByRole("heading").waitFor();
    await page.getByText("Plain text part").first().click();
    await expectNoAxeViolations(page, "outbox");
    await expectNoSidewaysScroll(page);
    await page.goto(demo.baseUrl);
    const panel = page.locator("#play-anonymous");
    await panel.getByText("The page shows the code").click();
    await panel.getByRole("button", { name: "Run until the person is needed" }).click();
    await panel.getByLabel("The code the person reads to the agent").waitFor();
    await expectNoAxeViolations(page, "home, waiting for a code");
    await expectNoSidewaysScroll(page);
    expect(complaints).toEqual([]);
  });
});
