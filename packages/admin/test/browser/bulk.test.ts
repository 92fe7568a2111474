/** Changes of many registrations in a real browser, without and with JavaScript: the filtered set, its job, the incident page. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { type Desk, deskAt, launchBrowser, listening, scripting } from "../support/desk.js";
import { linkedAgent, type ProviderStage, providerStage } from "../support/provider.js";
import { anonymousAgent, callApi, claimedAgent, people } from "../support/stage.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.each(scripting)("with JavaScript %s", (_scripting, options) => {
  let on: ProviderStage;
  let server: Awaited<ReturnType<typeof listening>>;
  let desk: Desk;
  let spam: { id: string; token: string }[];
  let other: { id: string; token: string };
  beforeEach(async () => {
    // With one in the configuration, agents may come in through providers from the start.
    on = await providerStage({
      options: { trustedProviders: [{ issuer: "https://agents.example-ai.com", name: "Example AI" }] },
    });
    server = await listening(on);
    desk = await deskAt(browser, server.base, options);
    spam = [await anonymousAgent(on, "Spam 1"), await anonymousAgent(on, "Spam 2")];
    other = await claimedAgent(on, "bob", "Ledger");
    on.clock.advance(1);
  });
  afterEach(async () => {
    await desk.close();
    server.close();
    await on.close();
    expect(desk.complaints).toEqual([]);
    expect(on.failures).toEqual([]);
  });
  const nextCalls = (agents: { token: string }[]) =>
    Promise.all(agents.map(async ({ token }) => (await callApi(on, token)).status));
  const finished = async () => {
    await on.auth.sweep();
    await desk.follow("Look again");
    expect(await desk.heading()).toMatch(/finished$/);
    return (await desk.page.locator("main").textContent()) ?? "";
  };

  test("suspends, resumes and revokes what a filter finds, each as a job that says how many", async () => {
    await desk.open("/registrations?name=Spam");
    for (const [link, verb, done, status] of [
      ["Suspend all…", "Suspend", "suspended", 401],
      ["Resume all…", "Resume", "resumed", 200],
      ["Revoke all of these…", "Revoke", "revoked", 401],
    ] as const) {
      await desk.follow(link);
      expect(await desk.heading()).toBe(`${verb} 2 registrations`);
      await desk.fill({ Reason: "A campaign", Type: `${verb.toLowerCase()} 2` });
      await desk.press(`${verb} 2`);
      expect(await desk.said()).toContain("The job has started.");
      expect(await finished()).toContain(`Exactly 2 registrations were ${done}`);
      expect(await nextCalls(spam)).toEqual([status, status]);
      await desk.follow("Show what the filter finds now");
      expect(await desk.rows()).toHaveLength(2);
    }
    expect(await nextCalls([other])).toEqual([200]);
    await desk.open("/jobs");
    expect(await desk.rows()).toHaveLength(3);
    await desk.follow("Suspension");
    expect(await desk.page.locator("main").textContent()).toContain("A campaign");
  });

  test("asks again without the word or the reason, and when the filter finds something else", async () => {
    await desk.open("/bulk/revoke?name=Spam");
    await desk.fill({ Type: "revoke" });
    await desk.press("Revoke 2");
    expect(await desk.problems()).toContain("Say why");
    expect(await desk.problems()).toContain("Type “revoke 2”");
    await anonymousAgent(on, "Spam 3");
    await desk.fill({ Reason: "A campaign", Type: "revoke 2" });
    await desk.press("Revoke 2");
    expect(await desk.problems()).toContain("Nothing was done yet.");
    expect(await desk.heading()).toBe("Revoke 3 registrations");
    expect(await on.auth.admin.listJobs()).toEqual([]);
    await desk.open("/bulk/revoke?name=nobody");
    expect(await desk.heading()).toBe("Nothing to revoke");
    expect(await nextCalls(spam)).toEqual([200, 200]);
  });

  test("follows a job that runs, on demand", async () => {
    await desk.open("/bulk/suspend?name=Spam");
    await desk.fill({ Reason: "A campaign", Type: "suspend 2" });
    await desk.press("Suspend 2");
    expect(await desk.heading()).toBe("Suspension under way");
    await desk.follow(/^Refresh every \d+ seconds$/);
    await desk.follow("Stop refreshing");
    expect(await finished()).toContain("Exactly 2 registrations were suspended");
    expect(await desk.page.getByRole("link", { name: /^Refresh/ }).count()).toBe(0);
  });

  test("in an incident ends all agents of one user, then of a provider that is disabled first, then everybody's", async () => {
    const hers = [await claimedAgent(on, "alice", "Hers"), await linkedAgent(on)];
    const incident = async (section: string, fields: Record<string, string>, button: string) => {
      await desk.open("/incident");
      const form = desk.page.getByRole("form", { name: section });
      for (const [label, value] of Object.entries(fields)) {
        const field = form.getByLabel(label).first();
        if (label === "Provider") await field.selectOption(value);
        else await field.fill(value);
      }
      await desk.press(button);
    };

    const who = { "User id or verified e-mail": people.bob?.email ?? "", Reason: "His laptop is gone" };
    const userButton = "Revoke this user’s agents…";
    await incident("One user’s agents", { ...who, "Type the same again": "alice@example.com" }, userButton);
    expect(await desk.problems()).not.toBe("");
    expect(await on.auth.admin.listJobs()).toEqual([]);
    await incident(
      "One user’s agents",
      { ...who, "Type the same again": people.bob?.email ?? "" },
      userButton,
    );
    expect(await desk.heading()).toBe("Revoke 1 registration");
    expect(await desk.rows()).toEqual([expect.stringContaining("Ledger")]);
    await desk.follow("Cancel");
    expect(await on.auth.admin.listJobs()).toEqual([]);
    await incident(
      "One user’s agents",
      { ...who, "Type the same again": people.bob?.email ?? "" },
      userButton,
    );
    await desk.press("Revoke 1 registration now");
    expect(await finished()).toContain("Exactly 1 registration was revoked");
    expect(await nextCalls([other, ...hers])).toEqual([401, 200, 200]);

    await incident(
      "A provider and all its agents",
      { Provider: on.idp.issuer, Reason: "Its key is out", "Type the provider’s issuer": on.idp.issuer },
      "Disable it and revoke its agents…",
    );
    expect((await on.auth.admin.findProvider(on.idp.issuer))?.provider.disabledAt).toBeNull();
    await desk.press("Disable it and revoke 1 registration now");
    expect((await on.auth.admin.findProvider(on.idp.issuer))?.provider.disabledAt).not.toBeNull();
    expect(await finished()).toContain("Exactly 1 registration was revoked");
    expect(await nextCalls(hers)).toEqual([200, 401]);

    const all = { Reason: "We do not know how far it goes", "Type “revoke everything”": "revoke everything" };
    await incident("Every agent", all, "Revoke every agent…");
    await desk.press("Revoke 3 registrations now");
    expect(await finished()).toContain("Exactly 3 registrations were revoked");
    expect(await nextCalls([...spam, other, ...hers])).toEqual([401, 401, 401, 401, 401]);
  });
});
