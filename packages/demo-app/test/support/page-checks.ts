/** Owns what every page has to pass in a browser: axe finds nothing, and nothing scrolls sideways. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { expect } from "@jest/globals";
import type { Page } from "playwright-core";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export async function expectNoAxeViolations(page: Page, where: string): Promise<void> {
  await page.evaluate(axeSource);
  // Frames show mail, sandboxed: nothing in there answers.
  // biome-ignore lint/suspicious/noExplicitAny: axe is a global of the page
  const { violations } = await page.evaluate(() => (globalThis as any).axe.run({ iframes: false }));
  const found = violations.map((violation: { id: string; nodes: { html: string }[] }) => ({
    where,
    id: violation.id,
    nodes: violation.nodes.map(({ html }) => html),
  }));
  expect(found).toEqual([]);
}

export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = (await page.evaluate(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  )) as [number, number];
  expect(content).toBeLessThanOrEqual(window);
}
