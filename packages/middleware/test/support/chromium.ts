/** Owns the Chromium of all browser tests: how it is started, and what axe says about its pages. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";

const flags =
  "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync";
/** The last `--disable-features` is the one that counts, so these are playwright's own, to be kept beside ours. */
const disabledByPlaywright = [
  "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
  "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect",
  "TcpPortRandomizationWin,OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch",
  "msForceBrowserSignIn,msEdgeUpdateLaunchServicesPreferredVersion",
];
/**
 * What costs more than our pages do, and no page can tell: the list below an address bar, which is two pages of its own
 * that every window loads, a process that waits for a next page, and a new frame for each page of the same site.
 */
const disabledByUs = ["WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess,RenderDocument"];

export function launchChromium(): Promise<Browser> {
  const features = [...disabledByPlaywright, ...disabledByUs].join();
  return chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: [...flags.split(" "), `--disable-features=${features}`],
  });
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export interface AxeResult {
  /** By rule: the elements that break it. */
  violations: { id: string; nodes: string[] }[];
  /** How many rules hold. */
  passes: number;
}

/** What axe finds on a page as it is shown now. A document is given axe once, however often it is looked at. */
export async function axeResult(page: Page, options: object = {}): Promise<AxeResult> {
  // A click comes back when the next page has begun: half of an element has no name yet.
  await page.waitForLoadState("load");
  // Without a value: axe itself would be sent back.
  if (await page.evaluate<boolean>("globalThis.axe === undefined"))
    await page.evaluate(`${axeSource};undefined`);
  return page.evaluate(async (given) => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(options: object): Promise<{
          violations: { id: string; nodes: { html: string }[] }[];
          passes: object[];
        }>;
      };
    };
    // Selectors are dear to find, and the HTML of an element says which one it is.
    const { violations, passes } = await axe.run({ selectors: false, ...given });
    return {
      violations: violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) })),
      passes: passes.length,
    };
  }, options);
}
