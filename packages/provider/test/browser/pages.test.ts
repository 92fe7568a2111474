/** The pages in a real Chromium without JavaScript: sign in, allow, look, revoke. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import express from "express";
import type { Browser, Page } from "playwright-core";
import { axeResult, launchChromium } from "../../../middleware/test/support/chromium.js";
import { type AgentProvider, agentProvider } from "../../src/index.js";
import { type Receiver, receiver } from "../support/receiver.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
}, 60_000);
afterAll(() => browser.close());

let provider: AgentProvider;
let server: Server;
let notes: Receiver;
beforeEach(async () => {
  notes = await receiver();
  server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  provider = agentProvider({
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    storage: "sqlite::memory:",
    dangerouslyAllowPrivateNetwork: true,
    backgroundWork: false,
    // Refused events are part of what is shown here.
    logger: { debug() {}, info() {}, warn() {}, error: console.error },
  });
  const app = express();
  app.use(provider);
  server.on("request", app);
});
afterEach(async () => {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
  await provider.close();
  await notes.close();
});

interface Look {
  width: number;
  colorScheme: "light" | "dark";
}

/** Runs with a page of that look, and fails when the browser complained about anything. */
async function withPage(look: Look, run: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.colorScheme,
    javaScriptEnabled: false,
    baseURL: provider.issuer,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    // A refused sign-in is a 401, and Chromium reports that as an error.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text()))
      complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await run(page);
  await context.close();
  expect(complaints).toEqual([]);
}

/**
 * What axe finds in the page's HTML and CSS. The page itself may run no script, by its own policy and ours here, so it
 * is copied into a page that may.
 */
async function expectGood(page: Page, { colorScheme, width }: Look): Promise<void> {
  await page.waitForLoadState("load");
  const html = await page.content();
  const href = /href="(\/agent-provider-[^"]+)"/.exec(html)?.[1] ?? "";
  const css = await (await page.context().request.get(href)).text();
  const copy = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  await copy.setContent(html.replace(/<link rel="stylesheet"[^>]*>/, `<style>${css}</style>`));
  const { violations } = await axeResult(copy);
  const overflow = await copy.evaluate(
    "document.documentElement.scrollWidth - document.documentElement.clientWidth",
  );
  await copy.close();
  expect(violations).toEqual([]);
  expect(overflow).toBe(0);
}

const shots = process.env.SCREENSHOTS;
async function shoot(page: Page, name: string, { width, colorScheme }: Look): Promise<void> {
  if (shots !== undefined)
    await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png`, fullPage: true });
}

describe.each<Look>([
  { width: 320, colorScheme: "light" },
  { width: 360, colorScheme: "dark" },
  { width: 1280, colorScheme: "light" },
])("at $width px, $colorScheme", (look) => {
  const check = async (page: Page, name: string) => {
    await expectGood(page, look);
    await shoot(page, name, look);
  };

  test("a person signs in, allows a service, sees it, revokes it", async () => {
    await withPage(look, async (page) => {
      await page.goto(`/consent?audience=${encodeURIComponent(notes.issuer)}`);
      await check(page, "sign-in");
      await page.getByLabel("E-mail").fill("alice@example.com");
      await page.getByLabel("Password").fill("wrong");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByRole("alert").waitFor();
      await check(page, "sign-in-wrong");
      await page.getByLabel("Password").fill("alice-demo");
      await page.keyboard.press("Enter");

      await page.getByRole("heading", { name: /Let your agent act for you at/ }).waitFor();
      await page.getByText("Example Notes").waitFor();
      await check(page, "consent");
      await page.getByRole("button", { name: "Always allow" }).click();
      await page.getByRole("heading", { name: "Allowed until you revoke it" }).waitFor();
      await check(page, "allowed");

      await provider.mintIdJag({ userId: "usr_alice", audience: notes.issuer });
      await provider.mintIdJag({
        userId: "usr_alice",
        audience: "https://a-very-long-host-name-of-some-service.example.com",
      });
      notes.answers.push(
        { status: 503 },
        { status: 400, body: { err: "invalid_audience", description: "no" } },
        { status: 202 },
      );
      await provider.sendEvent({ userId: "usr_alice", audience: notes.issuer });
      await provider.sendEvent({ userId: "usr_alice", audience: notes.issuer });
      await page.getByRole("link", { name: "See where you are connected" }).click();
      await page.getByText("1 time").first().waitFor();
      await check(page, "delegations");
      const host = new URL(notes.issuer).host;
      await page.getByRole("button", { name: `Revoke ${host}` }).click();
      await page.getByText("sent", { exact: true }).waitFor();
      expect(notes.received).toHaveLength(3);
      await check(page, "revoked");

      await page.getByRole("link", { name: "Sign out" }).click();
      await check(page, "sign-out");
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "You are signed out" }).waitFor();
      await page.goto("/delegations");
      await page.getByRole("heading", { name: /^Sign in to/ }).waitFor();
    });
  });

  test("a person enters the code of an agent and refuses it", async () => {
    await withPage(look, async (page) => {
      const started = await page.context().request.post("/device_authorization", {
        form: { client_id: `${provider.issuer}/agent-client.json` },
      });
      const { user_code: userCode } = (await started.json()) as { user_code: string };
      await page.goto("/device");
      await page.getByLabel("E-mail").fill("bob@example.com");
      await page.getByLabel("Password").fill("bob-demo");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByLabel("Code").fill("BBBB-BBBB");
      await check(page, "device");
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByText("No agent waits for this code").waitFor();
      await check(page, "device-unknown");
      await page.getByLabel("Code").fill(userCode);
      await page.getByRole("button", { name: "Continue" }).click();
      await page.getByText(userCode).waitFor();
      await check(page, "device-answer");
      await page.getByRole("button", { name: "Refuse" }).click();
      await page.getByRole("heading", { name: "You refused" }).waitFor();
      await check(page, "device-refused");
      await page.goto("/delegations");
      await check(page, "delegations-empty");
    });
  });
});
