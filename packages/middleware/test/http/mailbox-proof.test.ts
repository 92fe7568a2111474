/** The cookie of a proven mailbox: one browser, one attempt, twenty minutes, and nothing else. */
import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { type Asked, askedAgain, expectPage, headingOf } from "../support/claim-visit.js";
import { notice, pages } from "../support/headings.js";
import type { MailWorld } from "../support/mail-world.js";
import {
  claimLinks,
  leavesAll,
  type MailboxInput,
  type MailedLinks,
  mailboxWorld,
  mailedClaim,
  provenBrowser,
} from "../support/mailbox.js";
import { expectForm, expectMovedTo, formOf, PageBrowser, setCookies } from "../support/page-browser.js";
import { shownCode } from "../support/read-back.js";
import { callApi, pathOf, register } from "../support/world.js";

const secret = "a secret of the mailbox tests, thirty-two bytes or more";
let stage: MailWorld;
let visit: Asked & MailedLinks;
const open = async ({ options, ...input }: MailboxInput = {}) => {
  stage = await mailboxWorld({ ...input, options: { secrets: [secret], ...options } });
  visit = await mailedClaim(stage);
};
beforeEach(() => open());
const attemptId = async () => String((await stage.rows("claim_attempts"))[0]?.id);
const nameFor = (id: string) => `__Secure-aa_mailbox_${id.slice(-12)}`;

/** A cookie made here with the service's own key, so that it differs from a good one in one point only. */
async function forged(
  changes: { purpose?: string; attempt?: string; expiresIn?: number; key?: string; by?: string } = {},
) {
  const {
    purpose = "mailbox",
    attempt = await attemptId(),
    expiresIn = 1200,
    key = secret,
    by = "mailbox-proof",
  } = changes;
  const [derived] = deriveKeys([key], by as "mailbox-proof");
  const expires = stage.clock.now() + expiresIn;
  const mac = createHmac("sha256", derived.key).update(JSON.stringify([purpose, attempt, expires]));
  return `${expires}.${mac.digest("base64url")}`;
}
const withCookie = async (value: string, name?: string) => {
  const browser = new PageBrowser(stage);
  browser.cookies.set(name ?? nameFor(await attemptId()), { value, path: "/" });
  return browser;
};
const isLetIn = async (browser: PageBrowser) => {
  const { text } = await browser.get(pathOf(visit.uri));
  expect(text).toContain("<form");
  return text.includes(pages.review);
};

