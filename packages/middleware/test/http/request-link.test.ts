/** The form that mails a link to one's connected agents, at a host without a login: same answer for everybody, capped. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { expectPage } from "../support/claim-visit.js";
import type { MailWorld } from "../support/mail-world.js";
import {
  leavesAll,
  mailboxWorld,
  mailedClaim,
  manageLinks,
  provenBrowser,
  together,
} from "../support/mailbox.js";
import { formsOf, PageBrowser } from "../support/page-browser.js";

const path = "/agent/connected";
const heading = "See your connected agents";
const sentHeading = "Check your email";
let stage: MailWorld;
let browser: PageBrowser;
beforeEach(async () => {
  stage = await mailboxWorld();
  browser = new PageBrowser(stage);
});

const formOf = async () => {
  const page = await browser.get(path);
  expect([page.status, page.text.includes(heading)]).toEqual([200, true]);
  const [form] = formsOf(page.text);
  if (form === undefined) throw new Error("no form");
  return form;
};
const ask = async (email: string) => browser.submit(await formOf(), { action: "send_link", email });

describe("somebody without a login who wants to see their agents", () => {
  test("is sent a link that opens their page, once", async () => {
    const visit = await mailedClaim(stage);
    const proven = await provenBrowser(stage, visit);
    const [review] = formsOf((await proven.get(visit.claim)).text);
    if (review === undefined) throw new Error("no form");
    await proven.submit(review, { action: "authorize", user_code: visit.userCode, scope: "api.read" });
    const before = (await manageLinks(stage)).length;
    const answer = await ask("  Alice@Example.com ");
    expect([answer.status, answer.headers.location]).toEqual([303, `${path}?sent=1`]);
    expect((await browser.get(`${path}?sent=1`)).text).toContain(sentHeading);
    const links = await manageLinks(stage);
    expect(links).toHaveLength(before + 1);
    const link = links.at(-1) as string;
    expect((await browser.press(link)).status).toBe(303);
    expect(formsOf((await browser.get(path)).text).map(({ fields }) => fields.registration)).toEqual([
      visit.id,
    ]);
    expect((await new PageBrowser(stage).get(link)).status).toBe(410);
  });

  test("is answered the same without an account, and nothing goes out", async () => {
    const answer = await leavesAll(stage, () => ask("stranger@example.com"));
    expect([answer.status, answer.headers.location]).toEqual([303, `${path}?sent=1`]);
    expect(await manageLinks(stage)).toEqual([]);
  });

  test("is answered the same over the cap of the address, and no more goes out", async () => {
    const form = await formOf();
    const answers = await together(20, () =>
      browser.submit(form, { action: "send_link", email: "alice@example.com" }),
    );
    expect(new Set(answers.map(({ status, headers }) => `${status} ${headers.location}`))).toEqual(
      new Set([`303 ${path}?sent=1`]),
    );
    expect(await manageLinks(stage)).toHaveLength(3);
  });

  test.each(["", "alice", "alice@example.com, bob@example.com", "a@b.c\r\nBcc: bob@example.com", "<b>@x.y"])(
    "is asked again for %j",
    async (email) => {
      const form = await formOf();
      const answer = await leavesAll(stage, () => browser.submit(form, { action: "send_link", email }));
      expect(answer.status).toBe(400);
      expect(answer.text).toContain("Enter an email address");
      expect(answer.text).not.toContain("Bcc");
    },
  );

  test("is asked again when the form is forged, from elsewhere, or was open for too long", async () => {
    const form = await formOf();
    const email = "alice@example.com";
    const forged = () => browser.submit(form, { action: "send_link", email, csrf: "1.forged" });
    expect((await leavesAll(stage, forged)).status).toBe(403);
    stage.clock.advance(3600);
    const late = () => browser.submit(form, { action: "send_link", email });
    expect((await leavesAll(stage, late)).status).toBe(403);
    const foreign = () =>
      stage.agent
        .post(path)
        .set("Sec-Fetch-Site", "cross-site")
        .type("form")
        .send({ ...form.fields, action: "send_link", email });
    expectPage(await leavesAll(stage, foreign), 403, "This did not come from our page");
  });
});
