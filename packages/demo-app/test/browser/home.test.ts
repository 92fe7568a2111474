/**
 * Owns the home page in a real browser: both agents are played to the end, by both ceremonies, and a person approves in
 * a second tab.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import type { RunningDemo } from "../../src/server.js";
import { launchChromium, watchedContext } from "../support/chromium.js";
import { expectNoAxeViolations, expectNoSidewaysScroll } from "../support/page-checks.js";
import { startDemo } from "../support/running-demo.js";

describe("the home page", () => {
  let demo: RunningDemo;
  let browser: Browser;
  let context: BrowserContext;
  let complaints: string[];
  beforeAll(async () => {
    demo = await startDemo();
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await demo?.close();
  });
  beforeEach(() => open({}));
  afterEach(() => context.close());

  async function open(options: Parameters<Browser["newContext"]>[0]): Promise<void> {
    await context?.close();
    ({ context, complaints } = await watchedContext(browser, [demo.baseUrl], options));
  }

  async function visit(path: string): Promise<Page> {
    const page = await context.newPage();
    await page.goto(demo.baseUrl + path);
    return page;
  }

  /** Opens the claim page from the panel, and signs in where the person is not yet. */
  async function openClaimPage(panel: Locator): Promise<Page> {
    const [tab] = await Promise.all([
      context.waitForEvent("page"),
      panel.getByRole("link", { name: "Open the claim page" }).click(),
    ]);
    const field = tab.locator("input[name=user_code]");
    await tab.locator("input[name=password]").or(field).waitFor();
    if (await tab.locator("input[name=password]").isVisible()) {
      await tab.fill("input[name=email]", "alice@example.com");
      await tab.fill("input[name=password]", "alice-demo");
      await tab.getByRole("button", { name: "Sign in", exact: true }).click();
    }
    await field.waitFor();
    return tab;
  }

  /** Types the code that the panel shows, and presses the button. */
  async function decide(page: Page, panel: Locator, button: "Authorize" | "Deny"): Promise<void> {
    const code = await panel.locator(".user-code").textContent();
    const tab = await openClaimPage(panel);
    const field = tab.locator("input[name=user_code]");
    await field.fill(code ?? "");
    await tab.getByRole("button", { name: button, exact: true }).click();
    await field.waitFor({ state: "detached" });
    await tab.close();
    await page.bringToFront();
  }

  const stepsDone = (panel: Locator) => panel.locator('.rail [data-state="done"]');
  const finished = (panel: Locator) => panel.getByText("That was the whole story").waitFor();

  it("plays the agent with a hint step by step", async () => {
    const page = await visit("/");
    const panel = page.locator("#play-service-auth");
    const next = panel.getByRole("button", { name: "Next step" });
    for (let step = 1; step <= 4; step += 1) {
      await next.click();
      await stepsDone(panel)
        .nth(step - 1)
        .waitFor();
    }
    await next.click();
    await panel.getByText("Not approved yet").waitFor();
    await panel.getByText("authorization_pending").first().waitFor();

    await decide(page, panel, "Authorize");
    await panel.getByRole("button", { name: "Poll now" }).click();
    await stepsDone(panel).nth(4).waitFor();
    await page.locator("#agents").getByText("Demo agent (with a hint)").waitFor();

    await next.click();
    await panel.getByLabel("Response to Write a note").getByText("Written by Demo agent").waitFor();
    for (let step = 7; step <= 10; step += 1) {
      await next.click();
      await stepsDone(panel)
        .nth(step - 1)
        .waitFor();
    }
    await panel.getByRole("button", { name: "Renew the assertion" }).click();
    await panel.getByLabel("Request of Renew the assertion").getByText('"refresh"').waitFor();
    await panel.getByLabel("Response to Renew the assertion").getByText('"refresh_token"').waitFor();
    await next.click();
    await finished(panel);
    await panel.getByText("401 Unauthorized").waitFor();
    await panel.getByLabel("Response to Try the revoked token").getByText('error="invalid_token"').waitFor();
    expect(complaints).toEqual([]);
  });

  it("plays the anonymous agent in two runs, and starts over", async () => {
    const page = await visit("/");
    const panel = page.locator("#play-anonymous");
    await panel.getByRole("button", { name: "Run until the person is needed" }).click();
    await panel.getByText("Not approved yet").waitFor();
    await panel.getByRole("button", { name: "Register without a name" }).click();
    await panel.getByText("identity_assertion, decoded").waitFor();
    await panel.getByRole("button", { name: "Try to write a note" }).click();
    await panel
      .getByLabel("Response to Try to write a note")
      .getByText("insufficient_scope")
      .first()
      .waitFor();

    await decide(page, panel, "Authorize");
    await panel.getByRole("button", { name: "Poll now" }).click();
    await panel.getByRole("button", { name: "Run to the end" }).click();
    await finished(panel);
    expect(await stepsDone(panel).count()).toBe(15);

    await panel.getByRole("button", { name: "Start over" }).click();
    expect(await stepsDone(panel).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it.each([
    ["#play-service-auth", 12],
    ["#play-anonymous", 16],
  ])("plays read-back in %s: the page shows the code, the panel takes it", async (selector, steps) => {
    const page = await visit("/");
    const panel = page.locator(selector);
    await panel.getByText("The page shows the code").click();
    await panel.getByRole("button", { name: "Run until the person is needed" }).click();
    const field = panel.getByLabel("The code the person reads to the agent");
    const give = panel.getByRole("button", { name: "Give the code to the agent" });
    await field.waitFor();
    // Nothing is sent without a code, and a guess before the person has authorised reveals nothing.
    const before = await stepsDone(panel).count();
    await give.click();
    expect(await panel.getByRole("alert").textContent()).toBe("");
    await field.fill("000000");
    await field.press("Enter");
    await panel.getByRole("alert").getByText("Expected 200, got 409. claim_not_confirmed").waitFor();
    expect(await stepsDone(panel).count()).toBe(before);

    const tab = await openClaimPage(panel);
    await tab.getByRole("button", { name: "Authorize", exact: true }).click();
    const code = (await tab.getByText(/^\d{3}-\d{3}$/).textContent()) ?? "";
    await page.bringToFront();
    await field.fill(code);
    await give.click();
    await stepsDone(panel).nth(before).waitFor();
    await panel
      .getByLabel(/^Response to The person approves/)
      .getByText('"claimed"')
      .waitFor();
    await panel.getByRole("button", { name: "Run to the end" }).click();
    await finished(panel);
    expect(await stepsDone(panel).count()).toBe(steps);
    expect(complaints).toEqual([]);
  });

  it("shows what the server refuses, and goes on when it is corrected", async () => {
    const page = await visit("/");
    const panel = page.locator("#play-service-auth");
    const next = panel.getByRole("button", { name: "Next step" });
    for (let step = 1; step <= 3; step += 1) {
      await next.click();
      await stepsDone(panel)
        .nth(step - 1)
        .waitFor();
    }
    await panel.getByLabel("The person's e-mail address").fill("nobody");
    await next.click();
    await panel.getByRole("alert").getByText("Expected 200, got 400. invalid_login_hint").waitFor();
    await panel.getByLabel("The person's e-mail address").fill("bob@example.com");
    await panel.getByRole("button", { name: "Try again" }).click();
    await panel.getByText("Now you are the person, bob@example.com").waitFor();
    expect(complaints).toEqual([]);
  });

  it("slows down when it is told to, and stops when the person denies", async () => {
    const page = await visit("/");
    const panel = page.locator("#play-service-auth");
    await panel.getByRole("button", { name: "Run until the person is needed" }).click();
    await panel.getByText("interval 5 s").waitFor();
    await panel.getByRole("button", { name: "Poll now" }).click();
    await panel.getByText("slow_down").first().waitFor();
    await panel.getByText("interval 10 s").waitFor();

    await decide(page, panel, "Deny");
    await panel.getByRole("button", { name: "Poll now" }).click();
    await panel.getByRole("alert").getByText("access_denied").waitFor();
    expect(complaints).toEqual([]);
  });

  it.each([
    [360, "light"],
    [1280, "dark"],
  ] as const)("is accessible and fits %i pixels, %s", async (width, colorScheme) => {
    await open({ viewport: { width, height: 800 }, colorScheme });
    const signup = await visit("/signup");
    await signup.fill("#name", "Frida");
    await signup.fill("#email", `frida${width}@example.com`);
    await signup.fill("#password", "short");
    await signup.getByRole("button", { name: "Create account" }).click();
    await signup.locator("#password-problem").waitFor();
    await expectNoAxeViolations(signup, "signup with a problem");
    await signup.fill("#password", "frida-demo");
    await signup.getByRole("button", { name: "Create account" }).click();
    await signup.getByRole("link", { name: "Open the outbox" }).click();
    await expectNoAxeViolations(signup, "outbox");
    await expectNoSidewaysScroll(signup);

    const login = await visit("/login");
    await expectNoAxeViolations(login, "login");
    await expectNoSidewaysScroll(login);
    await login.fill("#email", "alice@example.com");
    await login.fill("#password", "alice-demo");
    await login.getByRole("button", { name: "Sign in", exact: true }).click();
    await login.fill("#text", `A long word: ${"w".repeat(300)}`);
    await login.getByRole("button", { name: "Add", exact: true }).click();
    const panel = login.locator("#play-anonymous");
    await expectNoAxeViolations(login, "home");
    await panel.getByRole("button", { name: "Run until the person is needed" }).click();
    await panel.getByText("Not approved yet").waitFor();
    await expectNoAxeViolations(login, "home, waiting for the person");
    await panel.getByRole("button", { name: "Register without a name" }).click();
    await panel.getByText("identity_assertion, decoded").waitFor();
    await expectNoAxeViolations(login, "home, a long answer");
    await expectNoSidewaysScroll(login);
    expect(complaints).toEqual([]);
  });

  it("shows the way in without JavaScript", async () => {
    await open({ javaScriptEnabled: false });
    const page = await visit("/");
    await page.locator("noscript .note").waitFor();
    expect(await page.locator("noscript pre").first().textContent()).toContain("curl -i");
    expect(await page.locator("#panels").isVisible()).toBe(false);
  });
});
