/** The claim page in a real browser: the whole ceremony, with and without JavaScript, by mouse and by keyboard. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import { focused, launchBrowser, signedIn, tabTo, type Visitor, visitor } from "../support/browser.js";
import { buttons, pages, texts } from "../support/headings.js";
import { type Claim, type HostApp, hostApp } from "../support/host-app.js";

const review = "An agent asks for access to your Example Notes account";
const connected = "Your agent is connected";
let browser: Browser;
let host: HostApp;
let claim: Claim;
let alice: Visitor;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
beforeEach(async () => {
  host = await hostApp();
  claim = await host.ask();
});
afterEach(async () => {
  const { complaints } = alice;
  await alice.context.close();
  await host.close();
  expect(complaints).toEqual([]);
});

const signInAlice = async () => {
  alice = await signedIn(browser, host, "alice");
};
const statusOf = async () => (await host.auth.findRegistration(claim.registrationId))?.status;
const pollError = async () => (await host.poll(claim)).body.error;

describe.each([
  ["on", true],
  ["off", false],
])("with JavaScript %s", (_what, javaScriptEnabled) => {
  const arrive = async () => {
    alice = await visitor(browser, host, { javaScriptEnabled });
    await alice.page.goto(claim.uri);
    await alice.signIn("alice");
    await alice.sees(review);
  };

  test("a person signs in, types the code and authorizes; the agent works", async () => {
    await arrive();
    await alice.typeCode(claim.userCode);
    await alice.press("Authorize");
    await alice.sees(connected);
    const { status, body } = await host.poll(claim);
    expect([status, body.scope]).toEqual([200, "api.read api.write"]);
    expect(await host.api("POST", body.access_token)).toBe(201);
  });

  test("a person denies; the agent is told", async () => {
    await arrive();
    await alice.press("Deny");
    await alice.sees("Request denied");
    expect(await pollError()).toBe("access_denied");
  });

  test("a person unticks a permission; the token lacks it", async () => {
    await arrive();
    await alice.page.getByLabel("Write and delete your notes").uncheck();
    await alice.typeCode(claim.userCode);
    await alice.press("Authorize");
    await alice.sees(connected);
    const { body } = await host.poll(claim);
    expect(body.scope).toBe("api.read");
    expect(await host.api("GET", body.access_token)).toBe(200);
    expect(await host.api("POST", body.access_token)).toBe(403);
  });

  test("a wrong code is told at the field, and the right one works after it", async () => {
    await arrive();
    await alice.typeCode(claim.userCode === "000000" ? "111111" : "000000");
    await alice.press("Authorize");
    await alice.page.getByRole("alert").getByText("That is not the right code. 4 tries left.").waitFor();
    expect(await alice.page.title()).toMatch(/^Problem: /);
    expect(await alice.page.getByLabel("Code your agent shows you").inputValue()).toBe("");
    await alice.page.keyboard.type(claim.userCode);
    await alice.page.keyboard.press("Enter");
    await alice.sees(connected);
    expect((await host.poll(claim)).status).toBe(200);
  });

  test("a person who ticks nothing is asked for at least one permission", async () => {
    await arrive();
    for (const box of await alice.page.getByRole("checkbox").all()) await box.uncheck();
    await alice.typeCode(claim.userCode);
    await alice.press("Authorize");
    await alice.page.getByRole("alert").getByText("Tick at least one permission, or choose Deny.").waitFor();
    expect(await alice.page.getByRole("checkbox", { checked: true }).count()).toBe(0);
    expect(await pollError()).toBe("authorization_pending");
  });
});

describe("by keyboard", () => {
  beforeEach(signInAlice);

  test("every field and both buttons are reached in the order they are read", async () => {
    await alice.page.goto(claim.uri);
    expect(await tabTo(alice.page, "Deny")).toEqual([
      "Read your notes",
      "Write and delete your notes",
      "Code your agent shows you",
      "Authorize",
      "Deny",
    ]);
  });

  test("Enter in the code field authorizes", async () => {
    await alice.page.goto(claim.uri);
    await tabTo(alice.page, "Write and delete your notes");
    await alice.page.keyboard.press("Space");
    await tabTo(alice.page, "Code your agent shows you");
    await alice.page.keyboard.type(`${claim.userCode.slice(0, 3)}-${claim.userCode.slice(3)}`);
    await alice.page.keyboard.press("Enter");
    await alice.sees(connected);
    expect((await host.poll(claim)).body.scope).toBe("api.read");
  });

  test.each(["Read your notes", texts.codeField.label, buttons.authorize])(
    "Enter without a code connects nothing and denies nothing, it reveals a code: on %s",
    async (name) => {
      await alice.page.goto(claim.uri);
      await tabTo(alice.page, name);
      await alice.page.keyboard.press("Enter");
      await alice.sees(pages.code);
      expect(await statusOf()).toBe("pending_claim");
      expect(await pollError()).toBe("authorization_pending");
    },
  );

  test.each(["Enter", "Space"])("Deny is pressed with %s", async (key) => {
    await alice.page.goto(claim.uri);
    await tabTo(alice.page, "Deny");
    await alice.page.keyboard.press(key);
    await alice.sees("Request denied");
    expect(await pollError()).toBe("access_denied");
  });

  test("the link in a problem leads to its field", async () => {
    await alice.page.goto(claim.uri);
    await alice.typeCode("12");
    await alice.press("Authorize");
    await alice.page.getByRole("alert").getByRole("link", { name: "Enter the six digits." }).click();
    expect(await focused(alice.page)).toBe("Code your agent shows you");
  });
});

describe("afterwards", () => {
  beforeEach(signInAlice);

  test("the back button shows no live form, and neither does a reload", async () => {
    await alice.page.goto(claim.uri);
    await alice.typeCode(claim.userCode);
    await alice.press("Authorize");
    await alice.sees(connected);
    await alice.page.goBack();
    await alice.sees(connected);
    expect(await alice.page.getByRole("button").count()).toBe(0);
    await alice.page.reload();
    await alice.sees(connected);
    expect(await statusOf()).toBe("claimed");
  });

  test("a second tab that still shows the form gets the friendly answer, for either button", async () => {
    await alice.page.goto(claim.uri);
    const stale = await Promise.all([alice.context.newPage(), alice.context.newPage()]);
    for (const tab of stale) await tab.goto(claim.uri);
    await alice.typeCode(claim.userCode);
    await alice.press("Authorize");
    await alice.sees(connected);
    for (const [index, name] of ["Authorize", "Deny"].entries()) {
      await stale[index]?.getByRole("button", { name, exact: true }).click();
      await stale[index]?.getByRole("heading", { name: connected }).waitFor();
    }
    expect(await statusOf()).toBe("claimed");
    expect((await host.poll(claim)).status).toBe(200);
  });

  test("going back to the page of a wrong code and sending it again is one more try, not an error", async () => {
    await alice.page.goto(claim.uri);
    await alice.typeCode(claim.userCode === "000000" ? "111111" : "000000");
    await alice.press("Authorize");
    await alice.page.getByRole("alert").waitFor();
    await alice.page.goBack();
    await alice.sees(review);
    await alice.typeCode(claim.userCode);
    await alice.press("Authorize");
    await alice.sees(connected);
  });
});

describe("the wrong account", () => {
  test("switches by the link on the page and comes back to the form", async () => {
    alice = await signedIn(browser, host, "bob");
    await alice.page.goto(claim.uri);
    await alice.sees("This request is for another account");
    await alice.page.getByRole("link", { name: "Switch account" }).click();
    await alice.signIn("alice");
    await alice.sees(review);
    await alice.typeCode(claim.userCode);
    await alice.press("Authorize");
    await alice.sees(connected);
  });
});
