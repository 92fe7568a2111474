/** Finding registrations: each filter alone, what the search box takes, and filters that are hostile or impossible. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { anonymousAgent, callApi, claimedAgent, type Stage, stage, Visitor } from "../support/stage.js";

const issuer = "https://agents.example-ai.com";
let on: Stage;
let olga: Visitor;
beforeEach(async () => {
  on = await stage({ options: { trustedProviders: [{ issuer, name: "Example AI" }] } });
  olga = new Visitor(on, "operator");
});
afterEach(() => on.close());

const idsIn = (html: string): string[] => [
  ...new Set([...html.matchAll(/\/registrations\/(reg_[0-9a-f]+)"/g)].map((found) => found[1] as string)),
];
const find = async (query: string) => idsIn((await olga.get(`/registrations?${query}`)).text);
const csvIds = async (query: string) =>
  [...(await olga.post(`/registrations.csv?${query}`)).text.matchAll(/^"(reg_[0-9a-f]+)"/gm)].map(
    (found) => found[1],
  );
const dayAfter = 86_400;

describe("each filter", () => {
  test("finds alone and with others, is a chip that can be removed, and exports what it finds", async () => {
    const old = await anonymousAgent(on, "Ledger Bot");
    on.clock.advance(2 * dayAfter);
    const alices = await claimedAgent(on, "alice", "Trip Planner");
    const fresh = await anonymousAgent(on, "Notes Buddy");
    await callApi(on, fresh.token).expect(200);
    await on.auth.sweep();
    const expected: [string, string[]][] = [
      [`id=${old.id}`, [old.id]],
      ["user=usr_alice", [alices.id]],
      ["name=trip", [alices.id]],
      ["status=claimed", [alices.id]],
      ["status=expired", [old.id]],
      ["kind=anonymous", [fresh.id, old.id]],
      ["scope=api.write", [alices.id]],
      ["created_from=2026-01-03", [fresh.id, alices.id]],
      ["created_to=2026-01-02", [old.id]],
      ["created_from=2026-01-03&created_to=2026-01-03&kind=anonymous", [fresh.id]],
      ["used_from=2026-01-03", [fresh.id]],
      ["used_to=2026-01-02", []],
      [`issuer=${encodeURIComponent(issuer)}`, []],
      ["ip=192.0.2.77", []],
    ];
    for (const [query, ids] of expected) {
      const { text } = await olga.get(`/registrations?${query}`);
      expect([query, new Set(idsIn(text))]).toEqual([query, new Set(ids)]);
      expect([query, new Set(await csvIds(query))]).toEqual([query, new Set(ids)]);
      const chips = /<div class="chips".*?<\/div>/s.exec(text)?.[0] ?? "";
      expect([query, chips.match(/class="chip"/g)?.length]).toEqual([query, query.split("&").length]);
    }
    const two = (await olga.get("/registrations?kind=anonymous&name=notes&sort=last_used&order=oldest")).text;
    const hrefs = [...two.matchAll(/<a class="chip" href="([^"]*)"/g)].map((found) => found[1]);
    expect(hrefs).toEqual([
      `${on.mount}/registrations?kind=anonymous&amp;sort=last_used&amp;order=oldest`,
      `${on.mount}/registrations?name=notes&amp;sort=last_used&amp;order=oldest`,
    ]);
  });

  test("is offered: status, kind, provider, scope and days, and what is chosen stays chosen", async () => {
    const unknown = "https://gone.example";
    const { text } = await olga.get(
      `/registrations?status=suspended&kind=service_auth&scope=api.gone&created_from=2026-01-02&issuer=${encodeURIComponent(unknown)}`,
    );
    for (const chosen of ["suspended", "service_auth", "api.gone", unknown])
      expect(text).toContain(`<option value="${chosen}" selected>`);
    expect(text).toContain(`<option value="${issuer}">Example AI</option>`);
    expect(text).toContain('name="created_from" value="2026-01-02"');
    expect(text).toMatch(/<details class="form-more" open>/);
  });
});

describe("the search box", () => {
  const searched = async (q: string) =>
    (await olga.get(`/registrations?q=${encodeURIComponent(q)}`)).headers.location as string;

  test("tells ids, users, issuers, addresses and names apart, and keeps the other filters", async () => {
    const at = `${on.mount}/registrations?`;
    for (const [q, query] of [
      ["REG_00ab", "id=reg_00ab"],
      ["user: usr_1", "user=usr_1"],
      ["https://a.example", "issuer=https%3A%2F%2Fa.example"],
      ["192.0.2.1", "ip=192.0.2.1"],
      ["2001:DB8:0:0::1", "ip=2001%3Adb8%3A%3A1"],
      ["::FFFF:192.0.2.1", "ip=%3A%3Affff%3A192.0.2.1"],
      ["Trip", "name=Trip"],
      ["alice@example.com", "user=usr_alice"],
    ] as const)
      expect([q, await searched(q)]).toEqual([q, at + query]);
    const kept = await olga.get("/registrations?q=Trip&status=claimed&sort=last_used");
    expect(kept.headers.location).toBe(`${at}status=claimed&name=Trip&sort=last_used`);
  });

  test("finds an IPv4 address in the form a server has that listens to IPv6 as well", async () => {
    on.app.set("trust proxy", true);
    const from = (address: string) =>
      on.agent.post("/agent/identity").set("X-Forwarded-For", address).send({ type: "anonymous" });
    const mapped = (await from("::ffff:203.0.113.7").expect(200)).body.registration_id;
    const plain = (await from("203.0.113.8").expect(200)).body.registration_id;
    const follow = async (q: string) =>
      idsIn((await olga.get((await searched(q)).slice(on.mount.length))).text);
    expect(await follow("203.0.113.7")).toEqual([mapped]);
    expect(await follow("203.0.113.8")).toEqual([plain]);
    expect(await follow("203.0.113.9")).toEqual([]);
  });
});

describe("what means nothing", () => {
  const lost = [
    ["status=revokd", "Status revokd"],
    ["kind=constructor", "Kind constructor"],
    ["created_from=2026-02-30", "Created from 2026-02-30"],
    ["used_to=yesterday", "Last used until yesterday"],
    ["status=revoked&status=claimed", "Status given more than once"],
    ["created_to=%3Cscript%3E", "Created until &lt;script&gt;"],
  ] as const;

  test.each(lost)("is said on the page, and nothing is exported for it: %s", async (query, said) => {
    const { id } = await anonymousAgent(on);
    const page = await olga.get(`/registrations?${query}`);
    expect(page.status).toBe(200);
    const notice = /<div class="notice notice-attention">.*?<\/div>/s.exec(page.text)?.[0] ?? "";
    expect(notice.replace(/<[^>]+>/g, "")).toContain(`Left out, because it means nothing here: ${said}.`);
    const file = await olga.post(`/registrations.csv?${query}`);
    expect(file.status).toBe(400);
    expect(file.headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(file.headers["content-disposition"]).toBeUndefined();
    expect(file.text).toContain("That filter is not understood");
    expect(file.text).not.toContain(id);
  });

  test("the audit log does the same", async () => {
    await anonymousAgent(on);
    for (const [query, said] of [
      ["type=__proto__", "Event __proto__"],
      ["actor_kind=king", "By king"],
      ["from=2026-13-01", "From (UTC) 2026-13-01"],
    ] as const) {
      const page = await olga.get(`/audit?${query}`);
      expect(page.text.replace(/<[^>]+>/g, "")).toContain(`it means nothing here: ${said}.`);
      for (const name of ["audit.csv", "audit.ndjson"]) {
        const file = await olga.post(`/${name}?${query}`);
        expect([file.status, file.headers["content-disposition"]]).toEqual([400, undefined]);
      }
    }
    const turned = await olga.get("/audit?from=2026-02-02&to=2026-01-01");
    expect(turned.text).toContain("turn them round");
    const empty = await olga.post("/audit.csv?from=2026-02-02&to=2026-01-01");
    expect(empty.text.trimEnd().split("\r\n")).toHaveLength(1);
  });

  test("empty fields of the search form are no filter and nothing to complain of", async () => {
    const { id } = await anonymousAgent(on);
    const query = "q=&status=&kind=&issuer=&scope=&created_from=&created_to=&used_from=&used_to=";
    const { text } = await olga.get(`/registrations?${query}`);
    expect(idsIn(text)).toEqual([id]);
    expect(text).not.toContain("Left out");
    expect(await csvIds(query)).toEqual([id]);
  });
});

test.each([
  ["created_from=2026-02-02&created_to=2026-01-01", "turn the days of creation round"],
  ["used_from=2026-02-02&used_to=2026-01-01", "turn the days of use round"],
  ["created_from=2026-02-02&used_to=2026-02-01", "Nothing can be used before it is created"],
])("a filter nothing can meet says why: %s", async (query, said) => {
  await anonymousAgent(on);
  const { status, text } = await olga.get(`/registrations?${query}`);
  expect(status).toBe(200);
  expect(text).toContain("Nothing matches");
  expect(text).toContain(said);
  expect(text).not.toContain("/bulk/revoke");
  expect(await csvIds(query)).toEqual([]);
});

describe("sorted by last use", () => {
  test("says that only used ones are listed; the export holds the others, too", async () => {
    const unused = await anonymousAgent(on);
    const none = (await olga.get("/registrations?sort=last_used")).text;
    expect(none).toContain("Nothing that was ever used matches");
    expect(none).toContain(`href="${on.mount}/registrations">Sort by creation`);
    const used = await anonymousAgent(on);
    await callApi(on, used.token).expect(200);
    await on.auth.sweep();
    const { text } = await olga.get("/registrations?sort=last_used&kind=anonymous");
    expect(idsIn(text)).toEqual([used.id]);
    expect(text).toContain("only agents that have been used are listed");
    expect(text).toContain(`action="${on.mount}/registrations.csv?kind=anonymous"`);
    expect(new Set(await csvIds("kind=anonymous&sort=last_used"))).toEqual(new Set([used.id, unused.id]));
    expect(await find("kind=anonymous")).toHaveLength(2);
  });
});
