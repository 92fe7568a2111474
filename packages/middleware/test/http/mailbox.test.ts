/** People without a login at the host: what the links of their mail do, and what the cookie of a proven mailbox is worth. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { type Asked, askedAgain, expectPage, problemOf } from "../support/claim-visit.js";
import { notice, pages, texts } from "../support/headings.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import {
  claimLinks,
  gatherAt,
  leavesAll,
  type MailboxInput,
  type MailedLinks,
  mailboxWorld,
  mailedClaim,
  provenBrowser,
  together,
} from "../support/mailbox.js";
import { expectForm, expectMovedTo, formOf, PageBrowser, setCookies } from "../support/page-browser.js";
import { openPage, pathOf, startClaim } from "../support/world.js";

let stage: MailWorld;
let visit: Asked & MailedLinks;
let browser: PageBrowser;
const open = async (input: MailboxInput = {}) => {
  stage = await mailboxWorld(input);
  visit = await mailedClaim(stage);
  browser = new PageBrowser(stage);
};
beforeEach(() => open());
const used = async () => (await stage.outbox()).map(({ linkUsedAt }) => linkUsedAt !== null);
const secretIn = (path: string) =>
  new URL(path, "https://notes.example").searchParams.values().next().value as string;
const resent = (path: string) => `${path}&resent=1`;

describe("the link the agent was given", () => {
  test("leads to a page that says to look in the mail, and changes nothing by GET or HEAD", async () => {
    const answer = await leavesAll(stage, () => browser.get(pathOf(visit.uri)));
    expectForm(answer, 200, pages.checkMail);
    expect(answer.text).toContain("<bdi>a****@e******.com</bdi>");
    expect((await leavesAll(stage, () => browser.head(pathOf(visit.uri)))).status).toBe(200);
    expect(browser.cookies.size).toBe(0);
  });

  test.each([
    ["alice.of.wonderland@mail.example.com", "a******************@m***.example.com"],
    ["a@b.example", "a***@b***.example"],
    ["josé@exämple.example", "j***@x*************.example"],
  ])(
    "shows %s as %s, and nowhere more of it, whatever goes wrong on the page",
    async (login_hint, masked) => {
      const other = await mailedClaim(stage, { login_hint });
      const first = await browser.get(pathOf(other.uri));
      const form = formOf(first.text);
      const answers = [
        first,
        await browser.submit(form, { action: "resend", csrf: "x" }),
        await browser.submit(form, { action: "resend" }),
        await browser.get(resent(pathOf(other.uri))),
        await browser.get(other.claim),
        await browser.get(other.deny),
      ];
      expect(answers.map(({ status }) => status)).toEqual([200, 403, 303, 200, 200, 200]);
      for (const { text, headers } of answers)
        for (const place of [text, JSON.stringify(headers)]) {
          expect(place).not.toContain(login_hint);
          expect(place).not.toMatch(/wonderland|mail\.example|osé|exämple/);
        }
      for (const shown of [0, 1, 3]) expect(answers[shown]?.text).toContain(masked);
    },
  );

  test("proves nothing and decides nothing, whatever is posted with it", async () => {
    const agents = secretIn(pathOf(visit.uri));
    const { csrf: resend } = formOf((await browser.get(pathOf(visit.uri))).text).fields;
    const { csrf: prove } = formOf((await browser.get(visit.claim)).text).fields;
    for (const csrf of [resend, prove].map(String))
      for (const action of ["prove_mailbox", "authorize", "deny"]) {
        const fields = {
          claim_attempt_token: agents,
          csrf,
          action,
          user_code: visit.userCode,
          scope: "api.read",
        };
        const send = () => browser.submit({ target: "/agent/claim", fields });
        expectMovedTo(await leavesAll(stage, send), pathOf(visit.uri));
      }
    expectPage(
      await leavesAll(stage, () =>
        browser.submit({ target: "/agent/claim", fields: { not_me: agents, action: "deny_by_mail" } }),
      ),
      404,
      notice("unknown_link"),
    );
    expect(await used()).toEqual([false]);
  });
});

describe("the link of the mail", () => {
  test("is harmless to open, however often and by whatever program", async () => {
    for (const method of ["get", "head", "get", "head"] as const)
      expect((await leavesAll(stage, () => browser[method](visit.claim))).status).toBe(200);
    await leavesAll(stage, () => stage.agent.options(visit.claim));
    expectForm(await browser.get(visit.claim), 200, pages.prove);
    expect([browser.cookies.size, await used()]).toEqual([0, [false]]);
  });

  test("is used up by Continue, which leads this browser to the review page", async () => {
    const answer = await browser.press(visit.claim);
    expectMovedTo(answer, visit.claim, 1);
    expect(await used()).toEqual([true]);
    for (const path of [visit.claim, pathOf(visit.uri)])
      expectForm(await browser.get(path), 200, pages.review);
    expect(await stage.audit("claim.viewed")).toHaveLength(1);
    const { text } = await browser.get(visit.claim);
    expect(text).toContain("<bdi>alice@example.com</bdi>");
  });

  test("lets in one of twenty browsers that press Continue at once", async () => {
    const form = formOf((await browser.get(visit.claim)).text);
    const browsers = Array.from({ length: 20 }, () => new PageBrowser(stage));
    gatherAt(stage, "spendMailLink", 20);
    const answers = await together(20, (index) => (browsers[index] as PageBrowser).submit(form));
    expect(answers.filter((answer) => setCookies(answer).length > 0)).toHaveLength(1);
    for (const answer of answers) expectMovedTo(answer, visit.claim, setCookies(answer).length);
    const seen = await Promise.all(browsers.map((each) => each.get(visit.claim)));
    const shut = seen.filter(({ text }) => !text.includes(pages.review));
    expect(shut).toHaveLength(19);
    for (const answer of shut) expectForm(answer, 200, pages.usedLink);
  });

  test.each<[string, string | string[] | null]>([
    ["no token", null],
    ["an empty one", ""],
    ["noise", "1767226200.x"],
    ["two of them", ["x", "x"]],
  ])("is not used up by a form with %s", async (_what, csrf) => {
    const form = formOf((await browser.get(visit.claim)).text);
    const answer = await leavesAll(stage, () => browser.submit(form, { csrf }));
    expectForm(answer, 403, pages.prove);
    expect(setCookies(answer)).toEqual([]);
    expectMovedTo(await browser.submit(formOf(answer.text)), visit.claim, 1);
  });

  test("is not used up by a form of another mail, or another site", async () => {
    const form = formOf((await browser.get(visit.claim)).text);
    const other = await mailedClaim(stage, { login_hint: "bob@example.com" });
    const { csrf } = formOf((await browser.get(other.claim)).text).fields;
    const resend = formOf((await browser.get(pathOf(visit.uri))).text).fields.csrf as string;
    for (const token of [csrf as string, resend])
      expectForm(await leavesAll(stage, () => browser.submit(form, { csrf: token })), 403, pages.prove);
    for (const site of ["cross-site", "same-site"]) {
      const send = () => browser.submit(form, {}, { "Sec-Fetch-Site": site });
      expectPage(await leavesAll(stage, send), 403, notice("cross_site"));
    }
    expect([browser.cookies.size, await used()]).toEqual([0, [false, false]]);
  });

  test.each<[string, (secret: string) => string]>([
    ["with another id", (secret) => secret.replace(/_\d+_/, "_2_")],
    [
      "with one letter changed",
      (secret) => secret.slice(0, -2) + (secret.at(-2) === "A" ? "B" : "A") + secret.at(-1),
    ],
    ["as a deny link", (secret) => secret.replace("cml", "cmd")],
    ["as a manage link", (secret) => secret.replace("cml", "cmm")],
    ["with a huge id", (secret) => secret.replace(/_\d+_/, "_9999999999999999_")],
    ["with a zero before its id", (secret) => secret.replace(/_(\d+)_/, "_0$1_")],
    ["with a line break", (secret) => `${secret}\n`],
    ["cut short", (secret) => secret.slice(0, -1)],
  ])("is unknown %s", async (_what, forge) => {
    await mailedClaim(stage, { login_hint: "bob@example.com" });
    const forged = forge(secretIn(visit.claim));
    for (const name of ["claim_attempt_token", "not_me"]) {
      const path = `/agent/claim?${new URLSearchParams({ [name]: forged })}`;
      expectPage(await leavesAll(stage, () => browser.get(path)), 404, notice("unknown_link"));
    }
  });

  test("says that it was used, in every other browser, and offers another mail", async () => {
    await provenBrowser(stage, visit);
    const answer = await leavesAll(stage, () => browser.get(visit.claim));
    expectForm(answer, 200, pages.usedLink);
    expect(answer.text).toContain("a****@e******.com");
    expectMovedTo(await browser.press(visit.claim, "resend"), resent(visit.claim));
    expectForm(await browser.get(resent(visit.claim)), 200, pages.resent);
    const [, second] = await claimLinks(stage);
    expect((await provenBrowser(stage, second as MailedLinks)).cookies.size).toBe(1);
  });

  test("ends with the attempt: expired, replaced, denied", async () => {
    const form = formOf((await browser.get(visit.claim)).text);
    const newer = await askedAgain(stage, visit);
    expectPage(await leavesAll(stage, () => browser.submit(form)), 410, notice("replaced"));
    const [, second] = await claimLinks(stage);
    stage.clock.advance(600);
    expectPage(await leavesAll(stage, () => browser.get(second?.claim as string)), 410, notice("expired"));
    expectPage(await browser.get(pathOf(newer.uri)), 410, notice("expired"));
  });

  test("leads to the host's login where there is one, and is not used up there", async () => {
    const host = await mailWorld();
    const waiting = await mailedClaim(host);
    const before = await host.outbox();
    const visitor = new PageBrowser(host);
    const { status, headers } = await visitor.get(waiting.claim);
    expect([status, headers.location]).toEqual([
      302,
      `/login?return_to=${encodeURIComponent(waiting.claim)}`,
    ]);
    const fields = { claim_attempt_token: secretIn(waiting.claim), action: "prove_mailbox", csrf: "x" };
    expectPage(await visitor.submit({ target: "/agent/claim", fields }), 403, notice("signed_out"));
    expectForm(await new PageBrowser(host, "alice").get(waiting.claim), 200, pages.review);
    expectPage(
      await openPage(host, `https://notes.example${waiting.claim}`, "bob"),
      403,
      notice("wrong_account"),
    );
    expect(await host.outbox()).toEqual(before);
  });
});

describe("asking for another mail", () => {
  test("sends one with another link, and both links work until one of them is used", async () => {
    expectMovedTo(await browser.press(pathOf(visit.uri), "resend"), resent(pathOf(visit.uri)));
    expectForm(await leavesAll(stage, () => browser.get(resent(pathOf(visit.uri)))), 200, pages.resent);
    const [first, second] = await claimLinks(stage);
    expect(second?.claim).not.toBe(first?.claim);
    for (const link of [first, second])
      expectForm(await browser.get(link?.claim as string), 200, pages.prove);
    await provenBrowser(stage, second as MailedLinks);
    await provenBrowser(stage, first as MailedLinks);
    expect(stage.server.recipients()).toEqual(Array(2).fill("alice@example.com"));
  });

  test("is answered the same when no more goes out, and tells nobody but the audit log", async () => {
    const answers = [];
    for (let time = 0; time < 6; time += 1) answers.push(await browser.press(pathOf(visit.uri), "resend"));
    for (const answer of answers) expectMovedTo(answer, resent(pathOf(visit.uri)));
    expect(await claimLinks(stage)).toHaveLength(3);
    expect(await stage.audit("mail.failed")).toHaveLength(4);
    await leavesAll(stage, () => browser.press(pathOf(visit.uri), "resend"), ["mail.failed"]);
  });

  test("twenty times at once sends no more than the cap", async () => {
    const form = formOf((await browser.get(pathOf(visit.uri))).text);
    await together(20, () => browser.submit(form, { action: "resend" }));
    expect(await claimLinks(stage)).toHaveLength(3);
  });

  test("needs our form, and a claim that waits", async () => {
    const form = formOf((await browser.get(pathOf(visit.uri))).text);
    const send = (changes: object, headers = {}) =>
      leavesAll(stage, () => browser.submit(form, { action: "resend", ...changes }, headers));
    for (const csrf of [null, "x", formOf((await browser.get(visit.deny)).text).fields.csrf as string]) {
      const answer = await send({ csrf });
      expectForm(answer, 403, pages.checkMail);
      expect(problemOf(answer.text)).not.toBe(texts.problems.wrongCode(4));
    }
    expectPage(
      await send({}, { Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" }),
      403,
      notice("cross_site"),
    );
    await startClaim(stage, visit.claimToken);
    expectPage(await send({}), 410, notice("replaced"));
  });
});
