/** Owns an operator with a real browser at the dashboard: opens pages, fills in forms, and notes everything that is wrong. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "@jest/globals";
import type { Browser, BrowserContextOptions, Download, Page } from "playwright-core";
import { axeResult } from "../../../middleware/test/support/chromium.js";
import type { Role } from "../../src/options.js";
import { operatorHeader, type Stage } from "./stage.js";

export { launchChromium as launchBrowser } from "../../../middleware/test/support/chromium.js";

/** Both ways a browser may be set; the dashboard has to work in either. */
export const scripting = [
  ["off", { javaScriptEnabled: false }],
  ["on", { javaScriptEnabled: true }],
] as const;

/** Serves the stage on a port of this computer. `base` is the address of its dashboard. */
export async function listening(on: Stage): Promise<{ base: string; close(): void }> {
  const server = createServer(on.app);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}${on.mount}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface Desk {
  page: Page;
  /** Console errors, violations of the content policy, script errors, subresources that fail, foreign requests. */
  complaints: string[];
  /** Opens a page of the dashboard by its path below the mount. */
  open(path: string): Promise<void>;
  /** Follows a link and waits for the page it leads to. */
  follow(name: string | RegExp): Promise<void>;
  /** Sends the form with this button and waits for the page it leads to. */
  press(name: string | RegExp): Promise<void>;
  /** Fills in fields by their labels. */
  fill(fields: Record<string, string>): Promise<void>;
  download(name: string): Promise<string>;
  heading(): Promise<string>;
  /** What the page says about the action that led to it. */
  said(): Promise<string>;
  /** What the page says is wrong with what was sent. */
  problems(): Promise<string>;
  /** The rows of the page's table, as they are read, without the head. */
  rows(): Promise<string[]>;
  close(): Promise<void>;
}

/** Somebody of this role at a dashboard, given by its address, in a browser profile of their own. */
export async function deskAt(
  browser: Browser,
  base: string,
  { role = "admin", ...options }: BrowserContextOptions & { role?: Role } = {},
): Promise<Desk> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 720 },
    reducedMotion: "reduce",
    extraHTTPHeaders: { [operatorHeader]: role },
    ...options,
  });
  context.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  context.on("console", (message) => {
    // Chromium reports every page that is not 2xx as an error.
    const isStatus = /the server responded with a status of \d{3}/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isStatus) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => {
    if (!request.url().startsWith(`${new URL(base).origin}/`))
      complaints.push(`foreign request to ${request.url()}`);
  });
  context.on("response", (response) => {
    const isPage = response.request().isNavigationRequest();
    if (response.status() >= (isPage ? 500 : 400) && !response.url().endsWith("/favicon.ico"))
      complaints.push(`${response.status()} for ${response.url()}`);
  });
  const page = await context.newPage();
  const leading = async (act: () => Promise<void>) => {
    await Promise.all([page.waitForEvent("load"), act()]);
  };
  const text = async (selector: string) =>
    ((await page.locator(selector).first().textContent()) ?? "").replace(/\s+/g, " ").trim();

  return {
    page,
    complaints,
    open: async (path) => {
      await page.goto(base + path);
    },
    follow: (name) => leading(() => page.getByRole("link", { name, exact: true }).first().click()),
    press: (name) => leading(() => page.getByRole("button", { name, exact: true }).first().click()),
    async fill(fields) {
      for (const [label, value] of Object.entries(fields)) {
        const field = page.locator("input, select, textarea").and(page.getByLabel(label)).first();
        if ((await field.evaluate((element) => element.tagName)) === "SELECT")
          await field.selectOption(value);
        else await field.fill(value);
      }
    },
    async download(name) {
      const [download] = await Promise.all<[Promise<Download>, Promise<void>]>([
        page.waitForEvent("download"),
        page.getByRole("button", { name, exact: true }).click(),
      ] as never);
      return readFileSync(await (download as Download).path(), "utf8");
    },
    heading: () => text("h1"),
    said: () => text("[role=status]"),
    problems: () => text("[role=alert]"),
    async rows() {
      const found = await page.locator("tbody tr").allTextContents();
      return found.map((row) => row.replace(/\s+/g, " ").trim());
    },
    close: () => context.close(),
  };
}

const everything = {
  type: "tag",
  values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
};
/** What another colour scheme or width can make worse. */
const looks = { type: "rule", values: ["color-contrast", "target-size", "scrollable-region-focusable"] };

/** What axe finds on the page as it is shown now; in its looks only, where the page itself has been seen to. */
export async function axeFindings(
  page: Page,
  extent: "everything" | "looks" = "everything",
): Promise<string[]> {
  const runOnly = extent === "looks" ? looks : everything;
  const { violations } = await axeResult(page, { runOnly, resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => `${id}: ${nodes.join(" ")}`);
}

/** By how many pixels the page, or the table that sticks out most, scrolls sideways at this width. */
export async function overflowAt(page: Page, width: number): Promise<number> {
  await page.setViewportSize({ width, height: 900 });
  return page.evaluate<number>(`Math.max(...[document.documentElement, ...document.querySelectorAll(".table-frame")]
    .map(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth))`);
}

/** Presses Tab through the whole page: every control has its turn, in the order it is read, and can be seen to. */
export async function expectKeyboardReachesAll(page: Page): Promise<void> {
  const wanted = await page.evaluate<number>(`(() => {
    const controls = "a[href], button, input:not([type=hidden]), select, textarea, summary";
    const all = [...document.querySelectorAll(controls)].filter((one) => one.checkVisibility());
    globalThis.seen = [];
    document.addEventListener("focusin", ({ target }) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(target);
      globalThis.seen.push([all.indexOf(target), outlineStyle !== "none" && parseFloat(outlineWidth) >= 2]);
    });
    document.activeElement.blur();
    return all.length;
  })()`);
  // A field of a date has several stops of its own.
  const stops = wanted + 4 * (await page.locator("input[type=date]").count());
  for (let press = 0; press < stops; press += 1) await page.keyboard.press("Tab");
  const seen = await page.evaluate<[number, boolean][]>("globalThis.seen");
  const first = seen.filter(([index], at) => seen.findIndex(([other]) => other === index) === at);
  expect(first).toEqual(Array.from({ length: wanted }, (_, index) => [index, true]));
}
