/** The list of registrations in a real browser, without and with JavaScript: found, narrowed, sorted, turned, exported. */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { type Desk, deskAt, launchBrowser, listening, scripting } from "../support/desk.js";
import { anonymousAgent, claimedAgent, people, type Stage, stage } from "../support/stage.js";

let browser: Browser;
let on: Stage;
let server: Awaited<ReturnType<typeof listening>>;
let planner: { id: string; token: string };
const others = 52;

beforeAll(async () => {
  browser = await launchBrowser();
  on = await stage();
  server = await listening(on);
  planner = await claimedAgent(on, "alice", "Trip Planner");
  for (let number = 1; number <= others; number += 1) {
    on.clock.advance(1);
    await anonymousAgent(on, `Reader ${number}`);
  }
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await on?.close();
});

describe.each(scripting)("with JavaScript %s", (_scripting, options) => {
  let desk: Desk;
  beforeAll(async () => {
    desk = await deskAt(browser, server.base, options);
  });
  afterAll(async () => {
    await desk.close();
    expect(desk.complaints).toEqual([]);
    expect(on.failures).toEqual([]);
  });
  const url = () => new URL(desk.page.url());
  const search = async (text: string) => {
    await desk.open("/registrations");
    await desk.fill({ Search: text });
    await desk.press("Search");
  };

  test.each([
    ["the start of a name", () => "Trip"],
    ["a whole id", () => planner.id],
    ["a user's address", () => people.alice?.email ?? ""],
  ])("finds an agent by %s, and leads to it", async (_what, text) => {
    await search(text());
    const rows = await desk.rows();
    expect(rows).toHaveLength(1);
    expect(rows[0]).toContain("Trip Planner");
    expect(decodeURIComponent(url().href)).not.toContain("@");
    await desk.page.locator(`tbody a[href$="/registrations/${planner.id}"]`).first().click();
    await desk.page.waitForURL(`**/registrations/${planner.id}`);
    expect(await desk.heading()).toContain("Trip Planner");
  });

  test("says so when nothing matches, and leads back to all", async () => {
    await search("nobody@nowhere.example");
    expect(await desk.page.getByRole("heading", { level: 2, name: "Nothing matches" }).isVisible()).toBe(
      true,
    );
    await desk.follow("Show all registrations");
    expect((await desk.rows()).length).toBe(50);
  });

  test("narrows by choices that become chips, each of which can be taken off", async () => {
    await desk.open("/registrations");
    await desk.fill({ Status: "claimed", Kind: "service_auth" });
    await desk.press("Search");
    expect(await desk.rows()).toHaveLength(1);
    const shared = url().href;
    await desk.page.goto(shared);
    expect(await desk.rows()).toHaveLength(1);
    const chips = desk.page.getByRole("group", { name: "Active filters" });
    expect(await chips.getByRole("listitem").count()).toBe(2);
    await Promise.all([desk.page.waitForEvent("load"), chips.getByRole("link", { name: /Status/ }).click()]);
    expect(url().search).toBe("?kind=service_auth");
    await desk.follow("Clear all");
    expect(url().search).toBe("");
  });

  test("sorts by a header and back, and turns pages there and back without losing a row", async () => {
    await desk.open("/registrations");
    expect((await desk.rows())[0]).toContain(`Reader ${others}`);
    await desk.follow(/^Created/);
    const first = await desk.rows();
    expect(first[0]).toContain("Trip Planner");
    expect(await desk.page.locator("th[aria-sort=ascending]").textContent()).toContain("Created");
    await desk.follow(/^Next page/);
    const second = await desk.rows();
    expect([first.length, second.length]).toEqual([50, others + 1 - 50]);
    expect(new Set([...first, ...second]).size).toBe(others + 1);
    await desk.follow(/Previous page$/);
    expect(await desk.rows()).toEqual(first);
  });

  test("exports what the filter finds", async () => {
    await desk.open("/registrations?name=Reader%204");
    const lines = (await desk.download("Export as CSV")).trim().split("\n");
    // Reader 4 and Reader 40 to 49, below the names of the columns.
    expect(lines).toHaveLength(12);
    expect(lines.slice(1).every((line) => line.includes("Reader 4"))).toBe(true);
  });

  test("survives hostile addresses", async () => {
    for (const query of [
      "?after=%00",
      "?before=x&after=y",
      "?status=<script>",
      `?q=${"%F0%9F%92%A3".repeat(200)}`,
    ]) {
      await desk.open(`/registrations${query}`);
      expect(await desk.heading()).toBe("Registrations");
    }
  });
});
