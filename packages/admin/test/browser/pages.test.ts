/**
 * Every page and state of the dashboard as it looks in a real browser: axe finds nothing in light and in dark, nothing
 * scrolls sideways however narrow, and the keyboard gets everywhere.
 */
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { testIssuer } from "../../../middleware/test/support/issuer.js";
import { routes } from "../../src/router.js";
import {
  axeFindings,
  type Desk,
  deskAt,
  expectKeyboardReachesAll,
  launchBrowser,
  listening,
  overflowAt,
} from "../support/desk.js";
import { linkedAgent, type ProviderStage, providerStage } from "../support/provider.js";
import { anonymousAgent, callApi, claimedAgent } from "../support/stage.js";

const configured = "https://agents.example-ai.com";
const longName = "<b>Trip</b> Planner with a name that goes on and on and on, as far as names may go";

let browser: Browser;
let on: ProviderStage;
let server: Awaited<ReturnType<typeof listening>>;
let desk: Desk;
let agent: { id: string; token: string };
let tokenHash = "";
let jobs: string[];

beforeAll(async () => {
  browser = await launchBrowser();
  on = await providerStage({
    options: {
      trustedProviders: [{ issuer: configured, name: "Example AI" }],
      mail: { smtp: "smtp://127.0.0.1:1", from: "Example Notes <no-reply@notes.example>" },
    },
  });
  server = await listening(on);
  desk = await deskAt(browser, server.base);
  agent = await claimedAgent(on, "alice", longName);
  await linkedAgent(on);
  for (const name of ["Notes Buddy", "W".repeat(100), null]) await anonymousAgent(on, name);
  const operator = { operatorId: "op_olga", reason: "Looks odd", ip: "203.0.113.9" };
  await on.auth.admin.suspend((await anonymousAgent(on, "Odd one")).id, operator);
  const start = (action: "revoke" | "resume", clientName: string) =>
    on.auth.admin.startJob({ action, filter: { clientName }, includeNew: false, operator });
  jobs = [(await start("resume", "Ledger")).id];
  await on.auth.sweep();
  jobs.push((await start("revoke", "Ledger")).id);
  tokenHash = (await on.auth.admin.queries?.listTokens(agent.id))?.[0]?.hash ?? "";
}, 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  await on?.close();
  expect(desk.complaints).toEqual([]);
  expect(on.failures).toEqual([]);
});

/** A path for every page there is; the test below sees to it that none is missing. */
const paths: Record<string, () => string> = {
  "/": () => "/",
  "/registrations": () => "/registrations",
  "/registrations/:id": () => `/registrations/${agent.id}`,
  "/registrations/:id/:change": () => `/registrations/${agent.id}/revoke`,
  "/registrations/:id/tokens/:hash": () => `/registrations/${agent.id}/tokens/${tokenHash}`,
  "/bulk/:action": () => "/bulk/revoke?kind=anonymous",
  "/jobs": () => "/jobs",
  "/jobs/:id": () => `/jobs/${jobs[1]}`,
  "/delegations": () => "/delegations",
  "/delegations/unlink": () =>
    `/delegations/unlink?issuer=${encodeURIComponent(on.idp.issuer)}&subject=person-alice`,
  "/providers": () => "/providers",
  "/providers/view": () => `/providers/view?issuer=${encodeURIComponent(on.idp.issuer)}`,
  "/providers/add": () => "/providers/add",
  "/providers/edit": () => `/providers/edit?issuer=${encodeURIComponent(on.idp.issuer)}`,
  "/providers/switch/:to": () => `/providers/switch/disable?issuer=${encodeURIComponent(configured)}`,
  "/audit": () => "/audit",
  "/mail": () => "/mail",
  "/keys": () => "/keys",
  "/keys/rotate": () => "/keys/rotate",
  "/settings": () => "/settings",
  "/workbench": () => "/workbench",
  "/incident": () => "/incident",
};

async function lookAtNewcomer(): Promise<void> {
  const newcomer = await testIssuer(on.clock);
  await desk.open("/providers/add");
  await desk.fill({ Issuer: newcomer.issuer });
  await desk.press("Fetch its keys");
}

async function incidentOf(user: string): Promise<void> {
  await desk.open("/incident");
  await desk.fill({ "User id": user, Reason: "Her laptop is gone", "Type the same again": user });
  await desk.press("Revoke this user’s agents…");
}

