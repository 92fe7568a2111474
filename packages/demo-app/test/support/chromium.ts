/** Owns a Chromium for tests, whose pages are watched for errors and for requests to places they should not know. */
import type { Browser, BrowserContext } from "playwright-core";

export { launchChromium } from "../../../middleware/test/support/chromium.js";

/** A fresh profile. What goes wrong in it ends up in `complaints`. */
export async function watchedContext(
  browser: Browser,
  origins: string[],
  options: Parameters<Browser["newContext"]>[0] = {},
): Promise<{ context: BrowserContext; complaints: string[] }> {
  const complaints: string[] = [];
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  context.on("console", (message) => {
    // Chromium reports every 4xx as an error; an agent's refusals are part of the play.
    const isRefusal = /the server responded with a status of (400|401|403|409)/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isRefusal)
      complaints.push(`${message.text()} ${message.location().url}`);
  });
  context.on("weberror", (error) => complaints.push(error.error().message));
  context.on("request", (request) => {
    if (!origins.includes(new URL(request.url()).origin))
      complaints.push(`foreign request to ${request.url()}`);
  });
  return { context, complaints };
}
