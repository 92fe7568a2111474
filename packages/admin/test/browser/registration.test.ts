/** One registration in a real browser, without and with JavaScript: every action, its message, and what the agent meets then. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { type Desk, deskAt, launchBrowser, listening, scripting } from "../support/desk.js";
import { callApi, claimedAgent, type Stage, stage } from "../support/stage.js";

let browser: Browser;
let on: Stage;
let server: Awaited<ReturnType<typeof listening>>;
beforeAll(async () => {
  browser = await launchBrowser();
  on = await stage();
  server = await listening(on);
});
afterAll(async () => {
  await browser?.close();
  server?.close();
  await on?.close();
});

describe.each(scripting)("with JavaScript %s", (_scripting, options) => {
  let desk: Desk;
  let agent: { id: string; token: string };
  beforeAll(async () => {
    desk = await deskAt(browser, server.base, { ...options, role: "operator" });
  });
  beforeEach(async () => {
    agent = await claimedAgent(on, "alice", "Trip Planner");
    await desk.open(`/registrations/${agent.id}`);
  });
  afterAll(async () => {
    await desk.close();
    expect(desk.complaints).toEqual([]);
    expect(on.failures).toEqual([]);
  });
  const nextCall = async () => (await callApi(on, agent.token)).status;
  const newestEvent = async () =>
    (await on.auth.admin.queries?.pageAudit({ registrationId: agent.id }, { after: null, limit: 1 }))
      ?.rows[0];

  test("suspends and resumes it", async () => {
    await desk.follow("Suspend…");
    await desk.fill({ Reason: "Calls at night" });
    await desk.press("Suspend it now");
    expect(await desk.said()).toContain("Suspended.");
    expect(await nextCall()).toBe(401);
    await desk.follow("Resume…");
    await desk.fill({ Reason: "It was asked to" });
    await desk.press("Resume it");
    expect(await desk.said()).toContain("Resumed.");
    expect(await nextCall()).toBe(200);
  });

  test("narrows its scopes, once at least one is unticked", async () => {
    await desk.follow("Narrow scopes…");
    await desk.fill({ Reason: "Reads are enough" });
    await desk.press("Narrow its scopes");
    expect(await desk.problems()).toContain("Untick at least one scope");
    expect(await desk.page.getByLabel("Reason").inputValue()).toBe("Reads are enough");
    await desk.page.getByLabel("api.write").uncheck();
    await desk.press("Narrow its scopes");
    expect(await desk.said()).toContain("Scopes narrowed.");
    expect((await on.auth.findRegistration(agent.id))?.scopes).toEqual(["api.read"]);
  });

  test("sets an end date, which can be taken back", async () => {
    await desk.follow("End date…");
    await desk.fill({ "Stops at the start of this day": "2020-01-01", Reason: "The trial is over" });
    await desk.press("Save the end date");
    expect(await desk.said()).toBe("The end date is set.");
    expect(await nextCall()).toBe(401);
    await desk.follow("End date…");
    await desk.fill({ "Stops at the start of this day": "", Reason: "They stay" });
    await desk.press("Save the end date");
    expect(await desk.said()).toBe("The end date is removed.");
    expect(await nextCall()).toBe(200);
  });

  test("revokes one token", async () => {
    await desk.follow(/^Revoke token /);
    await desk.fill({ Reason: "It was in a log" });
    await desk.press("Revoke this token");
    expect(await desk.said()).toContain("Token revoked.");
    expect(await nextCall()).toBe(401);
    expect((await on.auth.findRegistration(agent.id))?.status).toBe("claimed");
  });

  test("revokes it with a reason, and the timeline says who did", async () => {
    await desk.follow("Revoke…");
    await desk.press("Revoke it now");
    expect(await desk.problems()).toContain("Say why");
    expect(await nextCall()).toBe(200);
    await desk.fill({ Reason: "It wrote to everybody" });
    await desk.press("Revoke it now");
    expect(await desk.said()).toContain("Revoked.");
    expect(await nextCall()).toBe(401);
    expect(await newestEvent()).toMatchObject({
      type: "registration.revoked",
      actor: { kind: "operator", id: "op_operator" },
    });
    const timeline = desk.page.getByRole("list", { name: /^What happened/ });
    expect(await timeline.getByRole("listitem").first().textContent()).toContain("It wrote to everybody");
    expect(await desk.page.getByRole("link", { name: "Revoke…", exact: true }).count()).toBe(0);
  });

  test("leaves it alone when the form is cancelled", async () => {
    await desk.follow("Revoke…");
    await desk.fill({ Reason: "Perhaps" });
    await desk.follow("Cancel");
    expect(await desk.heading()).toContain("Trip Planner");
    expect(await nextCall()).toBe(200);
  });

  test("shows a form again that somebody else has overtaken, and does nothing", async () => {
    await desk.follow("Narrow scopes…");
    const operator = { operatorId: "op_other", reason: "First", ip: null };
    await on.auth.admin.suspend(agent.id, operator);
    await desk.page.getByLabel("api.write").uncheck();
    await desk.fill({ Reason: "Second" });
    await desk.press("Narrow its scopes");
    expect(await desk.problems()).toContain("It has changed since you opened this form.");
    expect((await on.auth.findRegistration(agent.id))?.scopes).toEqual(["api.read", "api.write"]);
    await desk.open(`/registrations/${agent.id}/revoke`);
    await on.auth.admin.revoke(agent.id, operator);
    await desk.fill({ Reason: "Too late" });
    await desk.press("Revoke it now");
    expect(await desk.said()).toContain("Nothing changed");
  });

  test("does nothing once the operator is signed out, and says so", async () => {
    await desk.follow("Revoke…");
    await desk.fill({ Reason: "Signed out meanwhile" });
    await desk.page.context().setExtraHTTPHeaders({});
    await desk.press("Revoke it now");
    expect(await desk.heading()).toBe("This dashboard is not open to you");
    await desk.page.context().setExtraHTTPHeaders({ "x-test-operator": "operator" });
    expect(await nextCall()).toBe(200);
  });

  test("offers a viewer nothing to do", async () => {
    const viewer = await deskAt(browser, server.base, { ...options, role: "viewer" });
    await viewer.open(`/registrations/${agent.id}`);
    expect(await viewer.page.getByRole("link", { name: /^(Revoke|Suspend|Narrow|End date)/ }).count()).toBe(
      0,
    );
    await viewer.open(`/registrations/${agent.id}/revoke`);
    expect(await viewer.heading()).toBe("Your role does not allow this");
    await viewer.close();
    expect(viewer.complaints).toEqual([]);
  });
});
