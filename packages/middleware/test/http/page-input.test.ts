/** What strangers send to the pages: markup, header lines, addresses of other sites, absurd sizes. Never a failure, an echo or an effect. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { expectPage, headingOf, reviewHeading } from "../support/claim-visit.js";
import { notice } from "../support/headings.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import {
  leavesAll,
  type MailboxInput,
  mailboxWorld,
  mailedClaim,
  manageLinks,
  provenBrowser,
} from "../support/mailbox.js";
import { formOf, PageBrowser, type PageForm, setCookies } from "../support/page-browser.js";
import { listening, rawRequest } from "../support/stages.js";
import { issuer, pathOf, poll, type Response } from "../support/world.js";

let stage: MailWorld;
const open = async (input: MailboxInput = {}, openWorld: typeof mailWorld = mailWorld) => {
  stage = await openWorld(input);
};
beforeEach(() => open());
const quietly = (send: Parameters<typeof leavesAll>[1]) => leavesAll(stage, send);

/** A page or a redirect of ours: nothing failed, nothing is kept, no cookie, and no word of the input. */
function expectCalm(response: Response, ...echoes: string[]): void {
  expect([200, 302, 303, 400, 403, 404, 410, 413, 415]).toContain(response.status);
  expect(response.headers["cache-control"]).toBe("no-store");
  expect(setCookies(response)).toEqual([]);
  for (const echo of echoes)
    for (const place of [response.text, JSON.stringify(response.headers)]) expect(place).not.toContain(echo);
  expect(stage.logs.filter(({ level }) => level === "error")).toEqual([]);
}

