/** Owns the stories of the agent with a provider in a real browser, with the person's part in further tabs. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import type { RunningDemo } from "../../src/server.js";
import { launchChromium, watchedContext } from "../support/chromium.js";
import { expectNoAxeViolations, expectNoSidewaysScroll } from "../support/page-checks.js";
import { getIdJag, inNewTab, press, run } from "../support/provider-panel.js";
import { startDemoWithProvider } from "../support/running-demo.js";

describe("the agent with a provider", () => {
  let demo: RunningDemo & { issuer: string };
  let browser: Browser;
  let context: BrowserContext;
  let complaints: string[];
  let page: Page;
  let panel: Locator;
  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(() => browser?.close());
  beforeEach(async () => {
    demo = await startDemoWithProvider();
    await open({});
  });
  afterEach(async () => {
    await context?.close();
    await demo?.close();
  });

  async function open(options: Parameters<Browser["newContext"]>[0]): Promise<void> {
    await context?.close();
    ({ context, complaints } = await watchedContext(browser, [demo.baseUrl, demo.issuer], options));
    page = await context.newPage();
    // The agent asks again when the test presses the button, and never by itself: that is all intervals are for here.
    await page.addInitScript("globalThis.setInterval = () => 0");
    await page.goto(demo.baseUrl);
    panel = page.locator("#play-provider");
  }

  async function choose(story: string, id: string): Promise<Locator> {
    await panel.getByText(story).click();
    return panel.locator(`#play-provider-${id}`);
  }

  const finished = (stage: Locator) => stage.getByText("That was the whole story").waitFor();
  const skipped = (stage: Locator) => stage.locator('.rail [data-state="skipped"]');

  /** Types the code on the demo's claim page, and lets the agent collect its token. */
  async function approve(stage: Locator, name: string): Promise<void> {
    await stage.getByText("Not approved yet").waitFor();
    const code = (await stage.locator(".user-code").textContent()) ?? "";
    await inNewTab(page, stage, "Open the claim page", name, async (tab) => {
      await tab.getByText("Sample Provider").first().waitFor();
      await tab.fill("input[name=user_code]", code);
      await tab.getByRole("button", { name: "Authorize", exact: true }).click();
      await tab.locator("input[name=user_code]").waitFor({ state: "detached" });
    });
    await press(stage, "Poll now");
  }

  it("steps up with the claim page, and matches cleanly ever after", async () => {
    const first = await choose("A person with an account", "step-up");
    await getIdJag(page, first, "alice");
    await press(first, "Next step");
    await first.getByText("401 Unauthorized").waitFor();
    await first.getByLabel("Response to Register").getByText('"interaction_required"').first().waitFor();
    await press(first, "Next step");
    await approve(first, "alice");
    await page.locator("#agents").getByText("Agent from Sample Provider").waitFor();
    await run(first);
    await finished(first);

    const second = await choose("A clean match", "clean-match");
    await run(second);
    await finished(second);
    expect(await skipped(second).count()).toBe(2);
    await second.getByRole("button", { name: "Register with the ID-JAG" }).click();
    await second.getByText("200 OK").waitFor();
    for (const name of ["ID-JAG", "identity_assertion"])
      await second.getByLabel(`Decoded ${name} of Register`).waitFor();

    // A story that does not fit says which one does.
    await choose("A person with an account", "step-up");
    await press(first, "Start over");
    await run(first);
    await first.getByRole("alert").getByText("Alice is linked already").waitFor();
    expect(complaints).toEqual([]);
  });

  it("steps up by read-back where the service uses that alone", async () => {
    await demo.close();
    demo = await startDemoWithProvider({ CEREMONY: "read-back" });
    await open({});
    expect(await page.locator("#play-anonymous").getByRole("radio").count()).toBe(0);
    const stage = await choose("A person with an account", "step-up");
    await getIdJag(page, stage, "alice");
    await run(stage);
    const field = stage.getByLabel("The code the person reads to the agent");
    await field.waitFor();
    await inNewTab(page, stage, "Open the claim page", "alice", async (tab) => {
      await tab.getByRole("button", { name: "Authorize", exact: true }).click();
      await field.fill((await tab.getByText(/^\d{3}-\d{3}$/).textContent()) ?? "");
    });
    await press(stage, "Give the code to the agent");
    await run(stage);
    await finished(stage);
    await page.locator("#agents").getByText("Agent from Sample Provider").waitFor();
    expect(complaints).toEqual([]);
  });

  it("is refused with the very next call after the provider's Revoke button", async () => {
    const stage = await choose("The provider revokes", "revoke");
    await getIdJag(page, stage, "alice");
    await run(stage);
    await approve(stage, "alice");
    await run(stage);
    await stage.getByText("Still let in").waitFor();
    await press(stage, "Call the API now");
    await stage.getByText("Request, sent 2 times").waitFor();
    await stage.getByText("200 OK").waitFor();

    await inNewTab(page, stage, "Open the provider", "alice", async (tab) => {
      await tab.getByRole("button", { name: "Revoke" }).click();
      await tab.getByText("sent", { exact: true }).waitFor();
    });
    await press(stage, "Call the API now");
    await stage.getByText("Request, sent 3 times").waitFor();
    await stage.getByText("401 Unauthorized").waitFor();
    await stage.getByLabel("Response to The person revokes").getByText('error="invalid_token"').waitFor();
    await page.locator("#agents").getByText("Disconnected").waitFor();

    await run(stage);
    await finished(stage);
    const event = stage.getByLabel("Decoded Security Event Token of");
    await event.getByText('"usr_alice"').waitFor();
    await event.getByText("identity/assertion/revoked").waitFor();
    expect(complaints).toEqual([]);
  });

  it("gives a new person an account", async () => {
    const stage = await choose("A new person", "new-person");
    await getIdJag(page, stage, "carol");
    await run(stage);
    await finished(stage);
    await stage.getByRole("button", { name: "Register with the ID-JAG" }).click();
    await stage.getByText("200 OK").waitFor();
    expect(complaints).toEqual([]);
  });

  it("claims by ID-JAG what began anonymously", async () => {
    const stage = await choose("Claim by ID-JAG", "claim");
    await getIdJag(page, stage, "alice");
    await run(stage);
    await approve(stage, "alice");
    await run(stage);
    await finished(stage);
    await stage.getByText("401 Unauthorized").waitFor();

    await press(stage, "Start over");
    await run(stage);
    await finished(stage);
    await stage.getByRole("button", { name: "Claim the registration" }).click();
    await stage.getByLabel("Response to Claim").getByText('"claimed"').waitFor();
    expect(await skipped(stage).count()).toBe(3);
    expect(complaints).toEqual([]);
  });

  it("says so when somebody else signed in", async () => {
    const stage = await choose("A new person", "new-person");
    await run(stage);
    await stage.getByText("Not signed in yet").waitFor();
    await inNewTab(page, stage, "Open the provider", "bob", async (tab) => {
      await tab.getByRole("button", { name: "Sign it in" }).click();
      await tab.getByText("Your agent is signed in").waitFor();
      // The provider asks who they are by itself, except within the second of the sign-in.
      await tab.getByRole("link", { name: "Sign out" }).click();
      await tab.getByRole("button", { name: "Sign out" }).click();
      await tab.getByText("You are signed out").waitFor();
    });
    await press(stage, "Poll now");
    await stage.getByRole("alert").getByText("bob@example.com signed in").waitFor();
    await press(stage, "Start over");
    await getIdJag(page, stage, "carol");
    expect(complaints).toEqual([]);
  });

  it.each([
    [360, "light"],
    [1280, "dark"],
  ] as const)("is accessible and fits %i pixels, %s", async (width, colorScheme) => {
    await open({ viewport: { width, height: 800 }, colorScheme });
    await expectNoAxeViolations(page, "home, nothing played");
    const stage = await choose("The provider revokes", "revoke");
    await run(stage);
    await stage.getByText("Not signed in yet").waitFor();
    await expectNoAxeViolations(page, "home, waiting for the sign-in");
    await expectNoSidewaysScroll(page);
    await press(stage, "Start over");
    await getIdJag(page, stage, "alice");
    await run(stage);
    await approve(stage, "alice");
    await run(stage);
    await stage.getByText("Still let in").waitFor();
    await expectNoAxeViolations(page, "home, waiting for Revoke");
    await stage.getByRole("button", { name: "Register with the ID-JAG" }).click();
    await stage.getByLabel("Decoded ID-JAG of").waitFor();
    await expectNoAxeViolations(page, "home, decoded tokens");
    await expectNoSidewaysScroll(page);
    expect(complaints).toEqual([]);
  });

  it("is chosen by keyboard", async () => {
    await panel.getByRole("radio", { name: "A new person" }).focus();
    await page.keyboard.press("ArrowDown");
    await panel.getByText("Alice has an account here.").waitFor();
    await panel.locator("#play-provider-step-up").waitFor();
    expect(await panel.locator("#play-provider-new-person").isVisible()).toBe(false);
  });
});