describe("the cookie", () => {
  test("is set for the claim page only, for its life, out of reach of scripts and other sites", async () => {
    const answer = await new PageBrowser(stage).press(visit.claim);
    const [line = ""] = setCookies(answer);
    const [pair = "", ...attributes] = line.split("; ");
    expect(pair).toMatch(new RegExp(`^${nameFor(await attemptId())}=\\d+\\.[\\w-]{43}$`));
    expect(attributes.sort()).toEqual([
      "HttpOnly",
      "Max-Age=1200",
      "Path=/agent/claim",
      "SameSite=Lax",
      "Secure",
    ]);
    expect(pair.split("=")[1]).toBe(await forged());
  });

  test("has the same limits without https, but for what only https can keep", async () => {
    await open({ options: { issuer: "http://localhost:3000" } });
    const [line = ""] = setCookies(await new PageBrowser(stage).press(visit.claim));
    expect(line).toMatch(/^aa_mailbox_[0-9a-f]{12}=/);
    expect(line.split("; ").slice(1).sort()).toEqual([
      "HttpOnly",
      "Max-Age=1200",
      "Path=/agent/claim",
      "SameSite=Lax",
    ]);
  });

  test("has the path of a claim page that was moved under a prefix", async () => {
    await open({ options: { issuer: "https://notes.example/one", paths: { claimPage: "/approve" } } });
    const browser = new PageBrowser(stage);
    const answer = await browser.press(visit.claim);
    expectMovedTo(answer, visit.claim, 1);
    expect(setCookies(answer)[0]).toContain("Path=/one/approve;");
    expectForm(await browser.get(visit.claim), 200, pages.review);
  });

  test("made here is a good one, so the forgeries below differ in one point only", async () => {
    expect(await isLetIn(await withCookie(await forged()))).toBe(true);
    expect(await isLetIn(await withCookie(await forged({ expiresIn: 1 })))).toBe(true);
  });

  test.each<[string, () => Promise<string>]>([
    ["noise", async () => "noise"],
    ["empty", async () => ""],
    ["without a signature", async () => (await forged()).replace(/\..*/, ".")],
    ["without an end", async () => (await forged()).replace(/^\d+/, "")],
    ["with a later end", async () => (await forged()).replace(/^\d+/, (end) => String(Number(end) + 1))],
    ["that never ends", async () => (await forged()).replace(/^\d+/, "999999999999")],
    [
      "with one letter changed",
      async () => (await forged()).replace(/.{2}$/, (end) => (end[0] === "A" ? "B" : "A") + end[1]),
    ],
    ["that ended this second", () => forged({ expiresIn: 0 })],
    ["of another attempt", () => forged({ attempt: "clm_other" })],
    ["that opens a page of connected agents", () => forged({ purpose: "manage" })],
    ["under the key of the forms", () => forged({ by: "page-csrf" })],
    ["under another secret", () => forged({ key: "another secret, thirty-two bytes or more at that" })],
    [
      "with an end in another notation",
      async () => (await forged()).replace(/^\d+/, (end) => `0x${Number(end).toString(16)}`),
    ],
  ])("proves nothing: %s", async (_what, value) => {
    const browser = await withCookie(await value());
    expectForm(await leavesAll(stage, () => browser.get(pathOf(visit.uri))), 200, pages.checkMail);
    expectForm(await leavesAll(stage, () => browser.get(visit.claim)), 200, pages.prove);
    const { fields } = formOf((await (await withCookie(await forged())).get(pathOf(visit.uri))).text);
    for (const action of ["authorize", "deny"]) {
      const form = {
        target: "/agent/claim",
        fields: { ...fields, action, user_code: visit.userCode, scope: "api.read" },
      };
      expectMovedTo(await leavesAll(stage, () => browser.submit(form)), pathOf(visit.uri));
    }
  });

  test("proves nothing under a name without its prefix, which any sub-domain could set", async () => {
    expect(
      await isLetIn(await withCookie(await forged(), nameFor(await attemptId()).replace("__Secure-", ""))),
    ).toBe(false);
  });

  test("of one attempt opens no other, of the same agent or of the same person", async () => {
    const browser = await provenBrowser(stage, visit);
    const other = await mailedClaim(stage);
    expectForm(await browser.get(pathOf(other.uri)), 200, pages.checkMail);
    const newer = await askedAgain(stage, visit);
    expectForm(await browser.get(pathOf(newer.uri)), 200, pages.checkMail);
    expectPage(await browser.get(pathOf(visit.uri)), 410, notice("replaced"));
  });

  test("of another attempt stays good: a person can have two claims open", async () => {
    const other = await mailedClaim(stage, { login_hint: "bob@example.com" });
    const browser = await provenBrowser(stage, visit);
    await browser.press(other.claim);
    expect(browser.cookies.size).toBe(2);
    for (const { claim } of [visit, other]) expectForm(await browser.get(claim), 200, pages.review);
  });

  test("stays good through a rotation of the secrets, and so does the link of the mail", async () => {
    const browser = await provenBrowser(stage, visit);
    const unused = await mailedClaim(stage, { login_hint: "bob@example.com" });
    const cookies = [...browser.cookies];
    const options = { storage: stage.store, clock: stage.clock, secrets: ["n".repeat(32), secret] };
    stage = await mailboxWorld({ options, server: stage.server });
    const later = new PageBrowser(stage);
    for (const [name, cookie] of cookies) later.cookies.set(name, cookie);
    expectForm(await later.get(pathOf(visit.uri)), 200, pages.review);
    expectForm(await later.get(unused.deny), 200, pages.notMe);
    expectMovedTo(await later.press(unused.claim), unused.claim, 1);
  });

  test("outlives the attempt it is for, and a code that was revealed at its end, by no more than that", async () => {
    const browser = await provenBrowser(stage, visit);
    stage.clock.advance(599);
    expectMovedTo(await browser.press(visit.claim, "authorize", { scope: "api.read" }), visit.claim);
    stage.clock.advance(599);
    expect(shownCode((await browser.get(visit.claim)).text)).toMatch(/^\d{6}$/);
    stage.clock.advance(1);
    expectPage(await browser.get(visit.claim), 410, notice("expired"));
  });

  test("is no access: not to the API, not to connected agents, not as a person at the host", async () => {
    const browser = await provenBrowser(stage, visit);
    const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
    const isShut = async (sent: string) =>
      headingOf((await stage.agent.get("/agent/connected").set("Cookie", sent)).text) === pages.requestLink;
    expect(await isShut(cookie)).toBe(true);
    expect((await callApi(stage, "at_x").set("Cookie", cookie)).status).toBe(401);
    const renamed = cookie.replace(/aa_mailbox_\w+=/, "aa_manage=");
    expect(await isShut(renamed)).toBe(true);
  });

  test("is not looked at where the host says who is signed in", async () => {
    const value = await forged();
    stage = await mailboxWorld({
      options: { storage: stage.store, clock: stage.clock, secrets: [secret] },
      accounts: { currentUser: () => null, loginUrl: () => "/login" },
    });
    const browser = new PageBrowser(stage);
    browser.cookies.set(nameFor(await attemptId()), { value, path: "/" });
    expect((await browser.get(pathOf(visit.uri))).headers.location).toBe("/login");
  });
});

test("the answers of an agent never hold a cookie or a link of the mail, and read none", async () => {
  const browser = await provenBrowser(stage, visit);
  const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
  const links = await claimLinks(stage);
  const answers = [await register.serviceAuth(stage).set("Cookie", cookie), await register.anonymous(stage)];
  for (const answer of answers) {
    expect(setCookies(answer)).toEqual([]);
    for (const { claim, deny } of links)
      for (const path of [claim, deny]) expect(answer.text).not.toContain(path.slice(-43));
  }
});
