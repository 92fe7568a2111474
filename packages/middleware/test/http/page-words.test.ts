/** What an agent says of itself, on every page that shows it: text, and never a tag, a header or an address. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import { leavesAll, mailboxWorld, mailedClaim } from "../support/mailbox.js";
import { PageBrowser } from "../support/page-browser.js";
import { openPage, pathOf, register } from "../support/world.js";
import { tagsOf } from "../views/markup.js";

let stage: MailWorld;
beforeEach(async () => {
  stage = await mailWorld();
});

describe("what an agent says of itself", () => {
  const names = [
    '"><img src=x onerror=alert(1)>',
    "Notes\r\nSet-Cookie: evil=1\r\n\r\n<script>",
    "\u202Etxt.exe\u2066\u200B",
    "</title><base href=//evil.example>",
    "%0d%0aLocation:%20//evil.example",
    "{{constructor}}#{7*7}<%= 7*7 %>",
  ];

  test.each(names)("changes no tag and no header of any page: %j", async (client_name) => {
    stage = await mailboxWorld();
    const shapes = [];
    for (const name of ["plain", client_name]) {
      const visit = await mailedClaim(stage, { client_name: name });
      const browser = new PageBrowser(stage);
      const seen = [
        await browser.get(pathOf(visit.uri)),
        await browser.get(visit.claim),
        await browser.get(visit.deny),
      ];
      await browser.press(visit.claim);
      seen.push(await browser.get(visit.claim));
      await browser.press(visit.claim, "authorize", { scope: "api.read" });
      seen.push(await browser.get(visit.claim));
      for (const { text } of seen)
        expect(text).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B]|\p{Cc}(?<!\n)/u);
      shapes.push(
        seen.map(({ status, headers, text }) => {
          const { "content-length": _length, date: _date, "x-request-id": _id, ...stable } = headers;
          return [status, stable, tagsOf(text).map((tag) => [tag.name, [...tag.attributes.keys()]])];
        }),
      );
    }
    expect(shapes[1]).toEqual(shapes[0]);
  });

  test.each(names)("is no address: %j", async (login_hint) => {
    const answer = await leavesAll(stage, () =>
      register.serviceAuth(stage, { login_hint: `${login_hint}@example.com` }),
    );
    expect([answer.status, answer.body.error]).toEqual([400, "invalid_login_hint"]);
    expect(answer.text).not.toMatch(/evil|<script|onerror/);
  });

  test("reaches no header of a page by way of the address of a claim", async () => {
    const visit = await mailedClaim(stage, { login_hint: "o'brien+%0d%0a@example.com" });
    const { headers, status } = await openPage(stage, visit.uri, null);
    expect([status, headers.location]).toEqual([
      302,
      `/login?return_to=${encodeURIComponent(pathOf(visit.uri))}`,
    ]);
  });
});
