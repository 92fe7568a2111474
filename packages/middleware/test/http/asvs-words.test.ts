/** OWASP ASVS 5.0 on what pages say, rule by rule (WEB-12, 16, 17, 18, 20, 21): to whom, of whom, and of nobody else. */
import { describe, expect, test } from "@jest/globals";
import { asked, wrongFor } from "../support/claim-visit.js";
import { approved } from "../support/event-stage.js";
import { mailWorld } from "../support/mail-world.js";
import { formOf, PageBrowser } from "../support/page-browser.js";
import { callApi, exchange, pathOf, poll, type Response, register } from "../support/world.js";
import { tagsOf } from "../views/markup.js";

const claimPath = "/agent/claim";

describe("WEB-12 words of strangers are text, whatever they are", () => {
  const hostile = [
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "'onmouseover=alert(1) x='",
    "&lt;b&gt;&#60;i&#62;",
    "<%= process.env %>#{7*7}{{7*7}}",
    "\u202Eelppa\u2066 evil\u200B",
    "n".repeat(100),
  ];
  /** The elements of a page, without the text between them. */
  const elementsOf = ({ text }: Response) =>
    tagsOf(text).map(({ name, attributes }) => [name, [...attributes.keys()]]);

  test.each(hostile)("%j as the name of an agent, as its software and in a link", async (words) => {
    const world = await mailWorld();
    const alice = new PageBrowser(world, "alice");
    const plain = await asked(world, { client_name: "Helper" }, { "User-Agent": "helper/1" });
    const shown = await alice.get(pathOf(plain.uri));
    const other = await asked(
      world,
      { client_name: words },
      { "User-Agent": words.replace(/[^\x20-\x7E]/g, "") },
    );
    const page = await alice.get(pathOf(other.uri));
    expect(elementsOf(page)).toEqual(elementsOf(shown));
    expect(page.text).not.toMatch(/[\u200B\u202A-\u202E\u2066-\u2069]|<img|<script|alert\(1\)>/);
    await approved(world, other, "alice");
    const list = await alice.get("/agent/connected");
    expect([list.status, list.text]).toEqual([200, expect.not.stringMatching(/<img|<script|\u202E/)]);
    const unknown = await alice.get(`${claimPath}?claim_attempt_token=${encodeURIComponent(words)}`);
    expect([unknown.status, unknown.text.includes(words)]).toEqual([404, false]);
  });

  test("ten kilobytes of name are refused", async () => {
    const world = await mailWorld();
    const response = await register.serviceAuth(world, { client_name: "n".repeat(10_240) });
    expect([response.status, response.body.error]).toEqual([400, "invalid_request"]);
  });
});

test("WEB-16 the review names agent, permissions in words, account and how long it can be answered", async () => {
  const world = await mailWorld();
  const { uri } = await asked(world, { client_name: "Trip Planner" });
  const { text } = await new PageBrowser(world, "alice").get(pathOf(uri));
  for (const word of ["Trip Planner", "Read your notes", "Write and delete your notes", "alice@example.com"])
    expect(text).toContain(word);
  expect(text).toMatch(/<time [^>]*datetime="[^"]+"/);
});

test("WEB-17 people list and revoke their agents, which stop with the next request", async () => {
  const world = await mailWorld();
  const alice = new PageBrowser(world, "alice");
  const agent = await approved(world, await asked(world, { client_name: "Trip Planner" }), "alice");
  expect((await alice.get("/agent/connected")).text).toContain("Trip Planner");
  expect((await callApi(world, agent.accessToken)).status).toBe(200);
  expect((await alice.press("/agent/connected", "revoke")).status).toBe(303);
  expect((await callApi(world, agent.accessToken)).status).toBe(401);
  expect((await exchange(world, agent.assertion)).status).toBe(400);
  expect((await alice.get("/agent/connected")).text).not.toContain("<form");
});

describe("WEB-18 errors", () => {
  const mark = "Zq7marker";
  const values = { claim_attempt_token: mark, csrf: mark, user_code: mark, scope: mark, x: mark };

  test.each(["GET", "POST"] as const)("of a %s repeat nothing that was sent", async (method) => {
    const world = await mailWorld();
    for (const path of [claimPath, "/agent/connected"]) {
      const query = `?${new URLSearchParams(values)}`;
      const headers = {
        "User-Agent": mark,
        Referer: `https://${mark}.example/`,
        "Sec-Fetch-Site": "same-origin",
      };
      const answers: Response[] = [];
      for (const action of [
        mark,
        "authorize",
        "deny",
        "prove_mailbox",
        "deny_by_mail",
        "resend",
        "open",
        "revoke",
      ])
        answers.push(
          method === "GET"
            ? await world.agent.get(`${path}${query}&action=${action}`).set(headers)
            : await world.agent
                .post(path + query)
                .set(headers)
                .type("form")
                .send({ ...values, action, manage: mark, not_me: mark }),
        );
      for (const { status, text, headers: sent } of answers) {
        expect(status === 302 || (status >= 400 && status < 500)).toBe(true);
        expect([text.toLowerCase().includes(mark.toLowerCase()), sent.location ?? ""]).toEqual([
          false,
          expect.not.stringContaining(mark),
        ]);
      }
    }
  });

  test("of ours show an id that is in the log, and nothing of what went wrong", async () => {
    const world = await mailWorld({
      accounts: {
        currentUser: () => {
          throw new Error("secret detail of the host");
        },
      },
    });
    const { uri } = await asked(world);
    const { status, text } = await world.agent.get(pathOf(uri));
    const id = /\breq_\w+/.exec(text)?.[0];
    expect([status, id]).toEqual([500, expect.any(String)]);
    expect(JSON.stringify(world.logs)).toContain(id);
    expect(text).not.toMatch(/secret detail|\.[jt]s\b|at /);
  });
});

test("WEB-20 another account is told the same whether or not the named address has an account", async () => {
  const world = await mailWorld();
  const pages = [];
  for (const login_hint of ["alice@example.com", "nobody@elsewhere.example"]) {
    const { uri } = await asked(world, { login_hint });
    const { status, text } = await new PageBrowser(world, "bob").get(pathOf(uri));
    expect([status, text.includes(login_hint)]).toEqual([403, false]);
    pages.push(text.replaceAll(/claim_attempt_token(=|%3D)[\w-]+/g, ""));
  }
  expect(pages[1]).toBe(pages[0]);
});

test("WEB-21 codes are guessed five times at most, and forms sent a bounded number of times per address", async () => {
  const world = await mailWorld({ options: { limits: { claimPagePerIpPerHour: 7 } } });
  const alice = new PageBrowser(world, "alice");
  const waiting = await asked(world);
  const guess = async (visit: typeof waiting, code: string) =>
    alice.submit(formOf((await alice.get(pathOf(visit.uri))).text), {
      action: "authorize",
      user_code: code,
      scope: "api.read",
    });
  const first = [];
  for (let time = 0; time < 4; time += 1)
    first.push((await guess(waiting, wrongFor(waiting.userCode))).status);
  const fifth = await guess(waiting, wrongFor(waiting.userCode));
  expect([...first, fifth.status]).toEqual([400, 400, 400, 400, 303]);
  expect((await alice.get(pathOf(waiting.uri))).status).toBe(410);
  expect((await poll(world, waiting.claimToken)).body.error).toBe("expired_token");
  const other = await asked(world);
  const rest = [];
  for (let time = 0; time < 3; time += 1) rest.push((await guess(other, wrongFor(other.userCode))).status);
  expect(rest).toEqual([400, 400, 429]);
});
