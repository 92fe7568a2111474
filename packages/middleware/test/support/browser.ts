/** Owns a person with a real browser: signs in, reads pages by role and label, and notes everything that is wrong. */
import { expect } from "@jest/globals";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { axeResult } from "./chromium.js";
import type { HostApp } from "./host-app.js";
import type { Person } from "./world.js";

export { launchChromium as launchBrowser } from "./chromium.js";

export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** Console errors, violations of the content policy, script errors, requests to other hosts. */
  complaints: string[];
  signIn(person: Person): Promise<void>;
  heading(): Promise<string | null>;
  /** Waits for the page with this heading. */
  sees(heading: string): Promise<void>;
  typeCode(code: string): Promise<void>;
  press(button: "Authorize" | "Deny"): Promise<void>;
}

/** A browser profile of its own, with one tab. */
export async function visitor(
  browser: Browser,
  { baseUrl }: HostApp,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Visitor> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  context.on("console", (message) => {
    // Chromium reports every page that is not 2xx as an error.
    const isStatus = /the server responded with a status of \d{3}/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isStatus) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => {
    if (!request.url().startsWith(`${baseUrl}/`)) complaints.push(`foreign request to ${request.url()}`);
  });
  context.on("response", (response) => {
    if (response.status() >= 400 && !response.request().isNavigationRequest())
      complaints.push(`${response.status()} for ${response.url()}`);
  });
  const page = await context.newPage();
  return {
    context,
    page,
    complaints,
    async signIn(person) {
      await page.getByLabel("Name").fill(person);
      await page.getByRole("button", { name: "Sign in" }).click();
    },
    heading: () => page.getByRole("heading", { level: 1 }).textContent(),
    async sees(heading) {
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      // What is counted next may not have arrived with the heading.
      await page.waitForLoadState("load");
    },
    typeCode: (code) => page.getByLabel("Code your agent shows you").fill(code),
    press: (name) => page.getByRole("button", { name, exact: true }).click(),
  };
}

/** Signed in as this person already. */
export async function signedIn(
  browser: Browser,
  host: HostApp,
  person: Person,
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<Visitor> {
  const opened = await visitor(browser, host, options);
  await opened.context.addCookies([{ name: "session", value: person, url: host.baseUrl }]);
  return opened;
}

/** What axe finds, by rule and element. */
export async function expectNoAxeViolations(page: Page): Promise<void> {
  const { violations, passes } = await axeResult(page);
  expect(violations).toEqual([]);
  expect(passes).toBeGreaterThan(5);
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const root = "document.documentElement";
  const [content, shown] = (await page.evaluate(`[${root}.scrollWidth, ${root}.clientWidth]`)) as number[];
  expect(content).toBeLessThanOrEqual(shown as number);
}

/** What has the focus, as a screen reader would name it. */
export async function focused(page: Page): Promise<string> {
  const element = "document.activeElement";
  return (await page.evaluate(
    `(${element}.labels?.[0] ?? ${element}).textContent.trim() || ${element}.tagName`,
  )) as string;
}

/** Presses Tab until this has the focus; what had it on the way, in order. */
export async function tabTo(page: Page, name: string): Promise<string[]> {
  const seen: string[] = [];
  while (seen.at(-1) !== name) {
    await page.keyboard.press("Tab");
    seen.push(await focused(page));
    if (seen.length > 20) throw new Error(`no way to ${name}: ${seen.join(", ")}`);
  }
  return seen;
}
