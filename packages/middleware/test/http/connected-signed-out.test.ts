/** `/agent/connected` of people who are not signed in: the way to the host's login, and the manage link of a mail. */
import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { csrfToken } from "../../src/http/page-security.js";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { asked, expectPage, expectRedirect } from "../support/claim-visit.js";
import { approved } from "../support/event-stage.js";
import { notice, pages } from "../support/headings.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import {
  gatherAt,
  leavesAll,
  type MailboxInput,
  mailboxWorld,
  mailedClaim,
  manageLinks,
  provenBrowser,
  together,
} from "../support/mailbox.js";
import {
  expectForm,
  expectMovedTo,
  formOf,
  formsOf,
  PageBrowser,
  setCookies,
} from "../support/page-browser.js";
import { callApi, issuer, pathOf, poll, type Response } from "../support/world.js";

const secret = "a secret of the connected tests, thirty-two bytes or more";
const path = "/agent/connected";
const loginUrl = `/login?return_to=${encodeURIComponent(path)}`;
let stage: MailWorld;
let alice: PageBrowser;
const open = async (input: MailboxInput = {}, openWorld: typeof mailWorld = mailWorld) => {
  stage = await openWorld({ ...input, options: { secrets: [secret], ...input.options } });
  alice = new PageBrowser(stage, "alice");
};
beforeEach(() => open());
const quietly = (send: Parameters<typeof leavesAll>[1]) => leavesAll(stage, send);
const rowOf = async (id: string) => (await stage.rows("registrations")).find((row) => row.id === id);
const listed = (html: string) => formsOf(html).map(({ fields }) => fields.registration);
const agentOf = async (person: "alice" | "bob") =>
  approved(stage, await asked(stage, { login_hint: `${person}@example.com` }), person);
const formFor = async (id: string, browser = alice) => {
  const form = formsOf((await browser.get(path)).text).find(({ fields }) => fields.registration === id);
  if (form === undefined) throw new Error(`${id} is not on the page`);
  return form;
};

describe("somebody who is not signed in", () => {
  test("is sent to the login and back to this page, whatever else was in the address", async () => {
    const stranger = new PageBrowser(stage);
    for (const query of ["", "?revoked=reg_1", "?return_to=//evil.example", "?x=%00"]) {
      const answer = await quietly(() => stranger.get(path + query));
      expectRedirect(answer, 302, loginUrl);
    }
    expect((await stranger.head(path)).status).toBe(302);
  });

  test("is told so when they press Revoke, with the way to the login: a form may not be redirected there", async () => {
    const { id, accessToken } = await agentOf("alice");
    const form = await formFor(id);
    const answer = await quietly(() => new PageBrowser(stage).submit(form, { action: "revoke" }));
    expectPage(answer, 403, notice("signed_out"));
    expect(answer.text).toContain(`href="/login?return_to=${encodeURIComponent(path)}"`);
    expect((await callApi(stage, accessToken)).status).toBe(200);
  });

  test("at a moved page, under a prefix, is sent back there; the page and its forms work there", async () => {
    const moved = { issuer: "https://notes.example/one", paths: { connectedPage: "/my/agents" } };
    await open({ options: moved });
    const { status, headers } = await stage.agent.get("/one/my/agents");
    expect([status, headers.location]).toEqual([
      302,
      `/login?return_to=${encodeURIComponent("/one/my/agents")}`,
    ]);
    expect((await stage.agent.get(path)).status).toBe(404);
    const { id } = await agentOf("alice");
    const [form] = formsOf((await alice.get("/one/my/agents")).text);
    expect(form?.target).toBe("/one/my/agents");
    const answer = await alice.submit(form as NonNullable<typeof form>, { action: "revoke" });
    expectMovedTo(answer, `/one/my/agents?revoked=${id}`);
    expect((await rowOf(id))?.revoked_at).not.toBeNull();
  });
});

/** A cookie made here with the service's own key, so that it differs from a good one in one point only. */
function forged({ purpose = "manage", user = "usr_alice", expiresIn = 600, key = secret } = {}) {
  const [derived] = deriveKeys([key], "mailbox-proof");
  const expires = stage.clock.now() + expiresIn;
  const mac = createHmac("sha256", derived.key).update(JSON.stringify([purpose, user, expires]));
  return `${Buffer.from(user).toString("base64url")}.${expires}.${mac.digest("base64url")}`;
}
const withCookie = (value: string) => {
  const browser = new PageBrowser(stage);
  browser.cookies.set("__Secure-aa_manage", { value, path });
  return browser;
};

