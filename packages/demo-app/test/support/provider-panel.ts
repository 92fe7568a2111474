/** Owns what tests do in a panel of the agent with a provider: buttons, the person's part in further tabs. */
import type { Locator, Page } from "playwright-core";

export const run = (stage: Locator) => stage.getByRole("button", { name: /^Run / }).click();
export const press = (stage: Locator, name: string) =>
  stage.getByRole("button", { name, exact: true }).click();

/** Follows the link in the panel to a second tab, signs in there if asked to, and closes it after `work`. */
export async function inNewTab(
  page: Page,
  stage: Locator,
  link: string,
  name: string,
  work: (tab: Page) => Promise<void>,
): Promise<void> {
  const [tab] = await Promise.all([
    page.context().waitForEvent("page"),
    stage.getByRole("link", { name: link }).click(),
  ]);
  await tab.waitForLoadState();
  if (await tab.locator("input[name=password]").isVisible()) {
    await tab.fill("input[name=email]", `${name}@example.com`);
    await tab.fill("input[name=password]", `${name}-demo`);
    await tab.getByRole("button", { name: "Sign in", exact: true }).click();
  }
  await work(tab);
  await tab.close();
  await page.bringToFront();
}

/** From the first step to an ID-JAG: the person signs in at the provider, and allows the service there. */
export async function getIdJag(page: Page, stage: Locator, name: string): Promise<void> {
  await run(stage);
  await stage.getByText("Not signed in yet").waitFor();
  const code = (await stage.locator(".user-code").textContent()) ?? "";
  await inNewTab(page, stage, "Open the provider", name, async (tab) => {
    await tab.getByText(code).waitFor();
    await tab.getByRole("button", { name: "Sign it in" }).click();
    await tab.getByText("Your agent is signed in").waitFor();
  });
  await press(stage, "Poll now");
  await stage.getByLabel("Decoded ID token of").getByText(`"${name}@example.com"`).waitFor();
  await run(stage);
  await stage.getByText("Not allowed yet").waitFor();
  await inNewTab(page, stage, "Open the consent page", name, async (tab) => {
    await tab.getByText("Agent Auth Demo Notes").waitFor();
    await tab.getByRole("button", { name: "Always allow" }).click();
    await tab.getByText("Allowed until you revoke it").waitFor();
  });
  await press(stage, "Ask again");
  await stage.getByLabel("Decoded ID-JAG of").getByText('"oauth-id-jag+jwt"').waitFor();
}
