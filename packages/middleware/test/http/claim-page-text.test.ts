/** Text of strangers on the claim page: shown as text, on one line, cut to size (WEB-12). */
import type { AgentAuthOptions } from "@agent-auth/middleware";
import { afterEach, describe, expect, test } from "@jest/globals";
import { type Asked, asked, everybodyIs, expectPage, reviewHeading } from "../support/claim-visit.js";
import { openPage, people, register } from "../support/world.js";
import { tagsOf } from "../views/markup.js";
import { type ObservedWorld, observedWorld } from "./observed-world.js";

let stage: ObservedWorld;
afterEach(() => stage.close());

async function open(options: Partial<AgentAuthOptions> = {}): Promise<void> {
  stage = await observedWorld({ options });
}
const page = ({ uri }: Asked) => openPage(stage, uri, "alice");

describe("a stranger's text", () => {
  const hostile = [
    '<img src=x onerror="alert(1)">',
    '"><script>alert(1)</script>',
    "</title></main><form action=//evil.example>",
    "' onfocus='alert(1)' autofocus='",
    "{{7*7}} <%= 7*7 %> #{7*7}",
    "&lt;b&gt;",
  ];

  test.each(hostile)("is shown as text: %s", async (text) => {
    await open({ accounts: everybodyIs({ ...people.alice, name: text }) });
    const plain = tagsOf((await page(await asked(stage, { client_name: "x" }, { "User-Agent": "x" }))).text);
    const response = await page(await asked(stage, { client_name: text }, { "User-Agent": text }));
    expect(response.status).toBe(200);
    const tags = tagsOf(response.text);
    expect(tags.map(({ name }) => name)).toEqual(plain.map(({ name }) => name));
    expect(tags.filter(({ text: shown }) => shown === text)).toHaveLength(3);
  });

  test("cannot turn the text around it, hide, or make lines of its own", async () => {
    await open();
    const visit = await asked(stage, {
      client_name: "Pay\u202Elap\u2066\u200B\nApproved by\u0000 the service",
    });
    const { text } = await page(visit);
    expect(text).not.toMatch(/[\u202A-\u202E\u2066-\u2069\u200B]|\p{Cc}(?<!\n)/u);
    expect(tagsOf(text).map((tag) => tag.text)).toContain("Pay lap Approved by the service");
  });

  test("of ten kilobytes is cut, or refused at the door", async () => {
    const long = "x".repeat(10_240);
    await open({ accounts: everybodyIs({ ...people.alice, name: long }) });
    const refused = await register.serviceAuth(stage, { client_name: long });
    expect([refused.status, refused.body.error]).toEqual([400, "invalid_request"]);
    const visit = await asked(stage, { client_name: "y".repeat(100) }, { "User-Agent": long });
    const response = await page(visit);
    expectPage(response, 200, reviewHeading);
    expect(response.text).toContain(`${"x".repeat(119)}…`);
    expect(response.text).toContain(`${"x".repeat(199)}…`);
    expect(response.text).toContain("y".repeat(100));
    expect(response.text).not.toContain("x".repeat(200));
  });
});