describe.each([
  ["with a login", mailWorld],
  ["with mail only", mailboxWorld],
])("the manage link of a mail, at a host %s", (_kind, openWorld) => {
  let mine: string[];
  let link: string;
  let browser: PageBrowser;
  beforeEach(async () => {
    await open({}, openWorld);
    mine = [];
    for (let agent = 0; agent < 2; agent += 1) {
      const visit = await mailedClaim(stage);
      const owner = openWorld === mailWorld ? alice : await provenBrowser(stage, visit);
      await owner.press(visit.claim, "authorize", { user_code: visit.userCode, scope: "api.read" });
      expect((await poll(stage, visit.claimToken)).status).toBe(200);
      mine.unshift(visit.id);
      stage.clock.advance(1);
    }
    link = (await manageLinks(stage))[0] as string;
    browser = new PageBrowser(stage);
  });
  const used = async () => (await stage.outbox()).filter(({ linkUsedAt }) => linkUsedAt !== null).length;
  /** Shut, with the way to open it: the login, or another mail. */
  const expectClosed = (answer: Response, status = 200) => {
    if (openWorld === mailWorld) expectRedirect(answer, 302, loginUrl);
    else expectForm(answer, status, pages.requestLink);
  };

  test("is harmless to open, however often and by whatever program", async () => {
    const before = await used();
    for (const method of ["get", "head", "get", "head"] as const)
      expect((await quietly(() => browser[method](link))).status).toBe(200);
    expectForm(await browser.get(link), 200, pages.openConnected);
    expect([browser.cookies.size, await used()]).toEqual([0, before]);
    expectClosed(await browser.get(path));
  });

  test("opens the page of its owner in this browser, once, with a cookie for it alone", async () => {
    const answer = await browser.press(link);
    expectMovedTo(answer, path, 1);
    const [line = ""] = setCookies(answer);
    expect(line).toBe(
      `__Secure-aa_manage=${forged()}; Max-Age=600; Path=/agent/connected; HttpOnly; Secure; SameSite=Lax`,
    );
    const page = await browser.get(path);
    expectForm(page, 200, pages.connected);
    expect(listed(page.text).sort()).toEqual([...mine].sort());
    expect(page.text).not.toContain("alice@example.com");
    const other = new PageBrowser(stage);
    expectPage(await quietly(() => other.get(link)), 410, notice("link_used"));
    expectClosed(await other.get(path));
  });

  test("lets one of twenty browsers in that press its button at once", async () => {
    const form = formOf((await browser.get(link)).text);
    gatherAt(stage, "spendMailLink", 20);
    const answers = await together(20, () => new PageBrowser(stage).submit(form));
    expect(answers.filter((answer) => setCookies(answer).length > 0)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 303))
      expectPage(answer, 410, notice("link_used"));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
  });

  test("revokes an agent from there, and only an agent of its owner", async () => {
    await browser.press(link);
    const [first, second] = mine as [string, string];
    const form = await formFor(first, browser);
    const foreign = () => browser.submit(form, { action: "revoke", registration: second });
    expect((await quietly(foreign)).status).toBe(403);
    expectMovedTo(await browser.submit(form, { action: "revoke" }), `${path}?revoked=${first}`);
    expect([(await rowOf(first))?.revoked_by, (await rowOf(second))?.revoked_at]).toEqual(["user", null]);
    expect(await stage.audit("registration.revoked")).toMatchObject([
      { actor_kind: "user", actor_id: "usr_alice" },
    ]);
    expect(listed((await browser.get(path)).text)).toEqual([second]);
  });

  test("stays open for ten minutes, and its forms no longer than that", async () => {
    await browser.press(link);
    const form = await formFor(mine[0] as string, browser);
    stage.clock.advance(599);
    expect((await browser.get(path)).status).toBe(200);
    stage.clock.advance(1);
    expectClosed(await quietly(() => browser.get(path)));
    const late = await quietly(() => browser.submit(form, { action: "revoke" }));
    if (openWorld === mailWorld) expectPage(late, 403, notice("signed_out"));
    else expectClosed(late, 403);
  });

  test.each<[string, (path: string) => string]>([
    [
      "with one letter changed",
      (good) => good.slice(0, -2) + (good.at(-2) === "A" ? "B" : "A") + good.at(-1),
    ],
    ["of another mail", (good) => good.replace(/cmm_\d+_/, "cmm_1_")],
    ["for a claim", (good) => good.replace("cmm", "cml")],
    ["twice", (good) => `${good}&${good.split("?")[1]}`],
    ["empty", () => `${path}?manage=`],
    ["of kilobytes", () => `${path}?manage=${"cmm_1_".repeat(1500)}`],
  ])("is worth nothing %s", async (_what, forge) => {
    const form = formOf((await browser.get(link)).text);
    expectPage(await quietly(() => browser.get(forge(link))), 410, notice("link_used"));
    const manage = new URL(forge(link), issuer).searchParams.getAll("manage");
    const answer = await quietly(() => browser.submit(form, { manage }));
    expectPage(answer, 410, notice("link_used"));
  });

  test("is not used up by anything but its own form", async () => {
    const before = await used();
    const form = formOf((await browser.get(link)).text);
    const other = formOf((await browser.get((await manageLinks(stage))[1] as string)).text);
    const [{ key }] = deriveKeys([secret], "page-csrf");
    const id = /cmm_(\d+)_/.exec(link)?.[1] as string;
    const old = csrfToken(key, { action: "open_connected", person: "", about: id }, stage.clock.now());
    for (const csrf of [null, "", "x", other.fields.csrf as string, old])
      expectMovedTo(await quietly(() => browser.submit(form, { csrf })), link);
    for (const site of ["cross-site", "same-site"])
      expectPage(
        await quietly(() => browser.submit(form, {}, { "Sec-Fetch-Site": site })),
        403,
        notice("cross_site"),
      );
    expect([browser.cookies.size, await used()]).toEqual([0, before]);
    expectMovedTo(await browser.submit(form), path, 1);
  });

  test("is no sign-in: not at the host, not on a claim page, not at the API", async () => {
    await browser.press(link);
    const next = await mailedClaim(stage);
    const cookie = `__Secure-aa_manage=${forged()}`;
    for (const target of [pathOf(next.uri), next.claim]) {
      const { status, text } = await stage.agent.get(target).set("Cookie", cookie);
      expect([[200, 302].includes(status), text.includes(pages.review)]).toEqual([true, false]);
    }
    expect((await callApi(stage, "x").set("Cookie", cookie)).status).toBe(401);
  });
});

