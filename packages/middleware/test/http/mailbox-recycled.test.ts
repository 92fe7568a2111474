/** Mailboxes that changed hands and addresses that only look alike: a proven mailbox gives one account, its own. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { expectPage } from "../support/claim-visit.js";
import { identify } from "../support/event-stage.js";
import { notice } from "../support/headings.js";
import type { MailWorld } from "../support/mail-world.js";
import { leavesAll, mailboxWorld, mailedClaim, manageLinks, provenBrowser } from "../support/mailbox.js";
import { formsOf, PageBrowser } from "../support/page-browser.js";
import { callApi, poll, register } from "../support/world.js";

let stage: MailWorld;
const folded = (address: string) =>
  address.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("xn--exmple-cua", "example");

/** Claims an agent from the mail alone; returns its user, or the page that says why not. */
async function approve(address: string) {
  const visit = await mailedClaim(stage, { login_hint: address });
  const browser = await provenBrowser(stage, visit);
  const [form] = formsOf((await browser.get(visit.claim)).text);
  if (form === undefined) return { visit, user: null, page: await browser.get(visit.claim) };
  const page = await browser.submit(form, {
    action: "authorize",
    scope: ["api.read"],
    user_code: visit.userCode,
  });
  const token = (await poll(stage, visit.claimToken)).body.access_token;
  const user = token === undefined ? null : (await callApi(stage, token)).body.agent.user.id;
  return { visit, user, page };
}

describe("a mailbox whose former owner has moved to another address", () => {
  beforeEach(async () => {
    stage = await mailboxWorld();
  });

  test("does not lead to the account that was created from it: nothing is bound", async () => {
    const { user } = await approve("sales@corp.example");
    const account = stage.host.users.find(({ id }) => id === user);
    if (account === undefined) throw new Error("no account was created");
    account.email = "anna@private.example";
    const again = await approve("sales@corp.example");
    expectPage(again.page, 403, notice("no_account"));
    expect(again.user).toBeNull();
    expect((await stage.rows("registrations")).at(-1)).toMatchObject({ user_id: null, claimed_at: null });
  });

  test("does not open the page of the account's agents with an old link", async () => {
    const { user } = await approve("sales@corp.example");
    const [link] = await manageLinks(stage);
    const account = stage.host.users.find(({ id }) => id === user);
    if (account === undefined || link === undefined) throw new Error("no account or no link");
    const browser = new PageBrowser(stage);
    expect((await browser.get(link)).status).toBe(200);
    account.email = "anna@private.example";
    expectPage(await leavesAll(stage, () => browser.get(link)), 410, notice("link_used"));
    account.email = "sales@corp.example";
    stage.clock.advance(30 * 86_400);
    expectPage(await leavesAll(stage, () => browser.get(link)), 410, notice("link_used"));
  });
});

test.each([
  ["at a host without a login", {}],
  [
    "at one that finds no accounts by address",
    { findByEmail: undefined, currentUser: () => null, loginUrl: () => "/login" },
  ],
])(
  "a notice after an ID-JAG opens nothing either once the account has another address, %s",
  async (_what, accounts) => {
    stage = await mailboxWorld({ accounts });
    expect((await identify(stage, stage.provider.idJag({ sub: "sub-carol" }))).status).toBe(200);
    const [link] = await manageLinks(stage);
    const account = stage.host.users.find(({ email }) => email === "carol@example.com");
    if (account === undefined || link === undefined) throw new Error("no account or no link");
    const browser = new PageBrowser(stage);
    expect((await browser.get(link)).status).toBe(200);
    account.email = "carol@private.example";
    expectPage(await leavesAll(stage, () => browser.get(link)), 410, notice("link_used"));
    account.email = "Carol@example.com";
    expect((await browser.get(link)).status).toBe(200);
  },
);

describe("a host whose database folds accents", () => {
  beforeEach(async () => {
    stage = await mailboxWorld({
      accounts: {
        create: undefined,
        findByEmail: (email) =>
          stage.host.users.find((user) => user.email === folded(email) && user.emailVerified) ?? null,
      },
    });
  });

  test("gives nobody the account of an address that only looks alike", async () => {
    const { user, page } = await approve("alice@exämple.com");
    expectPage(page, 403, notice("no_account"));
    expect(user).toBeNull();
  });

  test("shows an operator nobody in place of the person who was asked for", async () => {
    const { admin } = stage.auth;
    expect(await admin.findUserByEmail("alice@exämple.com")).toBeNull();
    expect(await admin.findUserByEmail("Alice@example.com")).toBe("usr_alice");
  });

  test("mails nobody a link to the agents of somebody else", async () => {
    const browser = new PageBrowser(stage);
    const [form] = formsOf((await browser.get("/agent/connected")).text);
    if (form === undefined) throw new Error("no form");
    await leavesAll(stage, () => browser.submit(form, { action: "send_link", email: "alice@exämple.com" }));
    expect(await manageLinks(stage)).toEqual([]);
  });
});

describe("one mailbox in many spellings", () => {
  beforeEach(async () => {
    stage = await mailboxWorld();
  });

  test("is one address to the cap of claim links", async () => {
    for (const login_hint of [
      "alice@example.com",
      "alice@ｅxample.com",
      "alice@exampl𝐞.com",
      "ALICE@𝔢xample.com",
      "alice@example.ｃom",
    ])
      expect((await register.serviceAuth(stage, { login_hint })).status).toBe(200);
    await stage.deliver();
    expect(stage.server.mails).toHaveLength(3);
  });

  test("of somebody without an account does not use up the manage links of the one they resemble", async () => {
    const browser = new PageBrowser(stage);
    for (const email of [
      "alice+1@example.com",
      "alice+2@example.com",
      "alice+3@example.com",
      "alice@example.com",
    ]) {
      const [form] = formsOf((await browser.get("/agent/connected")).text);
      if (form === undefined) throw new Error("no form");
      expect((await browser.submit(form, { action: "send_link", email })).status).toBe(303);
    }
    expect(await manageLinks(stage)).toHaveLength(1);
  });
});
