/** Every state of the pages people see: axe finds nothing, nothing scrolls sideways, nothing is blocked or foreign. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import {
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  launchBrowser,
  signedIn,
} from "../support/browser.js";
import { type ClaimState, noticeStates, reviewStates } from "../support/claim-states.js";
import { hostApp } from "../support/host-app.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

const screens = [
  { width: 320, colorScheme: "light" },
  { width: 1280, colorScheme: "dark" },
] as const;

async function expectGoodLooks({ heading, words, as = "alice", options, reach }: ClaimState): Promise<void> {
  const host = await hostApp(options);
  const opened = await signedIn(browser, host, as);
  try {
    const { page, complaints, sees } = opened;
    await reach({ ...opened, host, claim: await host.ask() });
    await sees(heading);
    if (words !== undefined) expect(await page.getByRole("main").textContent()).toContain(words);
    for (const { width, colorScheme } of screens) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await expectNoSidewaysScroll(page);
      await expectNoAxeViolations(page);
    }
    expect(complaints).toEqual([]);
  } finally {
    await opened.context.close();
    await host.close();
  }
}

describe("the review page is accessible and fits small and large screens", () => {
  test.each(reviewStates)("$name", expectGoodLooks);
});

describe("a notice is accessible and fits small and large screens", () => {
  test.each(noticeStates)("$name", expectGoodLooks);
});
