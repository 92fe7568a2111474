/** Every page in a real Chromium without JavaScript: axe in light and dark, no sideways scrolling, and the keyboard. */
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Browser, chromium, type Page } from "playwright-core";
import { anonymousAgent, callApi, claimedAgent, type Stage, stage } from "../support/stage.js";

const axePath = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const issuer = "https://agents.example-ai.com";

let browser: Browser;
let on: Stage;
let empty: Stage;
const servers: Server[] = [];
let origin: string;
let emptyOrigin: string;
let agent: { id: string; token: string };
let jobId: string;

async function listen(app: Stage["app"]): Promise<string> {
  const server = createServer(app);
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const admin = { authorize: () => ({ id: "op_olga", name: "Olga Petrova", role: "admin" as const }) };
  on = await stage({ admin, options: { trustedProviders: [{ issuer, name: "Example AI" }] } });
  empty = await stage({ admin: { ...admin, environment: "production" } });
  origin = await listen(on.app);
  emptyOrigin = await listen(empty.app);
  agent = await claimedAgent(on, "alice", "<b>Trip</b> Planner with a name that goes on and on and on");
  for (const name of ["Notes Buddy", "W".repeat(100), null]) await anonymousAgent(on, name);
  const operator = { operatorId: "op_olga", reason: "Looks odd", ip: "203.0.113.9" };
  await on.auth.admin.suspend((await anonymousAgent(on, "Odd one")).id, operator);
  const job = { action: "revoke", filter: { clientName: "Ledger" }, includeNew: false, operator } as const;
  jobId = (await on.auth.admin.startJob(job)).id;
}, 60_000);

afterAll(async () => {
  await browser.close();
  for (const server of servers) server.close();
  await on.close();
  await empty.close();
});

interface Look {
  width: number;
  colorScheme: "light" | "dark";
}

/** What axe finds in a copy of the page that may run scripts, which the page itself may not. */
async function findings(page: Page, { colorScheme, width }: Look): Promise<string[]> {
  const html = await page.content();
  const href = /href="([^"]+\/dashboard-[^"]+)"/.exec(html)?.[1] ?? "";
  const css = await (await page.context().request.get(new URL(href, page.url()).href)).text();
  const copy = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  await copy.setContent(html.replace(/<link rel="stylesheet"[^>]*>/, () => `<style>${css}</style>`));
  await copy.addScriptTag({ path: axePath });
  const found = await copy.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
  });
  const overflow = await copy.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  await copy.close();
  return overflow === 0 ? found : [...found, `scrolls sideways by ${overflow}`];
}

async function withPage(look: Look, run: (page: Page) => Promise<void>): Promise<void> {
  const { colorScheme, width } = look;
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme,
    javaScriptEnabled: false,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  await run(page);
  await context.close();
  expect(complaints).toEqual([]);
}

const at = encodeURIComponent(issuer);
const pages = (): string[] => [
  "/",
  "/registrations",
  "/registrations?status=claimed&user=usr_alice",
  "/registrations?name=nobody",
  `/registrations/${agent.id}`,
  ...["revoke", "suspend", "narrow", "end-date"].map((change) => `/registrations/${agent.id}/${change}`),
  "/bulk/revoke?kind=anonymous",
  "/jobs",
  `/jobs/${jobId}`,
  "/delegations",
  `/delegations/unlink?issuer=${at}&subject=somebody`,
  "/providers",
  `/providers/view?issuer=${at}`,
  "/providers/add",
  `/providers/switch/disable?issuer=${at}`,
  "/audit",
  "/mail",
  "/keys",
  "/keys/rotate",
  "/settings",
  "/workbench",
  "/incident",
  "/nope",
];

describe.each<Look>([
  { width: 320, colorScheme: "light" },
  { width: 390, colorScheme: "dark" },
  { width: 1280, colorScheme: "dark" },
  { width: 1280, colorScheme: "light" },
])("at $width px, $colorScheme", (look) => {
  test("every page is clean", async () => {
    await withPage(look, async (page) => {
      const found: Record<string, string[]> = {};
      for (const address of [...pages().map((path) => origin + on.mount + path), emptyOrigin + on.mount]) {
        await page.goto(address);
        const problems = await findings(page, look);
        if (problems.length > 0) found[address] = problems;
      }
      expect(found).toEqual({});
    });
    expect([...on.failures, ...empty.failures]).toEqual([]);
  }, 120_000);
});

test("a form without a reason says so at its field, and axe finds nothing in it", async () => {
  const look: Look = { width: 390, colorScheme: "light" };
  await withPage(look, async (page) => {
    await page.goto(`${origin}${on.mount}/registrations/${agent.id}/suspend`);
    await page.getByRole("button", { name: "Suspend it now" }).click();
    expect(await page.getByRole("alert").textContent()).toContain("Say why");
    expect(await findings(page, look)).toEqual([]);
  });
});

test("by keyboard alone: skip the navigation, revoke, and the next call is refused", async () => {
  const { id, token } = await anonymousAgent(on, "Short lived");
  await withPage({ width: 1280, colorScheme: "light" }, async (page) => {
    await page.goto(`${origin}${on.mount}/registrations/${id}`);
    await page.keyboard.press("Tab");
    expect(await page.getByRole("link", { name: "Skip to content" }).isVisible()).toBe(true);
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: "Revoke…" }).press("Enter");
    await page.getByLabel("Reason").press("O");
    await page.getByLabel("Reason").fill("Over");
    await page.getByLabel("Reason").press("Enter");
    expect(await page.getByRole("status").textContent()).toContain("Revoked");
  });
  expect((await callApi(on, token)).status).toBe(401);
});