describe("where the login is told to lead back to", () => {
  const asked: string[] = [];
  const hosts = [
    "notes.example",
    "evil.example",
    "notes.example@evil.example",
    "notes.example:443",
    "",
    "a\\b",
  ];
  const queries = [
    "",
    "&return_to=//evil.example",
    "&return_to=%2F%5Cevil.example",
    "&returnTo=https:evil.example",
    "&next=javascript:alert(1)",
    "#//evil.example",
    "&claim_attempt_token[]=//evil.example",
    "&?//evil.example",
    "&%00",
  ];

  test("is always a path of ours, whatever host, address or query the request names", async () => {
    await open({
      accounts: {
        loginUrl: (returnTo) => {
          asked.push(returnTo);
          return `/login?return_to=${encodeURIComponent(returnTo)}`;
        },
      },
    });
    const visit = await mailedClaim(stage);
    const { port } = await listening(stage.app);
    const paths = [pathOf(visit.uri), visit.claim, "/agent/connected?x=1"];
    for (const host of hosts)
      for (const path of paths)
        for (const query of queries) {
          const headers = {
            Host: host,
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Prefix": "//evil.example",
          };
          const { status, headers: answer } = await rawRequest(port, {
            path: path + query.replace(/^#.*/, ""),
            headers,
          });
          expect(status).toBe(302);
          expect(answer.location).toMatch(/^\/login\?return_to=%2Fagent%2F(claim|connected)(%3F|$)/);
        }
    expect(asked).toHaveLength(hosts.length * paths.length * queries.length);
    for (const returnTo of new Set(asked)) {
      expect(returnTo).toMatch(/^\/agent\/(claim\?claim_attempt_token=(cat|cml)_[\w-]+|connected)$/);
      expect(new URL(returnTo, issuer).origin).toBe(issuer);
    }
    expect(new Set(asked).size).toBe(3);
  });

  test.each([
    "//evil.example/agent/connected",
    "/\\evil.example/agent/connected",
    "https:evil.example/agent/connected",
    "//agent/claim",
    "/agent//connected",
    "/agent/connected/",
    "/agent/./connected",
    "/%61gent/connected",
    "/agent/connected;x=1",
    "/agent%2Fconnected",
  ])("is never asked for an address that is not exactly a page of ours: %s", async (path) => {
    const { port } = await listening(stage.app);
    const { status, headers } = await rawRequest(port, { path });
    expect([400, 404]).toContain(status);
    expect(headers.location).toBeUndefined();
  });

  test("is asked for a path of our own when the request names another host in full (RFC 9112 section 3.2.2)", async () => {
    const { port } = await listening(stage.app);
    const { status, headers } = await rawRequest(port, { path: "http://evil.example/agent/connected" });
    expect(status).toBe(302);
    expect(headers.location).toBe("/login?return_to=%2Fagent%2Fconnected");
  });
});

describe("an address of a page", () => {
  const absurd: [string, string][] = [
    ["a NUL", "%00"],
    ["markup", "%3Cscript%3Ealert(1)%3C/script%3E"],
    ["a header line", "x%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0aevil"],
    ["broken escapes", "%E0%A4%A%zz%"],
    ["a lone surrogate", "%ED%A0%80"],
    ["RTL marks", "%E2%80%AEevil%E2%81%A6"],
    ["an object's own names", "__proto__"],
    ["twelve kilobytes", "evil".repeat(3000)],
    ["a number beyond all", `cmm_${"9".repeat(16)}_${"A".repeat(43)}`],
    ["SQL", "'%20OR%201=1%20--"],
  ];
  const names = [
    "claim_attempt_token",
    "not_me",
    "manage",
    "revoked",
    "resent",
    "__proto__[x]",
    "constructor",
  ];

  test.each(absurd)(
    "that holds %s is answered calmly, signed in or not, and changes nothing",
    async (_what, value) => {
      for (const page of ["/agent/claim", "/agent/connected"])
        for (const name of names)
          for (const query of [`${name}=${value}`, `${name}=${value}&${name}=${value}`, value]) {
            const path = `${page}?${query}`.slice(0, 14_000);
            for (const browser of [new PageBrowser(stage), new PageBrowser(stage, "alice")])
              expectCalm(await quietly(() => browser.get(path)), "<script>", "evil", "Set-Cookie");
          }
    },
  );

  test("with hundreds of parameters, or a question mark in one, is read like any other", async () => {
    const visit = await mailedClaim(stage);
    const alice = new PageBrowser(stage, "alice");
    await alice.get(pathOf(visit.uri));
    const many = Array.from({ length: 1500 }, (_, index) => `a${index}=1`).join("&");
    for (const path of [`${pathOf(visit.uri)}&${many}`, `${pathOf(visit.uri)}&x=?claim_attempt_token=x`])
      expect(headingOf((await quietly(() => alice.get(path))).text)).toBe(reviewHeading);
  });
});

describe("a form", () => {
  /** Every form of every page, with the browser it was shown to. */
  async function everyForm(): Promise<[PageBrowser, PageForm, string][]> {
    await open({}, mailboxWorld);
    const done = await mailedClaim(stage);
    const owner = await provenBrowser(stage, done);
    await owner.press(done.claim, "authorize", { user_code: done.userCode, scope: "api.read" });
    await poll(stage, done.claimToken);
    const [manage] = await manageLinks(stage);
    const [fresh, revealed] = [await mailedClaim(stage), await mailedClaim(stage)];
    const code = await provenBrowser(stage, revealed);
    await code.press(revealed.claim, "authorize", { scope: "api.read" });
    const unused = await mailedClaim(stage, { login_hint: "bob@example.com" });
    const review = await provenBrowser(stage, fresh);
    const list = new PageBrowser(stage);
    const opening = formOf((await list.get(manage as string)).text);
    const stranger = new PageBrowser(stage);
    const from = async (browser: PageBrowser, path: string, action: string) =>
      [browser, formOf((await browser.get(path)).text), action] as [PageBrowser, PageForm, string];
    return [
      await from(review, fresh.claim, "authorize"),
      await from(code, revealed.claim, "authorize"),
      await from(stranger, unused.claim, "prove_mailbox"),
      await from(stranger, unused.deny, "deny_by_mail"),
      await from(stranger, pathOf(unused.uri), "resend"),
      [list, opening, "open"],
    ];
  }
  const evil = "<b>evil</b>\r\nSet-Cookie: a=b\u0000\u202E";

  test("with any of its fields spoilt, doubled, emptied or left out is answered calmly and changes nothing", async () => {
    for (const [browser, form, action] of await everyForm()) {
      const fields = { ...form.fields, action };
      for (const name of Object.keys(fields))
        for (const value of [
          evil,
          "",
          null,
          [evil, fields[name as "action"]],
          "x".repeat(50_000),
          "\u0000",
        ]) {
          const send = () => browser.submit({ target: form.target, fields }, { [name]: value });
          expectCalm(await quietly(send), "evil", "Set-Cookie", "x".repeat(100));
        }
    }
  }, 60_000);

  test("of another site changes nothing, whatever header says so", async () => {
    const forms = await everyForm();
    for (const [browser, form, action] of forms)
      for (const headers of [
        { "Sec-Fetch-Site": "cross-site" },
        { "Sec-Fetch-Site": "same-site" },
        { "Sec-Fetch-Site": "same-origin, cross-site" },
        { "Sec-Fetch-Site": "cross-site", Origin: issuer },
      ]) {
        const answer = await quietly(() => browser.submit(form, { action, scope: "api.read" }, headers));
        expectPage(answer, 403, notice("cross_site"));
      }
    for (const [browser, form, action] of forms)
      for (const origin of [
        "https://evil.example",
        "null",
        "https://notes.example.evil.example",
        "http://notes.example",
      ]) {
        const body = new URLSearchParams({ ...form.fields, action, scope: "api.read" }).toString();
        const cookie = [...browser.cookies].map(([name, { value }]) => `${name}=${value}`).join("; ");
        const send = () =>
          stage.agent.post(form.target).set({ Origin: origin, Cookie: cookie }).type("form").send(body);
        expectPage(await quietly(send), 403, notice("cross_site"));
      }
  }, 60_000);

  test("of sixty kilobytes is read, one of more is not, and neither has an effect", async () => {
    const [[browser, form] = []] = await everyForm();
    if (browser === undefined || form === undefined) throw new Error("no form");
    const { fields } = form;
    for (const [size, statuses] of [
      [60_000, [303, 400, 403]],
      [66_000, [413]],
    ] as const)
      for (const name of ["user_code", "csrf", "claim_attempt_token", "not_me", "padding"]) {
        const send = () =>
          browser.submit(form, { ...fields, action: "authorize", scope: "none", [name]: "1".repeat(size) });
        expect([...statuses, 404]).toContain((await quietly(send)).status);
      }
  }, 60_000);

  test("with a cookie header of nonsense is nobody's", async () => {
    const [[browser, form] = []] = await everyForm();
    const fields = new URLSearchParams({
      ...form?.fields,
      action: "authorize",
      scope: "api.read",
    }).toString();
    const [name] = [...(browser?.cookies.keys() ?? [])];
    for (const Cookie of [
      "",
      ";;;",
      "=",
      `${name}`,
      `${name}=%E0%A4%A`,
      `${name}=1.2; `.repeat(300),
      "__proto__=1",
    ])
      for (const target of ["/agent/claim", "/agent/connected"]) {
        const send = () => stage.agent.post(target).set({ Cookie }).type("form").send(fields);
        expectCalm(await quietly(send));
      }
  });
});
