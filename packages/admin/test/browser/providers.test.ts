/** Trusted providers in a real browser, without and with JavaScript: added, changed, switched, tried, and a person unlinked. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { testIssuer } from "../../../middleware/test/support/issuer.js";
import { type Desk, deskAt, launchBrowser, listening, scripting } from "../support/desk.js";
import { identify, linkedAgent, type ProviderStage, providerStage } from "../support/provider.js";
import { callApi } from "../support/stage.js";

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.each(scripting)("with JavaScript %s", (_scripting, options) => {
  let on: ProviderStage;
  let server: Awaited<ReturnType<typeof listening>>;
  let desk: Desk;
  beforeEach(async () => {
    on = await providerStage({
      options: { trustedProviders: [{ issuer: "https://agents.example-ai.com", name: "Example AI" }] },
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

  test("adds one in two steps: its keys are shown before anything is trusted", async () => {
    const newcomer = await testIssuer(on.clock);
    await desk.open("/providers");
    expect(await desk.rows()).toHaveLength(2);
    await desk.follow("Add a provider…");
    await desk.fill({ Issuer: "nonsense" });
    await desk.press("Fetch its keys");
    expect(await desk.problems()).toContain("Give the issuer’s whole address.");
    await desk.fill({ Issuer: `${newcomer.issuer}/nowhere` });
    await desk.press("Fetch its keys");
    expect(await main()).toContain("Its keys could not be fetched");
    await desk.fill({ Issuer: newcomer.issuer });
    await desk.press("Fetch its keys");
    expect((await desk.rows()).join(" ")).toContain("ES256");
    expect(await on.auth.admin.findProvider(newcomer.issuer)).toBeNull();
    await desk.follow("Look at another address");
    expect(await desk.page.getByLabel("Issuer").inputValue()).toBe(newcomer.issuer);
    await desk.press("Fetch its keys");

    await desk.fill({ Reason: "A new partner" });
    await desk.press("Trust this provider");
    expect(await desk.problems()).toContain("Give it a name that people know.");
    await desk.fill({ Name: "Newcomer" });
    await desk.press("Trust this provider");
    expect(await desk.said()).toBe("The provider is trusted now.");
    expect(await desk.heading()).toBe("Newcomer");
    const assertion = newcomer.mint({
      claims: { aud: "https://notes.example", sub: "x", email: "x@example.com" },
    });
    // Trusted, and nobody has an account with that address.
    expect((await identify(on, assertion)).body.error).toBe("account_not_found");
  });

  test("changes the policy of one that was added", async () => {
    await desk.open("/providers");
    await desk.follow("Partner");
    await desk.follow(/^Change /);
    await desk.page.getByLabel("api.write").uncheck();
    await desk.fill({ Name: "Partner & Sons", Reason: "Reads are enough" });
    await desk.press("Save the policy");
    expect(await desk.said()).toContain("The policy is changed.");
    expect(await desk.heading()).toBe("Partner & Sons");
    expect((await on.auth.admin.findProvider(on.idp.issuer))?.provider.scopes).toEqual(["api.read"]);
  });

  test("disables one, whose new ID-JAGs are refused, and enables it again", async () => {
    const { token } = await linkedAgent(on);
    await desk.open(`/providers/view?issuer=${encodeURIComponent(on.idp.issuer)}`);
    await desk.follow("Disable…");
    await desk.press("Disable it now");
    expect(await desk.problems()).toContain("Say why");
    await desk.fill({ Reason: "They were broken into" });
    await desk.press("Disable it now");
    expect(await desk.said()).toContain("Disabled.");
    expect((await identify(on, on.idJag())).body.error).toBe("issuer_not_enabled");
    expect((await callApi(on, token)).status).toBe(200);
    await desk.follow("Enable…");
    await desk.fill({ Reason: "They cleaned up" });
    await desk.press("Enable it");
    expect(await desk.said()).toContain("Enabled.");
    expect((await identify(on, on.idJag())).status).toBe(200);
  });

  test("tries an ID-JAG at the workbench without using it up, and says which check fails", async () => {
    const assertion = on.idJag();
    await desk.open("/workbench");
    await desk.press("Check it");
    expect(await desk.problems()).toContain("Paste an ID-JAG");
    await desk.fill({ "ID-JAG": assertion });
    await desk.press("Check it");
    expect(await main()).toContain("The person would be asked here first");
    expect(await desk.page.content()).not.toContain(assertion);
    expect((await desk.rows()).every((row) => row.includes("Passed"))).toBe(true);
    await desk.fill({ "ID-JAG": on.idJag({ aud: "https://elsewhere.example" }) });
    await desk.press("Check it");
    expect(await main()).toContain("It would be refused at");
    expect((await desk.rows()).filter((row) => row.includes("Failed"))).toHaveLength(1);
    expect((await identify(on, assertion)).body.error).toBe("interaction_required");
  });

  test("unlinks a person, whose next agent has to be approved by them", async () => {
    const { token } = await linkedAgent(on);
    await desk.open("/delegations");
    await desk.fill({ "User id": "usr_bob" });
    await desk.press("Filter");
    expect(await main()).toContain("Nothing matches");
    await desk.follow("Clear");
    expect(await desk.rows()).toHaveLength(1);
    await desk.follow("Unlink person-alice");
    await desk.fill({ Reason: "She asked for it" });
    await desk.press("Unlink");
    expect(await desk.said()).toContain("Unlinked.");
    expect((await callApi(on, token)).status).toBe(200);
    on.clock.advance(1);
    expect((await identify(on, on.idJag())).body.error).toBe("interaction_required");
  });
});
