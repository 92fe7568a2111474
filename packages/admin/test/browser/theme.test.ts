/** Choosing light or dark in a real browser, without and with JavaScript, against what the browser itself prefers. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { axeFindings, type Desk, deskAt, launchBrowser, listening, scripting } from "../support/desk.js";
import { anonymousAgent, claimedAgent, type Stage, stage } from "../support/stage.js";

let browser: Browser;
let on: Stage;
let server: Awaited<ReturnType<typeof listening>>;
let id: string;
beforeAll(async () => {
  browser = await launchBrowser();
  on = await stage();
  server = await listening(on);
  ({ id } = await claimedAgent(on, "alice"));
  await anonymousAgent(on);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await on?.close();
});

const backgroundOf = ({ page }: Desk) =>
  page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
const schemeOf = ({ page }: Desk) =>
  page.evaluate<string>("getComputedStyle(document.documentElement).colorScheme");
const isDark = async (desk: Desk) => {
  const parts = (await backgroundOf(desk)).match(/\d+/g)?.map(Number) ?? [];
  return parts.slice(0, 3).every((part) => part < 60);
};
const pressed = ({ page }: Desk) =>
  page.getByRole("group", { name: "Colours" }).getByRole("button", { pressed: true }).textContent();

describe.each(scripting)("with JavaScript %s", (_scripting, options) => {
  test.each(["light", "dark"] as const)(
    "where the browser prefers %s, the choice wins",
    async (colorScheme) => {
      const desk = await deskAt(browser, server.base, { ...options, colorScheme, role: "viewer" });
      await desk.open(`/registrations?kind=anonymous&order=oldest`);
      expect(await pressed(desk)).toBe("System");
      expect(await isDark(desk)).toBe(colorScheme === "dark");
      const other = colorScheme === "dark" ? "Light" : "Dark";
      const address = desk.page.url();
      await desk.press(other);
      expect(desk.page.url()).toBe(address);
      expect(await pressed(desk)).toBe(other);
      expect(await isDark(desk)).toBe(other === "Dark");
      expect(await schemeOf(desk)).toBe(other.toLowerCase());
      for (const path of ["", `/registrations/${id}`, "/nope"]) {
        await desk.open(path);
        expect(await isDark(desk)).toBe(other === "Dark");
      }
      await desk.press("System");
      expect(await isDark(desk)).toBe(colorScheme === "dark");
      expect(await desk.page.context().cookies()).not.toContainEqual(
        expect.objectContaining({ name: "agent-admin-theme" }),
      );
      expect(desk.complaints).toEqual([]);
      await desk.close();
    },
  );
});

test.each([
  ["Dark", "light", 1280],
  ["Light", "dark", 1280],
  ["Dark", "light", 360],
] as const)("axe finds nothing in %s chosen against %s, %i px wide", async (chosen, colorScheme, width) => {
  const desk = await deskAt(browser, server.base, { colorScheme, viewport: { width, height: 900 } });
  for (const path of ["/registrations", `/registrations/${id}`, `/registrations/${id}/narrow`]) {
    await desk.open(`${path}#navigation`);
    await desk.press(chosen);
    // On a narrow page the menu it stands in is closed now.
    expect(await desk.page.locator("html").getAttribute("data-theme")).toBe(chosen.toLowerCase());
    expect([path, await axeFindings(desk.page)]).toEqual([path, []]);
  }
  expect(desk.complaints).toEqual([]);
  await desk.close();
});
