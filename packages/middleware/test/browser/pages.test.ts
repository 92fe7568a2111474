/** Every page in a real browser: both ceremonies and the links of our mails, with JavaScript on and off, by keyboard, light and dark, on small screens. */
import type { AgentAuthOptions, HostUser } from "@agent-auth/middleware";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import type { Browser } from "playwright-core";
import {
  expectNoAxeViolations,
  expectNoSidewaysScroll,
  focused,
  launchBrowser,
  signedIn,
  tabTo,
  type Visitor,
  visitor,
} from "../support/browser.js";
import { buttons, notice, pages, texts } from "../support/headings.js";
import { type HostApp, hostApp } from "../support/host-app.js";
import { people } from "../support/world.js";

let browser: Browser;
let host: HostApp;
let person: Visitor;
/** What was mailed: its links by the name of their parameter. */
let mailed: Map<string, string>[];

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());
afterEach(async () => {
  const { complaints } = person;
  await person.context.close();
  await host.close();
  expect(complaints).toEqual([]);
});

const mail = (): AgentAuthOptions["mail"] => ({
  from: "Example Notes <no-reply@notes.example>",
  transport: {
    async sendMail({ text }) {
      const links = [...text.matchAll(/https?:\/\/\S+/g)].map(([link]) => new URL(link));
      mailed.push(new Map(links.map((link) => [[...link.searchParams.keys()].join(), link.href])));
    },
  },
});
const book = (): AgentAuthOptions["accounts"] => {
  const users: HostUser[] = [people.alice];
  return {
    findById: (id) => users.find((user) => user.id === id) ?? null,
    findByEmail: (email) => users.find((user) => user.email === email) ?? null,
  };
};

/** A host with a login, and alice signed in to it. */
async function withLogin(options: Partial<AgentAuthOptions> = {}, page: object = {}) {
  mailed = [];
  host = await hostApp({ mail: mail(), ...options });
  person = await signedIn(browser, host, "alice", page);
  return host.ask();
}
/** A host without one. */
async function withMailOnly(page: object = {}) {
  mailed = [];
  host = await hostApp({ mail: mail(), accounts: book() });
  person = await visitor(browser, host, page);
  return host.ask();
}
async function link(parameter: string): Promise<string> {
  await host.auth.sweep();
  return mailed.findLast((links) => links.has(parameter))?.get(parameter) as string;
}

const open = (url: string) => person.page.goto(url);
const press = (name: string) => person.page.getByRole("button", { name, exact: true }).click();
const shown = async () =>
  ((await person.page.locator(".reveal-digits").textContent()) ?? "").replace("-", "");
const completed = async (claimToken: string, user_code: string) => {
  const response = await fetch(`${host.baseUrl}/agent/identity/claim/complete`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ claim_token: claimToken, user_code }),
  });
  return response.status;
};

/** The page as it is now is good on a small and on a large screen, in light and in dark. */
async function looksGood(heading: string, { page } = person): Promise<void> {
  await person.sees(heading);
  await page.emulateMedia({ reducedMotion: "reduce" });
  for (const width of [320, 1280])
    for (const colorScheme of ["light", "dark"] as const) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ colorScheme });
      await expectNoSidewaysScroll(page);
      await expectNoAxeViolations(page);
    }
}

describe.each([
  ["on", true],
  ["off", false],
])("with JavaScript %s", (_what, javaScriptEnabled) => {
  test("a code is revealed, stays on every look, and is over once the agent has brought it", async () => {
    const claim = await withLogin({}, { javaScriptEnabled });
    await open(claim.uri);
    await person.page.getByLabel("Write and delete your notes").uncheck();
    await press(buttons.authorize);
    await person.sees(pages.code);
    const code = await shown();
    expect(code).toMatch(/^\d{6}$/);
    await person.page.reload();
    expect(await shown()).toBe(code);
    await person.page.goBack();
    await person.sees(pages.code);
    expect(await completed(claim.claimToken, code)).toBe(200);
    await person.page.reload();
    await person.sees(notice("claimed"));
    expect(await person.page.getByRole("button").count()).toBe(0);
  });

  test("a mail leads to a claim and back out of it: proof, decision, list, revocation", async () => {
    const claim = await withMailOnly({ javaScriptEnabled });
    await open(claim.uri);
    await person.sees(pages.checkMail);
    await press(buttons.resend);
    await person.sees(pages.resent);
    await open(await link("claim_attempt_token"));
    await person.sees(pages.prove);
    await press(buttons.prove);
    await person.sees(pages.review);
    await person.typeCode(claim.userCode);
    await press(buttons.authorize);
    await person.sees(notice("claimed"));
    const { body } = await host.poll(claim);
    expect(await host.api("GET", body.access_token)).toBe(200);
    await open(await link("manage"));
    await person.sees(pages.openConnected);
    await press(buttons.openConnected);
    await person.sees(pages.connected);
    const revoke = person.page.getByRole("button", { name: buttons.revokeConfirm });
    expect(await revoke.isVisible()).toBe(false);
    await person.page.getByText(buttons.revoke, { exact: true }).click();
    await revoke.click();
    await person.page.getByText(texts.connected.empty).waitFor();
    expect(await host.api("GET", body.access_token)).toBe(401);
  });

  test("this wasn't me: one press, without signing in", async () => {
    const claim = await withMailOnly({ javaScriptEnabled });
    await open(await link("not_me"));
    await person.sees(pages.notMe);
    await press(buttons.notMe);
    await person.sees(notice("denied"));
    expect((await host.poll(claim)).body.error).toBe("access_denied");
  });
});

