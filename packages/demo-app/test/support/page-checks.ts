/** Owns what every page has to pass in a browser: axe finds nothing, and nothing scrolls sideways. */
import { expect } from "@jest/globals";
import type { Page } from "playwright-core";
import { axeResult } from "../../../middleware/test/support/chromium.js";

export async function expectNoAxeViolations(page: Page, where: string): Promise<void> {
  // Frames show mail, sandboxed: nothing in there answers.
  const { violations } = await axeResult(page, { iframes: false });
  expect(violations.map((violation) => ({ where, ...violation }))).toEqual([]);
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  await page.waitForLoadState("load");
  const [content, window] = (await page.evaluate(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  )) as [number, number];
  expect(content).toBeLessThanOrEqual(window);
}
