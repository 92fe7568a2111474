/** The rest of the dashboard in a real browser, without and with JavaScript: audit log, mail, keys, settings, colours, menu. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { type MailServer, mailServer } from "../../../middleware/test/support/mail-server.js";
import { type Desk, deskAt, launchBrowser, listening, scripting } from "../support/desk.js";
import { anonymousAgent, claimedAgent, type Stage, stage } from "../support/stage.js";

const operator = { operatorId: "op_other", reason: "A drill", ip: null };
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.each(scripting)("with JavaScript %s", (_scripting, options) => {
  let on: Stage;
  let mail: MailServer;
  let server: Awaited<ReturnType<typeof listening>>;
  let desk: Desk;
  beforeEach(async () => {
    mail = await mailServer();
    on = await stage({
      options: { mail: { smtp: mail.url, from: "Example Notes <no-reply@notes.example>" } },
    });
    server = await listening(on);
    desk = await deskAt(browser, server.base, options);
  });
  afterEach(async () => {
    await desk.close();
    server.close();
    await on.close();
    expect(desk.complaints).toEqual([]);
    expect(on.failures).toEqual([]);
  });
  const main = async () => (await desk.page.locator("main").textContent()) ?? "";

  test("filters the audit log, turns its pages, and exports what it shows", async () => {
    const { id } = await claimedAgent(on, "alice");
    await on.auth.admin.suspend(id, operator);
    for (let number = 0; number < 60; number += 1) await anonymousAgent(on, `Reader ${number}`);
    await desk.open("/audit");
    expect(await desk.rows()).toHaveLength(100);
    await desk.follow(/^Next page/);
    expect((await desk.rows()).length).toBeGreaterThan(5);
    await desk.fill({ By: "operator" });
    await desk.press("Filter");
    const rows = await desk.rows();
    expect(rows).toHaveLength(1);
    for (const text of ["Suspended", "op_other", "A drill"]) expect(rows[0]).toContain(text);
    const csv = (await desk.download("Export as CSV")).trim().split("\n");
    expect(csv).toHaveLength(2);
    // The export before this one is something an operator did.
    const lines = (await desk.download("Export as NDJSON")).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { type: "data.exported", actor: { id: "op_admin" }, detail: { what: "audit_log" } },
      { type: "registration.suspended", registration_id: id },
    ]);
    await desk.fill({ "Actor id": "op_nobody" });
    await desk.press("Filter");
    expect(await main()).toContain("Nothing matches");
    await desk.follow("Clear");
    expect(await desk.rows()).toHaveLength(100);
  });

  test("shows mails by their state, and tries a failed one again", async () => {
    mail.onRecipient = () => ({ code: 550, text: "no such mailbox" });
    const hint = { type: "service_auth", login_hint: "alice@example.com" };
    await on.agent.post("/agent/identity").send(hint).expect(200);
    await on.auth.sweep();
    await desk.open("/mail");
    await desk.fill({ State: "failed" });
    await desk.press("Filter");
    expect((await desk.rows()).join(" ")).toContain("Failed");
    mail.onRecipient = () => null;
    await desk.press(/^Try again: mail \d+$/);
    expect(await desk.said()).toContain("will be tried again");
    await on.auth.sweep();
    expect(mail.recipients()).toEqual(["alice@example.com"]);
    await desk.open("/mail?state=sent");
    expect(await desk.rows()).toHaveLength(1);
    expect(await desk.page.content()).not.toContain("claim_attempt_token");
  });

  test("rotates the signing key, with a reason", async () => {
    await desk.open("/keys");
    expect(await desk.rows()).toHaveLength(1);
    await desk.follow("Rotate…");
    await desk.press("Rotate now");
    expect(await desk.problems()).toContain("Say why");
    await desk.fill({ Reason: "Half a year old" });
    await desk.press("Rotate now");
    expect(await desk.said()).toContain("The next key is published");
    expect(await desk.rows()).toHaveLength(2);
  });

  test("shows the settings in force, without a secret", async () => {
    await desk.open("/settings");
    expect(await main()).toContain("https://notes.example");
    expect(await desk.page.content()).not.toContain("a secret for tests");
  });

  test("keeps the colours somebody chose, on every page", async () => {
    const background = () => desk.page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
    await desk.open("/registrations?status=claimed");
    const light = await background();
    await desk.press("Dark");
    const dark = await background();
    expect(dark).not.toBe(light);
    expect(new URL(desk.page.url()).search).toBe("?status=claimed");
    await desk.open("/audit");
    expect(await background()).toBe(dark);
    await desk.press("System");
    expect(await background()).toBe(light);
  });

  test("has a menu on a phone, which opens, leads on and closes", async () => {
    const phone = await deskAt(browser, server.base, { ...options, viewport: { width: 360, height: 740 } });
    await phone.open("/");
    const navigation = phone.page.getByRole("navigation", { name: "Dashboard" });
    expect(await navigation.isVisible()).toBe(false);
    await phone.page.getByRole("link", { name: "Menu", exact: true }).click();
    await navigation.waitFor();
    await phone.page.getByRole("link", { name: "Close the menu" }).click();
    await navigation.waitFor({ state: "hidden" });
    await phone.page.getByRole("link", { name: "Menu", exact: true }).click();
    await phone.follow("Audit log");
    expect(await phone.heading()).toBe("Audit log");
    expect(await navigation.isVisible()).toBe(false);
    await phone.close();
    expect(phone.complaints).toEqual([]);
  });

  test("teaches on an empty service where agents come from", async () => {
    for (const [path, text] of [
      ["/", "No agent has registered yet"],
      ["/registrations", "No agent has registered yet"],
      ["/jobs", "No bulk job yet"],
      ["/delegations", "Nobody is linked yet"],
      ["/providers", "No provider is trusted"],
      ["/mail", "No mail yet"],
    ] as const) {
      await desk.open(path);
      expect(await main()).toContain(text);
    }
  });
});