/** What pages look like on other occasions: filtered, empty, after a mistake, after an action. */
const states: Record<string, () => Promise<void>> = {
  "registrations, filtered": () => desk.open("/registrations?status=claimed&kind=service_auth&order=oldest"),
  "registrations, by a person": () => desk.open("/registrations?user=usr_alice&sort=last_used"),
  "registrations, nothing found": () => desk.open("/registrations?name=nobody"),
  "narrowing, after a mistake": async () => {
    await desk.open(`/registrations/${agent.id}/narrow`);
    await desk.press("Narrow its scopes");
  },
  "end date": () => desk.open(`/registrations/${agent.id}/end-date`),
  "registration, after an action": async () => {
    await desk.open(`/registrations/${agent.id}/end-date`);
    await desk.fill({ "Stops at the start of this day": "2099-12-31", Reason: "A trial" });
    await desk.press("Save the end date");
  },
  "bulk, without a filter": () => desk.open("/bulk/revoke"),
  "bulk, nothing found": () => desk.open("/bulk/suspend?name=nobody"),
  "bulk, after a mistake": async () => {
    await desk.open("/bulk/suspend?kind=anonymous");
    await desk.press(/^Suspend \d+$/);
  },
  "job, finished": () => desk.open(`/jobs/${jobs[0]}`),
  "delegations, nothing found": () => desk.open("/delegations?user=usr_nobody"),
  "provider, from the configuration": () =>
    desk.open(`/providers/view?issuer=${encodeURIComponent(configured)}`),
  "adding a provider, after a mistake": async () => {
    await desk.open("/providers/add");
    await desk.press("Fetch its keys");
  },
  "adding a provider, second step": lookAtNewcomer,
  "adding a provider, second step after a mistake": async () => {
    await lookAtNewcomer();
    await desk.press("Trust this provider");
  },
  "audit log, nothing found": () => desk.open("/audit?actor=op_nobody"),
  "workbench, refused": async () => {
    await desk.open("/workbench");
    await desk.fill({ "ID-JAG": on.idJag({ aud: "https://elsewhere.example" }) });
    await desk.press("Check it");
  },
  "incident, after a mistake": async () => {
    await desk.open("/incident");
    await desk.press("Revoke every agent…");
  },
  "incident, what it reaches": () => incidentOf("usr_alice"),
  "incident, nothing found": () => incidentOf("usr_nobody"),
  "an unknown address": () => desk.open("/nope"),
};

test("no page is left out", () => {
  const pages = routes.filter(({ method }) => method === "GET");
  expect(Object.keys(paths).sort()).toEqual(pages.map(({ path }) => path).sort());
});

/** With `SCREENSHOTS=folder`, each page is kept there as it looks on a phone and on a desk, to be looked at. */
const shots = process.env.SCREENSHOTS;
async function shoot(name: string, look: "light" | "dark"): Promise<void> {
  if (shots === undefined) return;
  const file = name.replace(/[^a-z]+/gi, "-").replace(/^-|-$/g, "") || "overview";
  for (const width of [360, 1280]) {
    await desk.page.setViewportSize({ width, height: 900 });
    await desk.page.screenshot({ path: `${shots}/${file}-${width}-${look}.png`, fullPage: true });
  }
}

describe.each([
  ...Object.entries(paths).map(([name, path]) => [name, () => desk.open(path())] as const),
  ...Object.entries(states),
])("%s", (name, show) => {
  test("is clean in light and dark, wide and narrow, and by keyboard", async () => {
    const { page } = desk;
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 900 });
    await show();
    expect(await axeFindings(page)).toEqual([]);
    await shoot(name, "light");
    await page.emulateMedia({ colorScheme: "dark" });
    await shoot(name, "dark");
    const tooNarrow: number[] = [];
    for (const width of [1440, 1280, 1100, 960, 768, 600, 390, 320])
      if ((await overflowAt(page, width)) > 0) tooNarrow.push(width);
    expect(tooNarrow).toEqual([]);
    expect(await axeFindings(page, "looks")).toEqual([]);
    await expectKeyboardReachesAll(page);
  });
});

test("on an empty service and in production, too", async () => {
  const empty = await providerStage({ admin: { environment: "production" } });
  const place = await listening(empty);
  const visitor = await deskAt(browser, place.base, { colorScheme: "dark" });
  for (const path of ["/", "/registrations", "/jobs", "/delegations", "/audit", "/mail"]) {
    await visitor.open(path);
    expect(await axeFindings(visitor.page)).toEqual([]);
    expect(await overflowAt(visitor.page, 320)).toBe(0);
  }
  await visitor.close();
  place.close();
  await empty.close();
  expect(visitor.complaints).toEqual([]);
});

test("somebody who does not use a mouse skips the navigation, revokes, and the next call is refused", async () => {
  const { id, token } = await anonymousAgent(on, "Short lived");
  const { page } = desk;
  await page.setViewportSize({ width: 1280, height: 900 });
  await desk.open(`/registrations/${id}`);
  await page.keyboard.press("Tab");
  expect(await page.getByRole("link", { name: "Skip to content" }).isVisible()).toBe(true);
  await page.keyboard.press("Enter");
  await page.getByRole("link", { name: "Revoke…", exact: true }).press("Enter");
  await page.getByLabel("Reason").fill("Over");
  await page.getByLabel("Reason").press("Enter");
  expect(await page.getByRole("status").textContent()).toContain("Revoked");
  expect((await callApi(on, token)).status).toBe(401);
});