describe("the cookie of a manage link", () => {
  test.each<[string, () => string]>([
    ["noise", () => "noise"],
    ["of a proven mailbox", () => forged({ purpose: "mailbox" })],
    [
      "of somebody else, renamed",
      () => forged({ user: "usr_bob" }).replace(/^[^.]*/, Buffer.from("usr_alice").toString("base64url")),
    ],
    ["that ended this second", () => forged({ expiresIn: 0 })],
    ["that never ends", () => forged().replace(/\.\d+\./, ".999999999999.")],
    ["without a signature", () => forged().replace(/[^.]*$/, "")],
    ["under another secret", () => forged({ key: "another secret, thirty-two bytes or more at that" })],
  ])("opens nothing: %s", async (_what, value) => {
    const { id } = await agentOf("alice");
    const form = await formFor(id, withCookie(forged()));
    const browser = withCookie(value());
    expect((await quietly(() => browser.get(path))).status).toBe(302);
    expectPage(await quietly(() => browser.submit(form, { action: "revoke" })), 403, notice("signed_out"));
  });

  test("shows its owner's page only, and does not stand in for whoever is signed in", async () => {
    const [hers, his] = [await agentOf("alice"), await agentOf("bob")];
    expect(listed((await withCookie(forged()).get(path)).text)).toEqual([hers.id]);
    const both = new PageBrowser(stage, "bob");
    both.cookies.set("__Secure-aa_manage", { value: forged(), path });
    expect(listed((await both.get(path)).text)).toEqual([his.id]);
    const form = await formFor(hers.id, withCookie(forged()));
    expect((await quietly(() => both.submit(form, { action: "revoke" }))).status).toBe(403);
  });
});