test("by keyboard alone: reveal, the other way after all, and Deny", async () => {
  const claim = await withLogin();
  await open(claim.uri);
  await tabTo(person.page, buttons.authorize);
  await person.page.keyboard.press("Enter");
  await person.sees(pages.code);
  await tabTo(person.page, texts.code.otherWay);
  await person.page.keyboard.press("Enter");
  await tabTo(person.page, texts.codeField.label);
  await person.page.keyboard.type(claim.userCode === "000000" ? "000001" : "000000");
  await person.page.keyboard.press("Enter");
  await person.page.getByRole("alert").getByText(texts.problems.wrongCode(4)).waitFor();
  expect(await focused(person.page)).toBe(texts.codeField.label);
  await tabTo(person.page, buttons.deny);
  await person.page.keyboard.press("Enter");
  await person.sees(notice("denied"));
  expect((await host.poll(claim)).body.error).toBe("access_denied");
});

test("by keyboard alone: prove the mailbox, authorize, open the list, revoke", async () => {
  const claim = await withMailOnly();
  const enter = async (name: string) => {
    await tabTo(person.page, name);
    await person.page.keyboard.press("Enter");
  };
  await open(await link("claim_attempt_token"));
  await enter(buttons.prove);
  await person.sees(pages.review);
  await tabTo(person.page, texts.codeField.label);
  await person.page.keyboard.type(claim.userCode);
  await person.page.keyboard.press("Enter");
  await person.sees(notice("claimed"));
  expect((await host.poll(claim)).status).toBe(200);
  await open(await link("manage"));
  await enter(buttons.openConnected);
  await person.sees(pages.connected);
  await enter(buttons.revoke);
  await enter(buttons.revokeConfirm);
  await person.page.getByText(texts.connected.empty).waitFor();
  expect((await host.auth.findRegistration(claim.registrationId))?.status).toBe("revoked");
});

describe("every page is accessible and fits small and large screens", () => {
  test.each(["both", "code-entry", "read-back"] as const)(
    "review, where the service uses %s",
    async (ceremony) => {
      await open((await withLogin({ ceremony })).uri);
      await looksGood(pages.review);
    },
  );

  test.each(["both", "read-back"] as const)(
    "a revealed code, and a wrong one, where it uses %s",
    async (ceremony) => {
      const claim = await withLogin({ ceremony });
      await open(claim.uri);
      await press(buttons.authorize);
      await looksGood(pages.code);
      if (ceremony === "read-back") return;
      await person.page.getByText(texts.code.otherWay).click();
      await looksGood(pages.code);
      await person.typeCode("12");
      await press(buttons.authorize);
      await person.page.getByRole("alert").waitFor();
      await looksGood(pages.code);
    },
  );

  test("the pages of a mail", async () => {
    const claim = await withMailOnly();
    await open(claim.uri);
    await looksGood(pages.checkMail);
    await press(buttons.resend);
    await looksGood(pages.resent);
    await open(await link("not_me"));
    await looksGood(pages.notMe);
    const first = await link("claim_attempt_token");
    await open(first);
    await looksGood(pages.prove);
    await press(buttons.prove);
    await person.sees(pages.review);
    await person.context.clearCookies();
    await open(first);
    await looksGood(pages.usedLink);
  });

  test("connected agents: none, many with hostile and long names, revoking, revoked", async () => {
    await withLogin();
    await open(`${host.baseUrl}/agent/connected`);
    await looksGood(pages.connected);
    const ids: string[] = [];
    for (const client_name of ["Notes Helper", "W".repeat(100), "\u202E<b>x</b>"]) {
      const claim = await host.ask({ client_name });
      await open(claim.uri);
      await person.typeCode(claim.userCode);
      await press(buttons.authorize);
      await person.sees(notice("claimed"));
      await host.poll(claim);
      ids.push(claim.registrationId);
    }
    await host.auth.suspendRegistration(ids[1] as string, {
      actor: { kind: "operator", id: null },
      reason: "test",
    });
    await open(`${host.baseUrl}/agent/connected`);
    for (const summary of await person.page.getByText(buttons.revoke, { exact: true }).all())
      await summary.click();
    await looksGood(pages.connected);
    await person.page.getByRole("button", { name: buttons.revokeConfirm }).nth(1).click();
    await person.page.getByRole("status").waitFor();
    await looksGood(pages.connected);
    expect(await person.page.getByText(buttons.revoke, { exact: true }).count()).toBe(2);
  });

  test("denied, wrong account, expired, unknown link, signed out, and a link that was used", async () => {
    const [denied, others] = [await withLogin(), await host.ask({ login_hint: "bob@example.com" })];
    await open(denied.uri);
    await press(buttons.deny);
    await looksGood(notice("denied"));
    await open(others.uri);
    await looksGood(notice("wrong_account"));
    const late = await host.ask();
    host.clock.advance(600);
    await open(late.uri);
    await looksGood(notice("expired"));
    await open(`${host.baseUrl}/agent/claim?claim_attempt_token=x`);
    await looksGood(notice("unknown_link"));
    await open(`${host.baseUrl}/agent/connected?manage=x`);
    await looksGood(notice("link_used"));
    const fresh = await host.ask();
    await open(fresh.uri);
    await person.context.clearCookies();
    await press(buttons.deny);
    await looksGood(notice("signed_out"));
  });

  test("somebody without an account, at a host that creates none", async () => {
    await withMailOnly();
    await host.ask({ login_hint: "new@example.com" });
    await open(await link("claim_attempt_token"));
    await press(buttons.prove);
    await looksGood(notice("no_account"));
  });
});
