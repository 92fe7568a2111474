/** The overview: every number on it, against agents that are known one by one, and against the lists it leads to. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { mailServer } from "../../../middleware/test/support/mail-server.js";
import { databaseStage, multiply } from "../support/database-stage.js";
import { wordsOf } from "../support/form.js";
import { identify, linkedAgent, operator, providerStage } from "../support/provider.js";
import { anonymousAgent, claimedAgent, people, type Stage, stage, Visitor } from "../support/stage.js";

const day = 86_400;
let on: Stage;
afterEach(() => on.close());

interface Card {
  label: string;
  value: string;
  note: string;
  /** Below the mount; null: it leads nowhere. */
  href: string | null;
}

const addressIn = (html: string): string | null =>
  /href="([^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&").slice(on.mount.length) ?? null;

const textOf = (html: string) => wordsOf(html).trim();

/** The cells of the rows of the one table in some HTML, in words. */
function rowsIn(html: string): string[][] {
  const body = /<tbody.*?<\/tbody>/s.exec(html)?.[0] ?? "";
  return body
    .split("<tr ")
    .slice(1)
    .map((row) => [...row.matchAll(/<t[hd] .*?<\/t[hd]>/gs)].map(([cell]) => textOf(cell)));
}

async function overview() {
  const { status, text } = await new Visitor(on, "viewer").get("/");
  expect(status).toBe(200);
  const cards = [...text.matchAll(/<li class="card.*?<\/li>/gs)].map(([html]): Card => {
    const part = (name: string) =>
      textOf(new RegExp(`<p class="card-${name}">.*?</p>`, "s").exec(html)?.[0] ?? "");
    return { label: part("label"), value: part("value"), note: part("note"), href: addressIn(html) };
  });
  const sectionOf = (id: string) =>
    new RegExp(`<section [^>]*aria-labelledby="${id}".*?</section>`, "s").exec(text)?.[0] ?? "";
  return { text, cards, sectionOf };
}

const valuesOf = (cards: Card[]) => Object.fromEntries(cards.map(({ label, value }) => [label, value]));

/** How many rows the list has that an address leads to. */
async function listed(href: string | null): Promise<string> {
  const { text } = await new Visitor(on, "viewer").get(href as string);
  return String(rowsIn(text).length);
}

/** An agent that has asked for a person who does not answer. */
async function askingAgent(): Promise<void> {
  const asking = { type: "service_auth", login_hint: people.alice?.email };
  await on.agent.post("/agent/identity").send(asking).expect(200);
}

describe("with agents of every standing", () => {
  beforeEach(async () => {
    const at = await providerStage();
    on = at;
    const { admin } = on.auth;
    // Three days: what expires is noted by a sweep, and, on the third day, not.
    await anonymousAgent(on);
    on.clock.advance(day);
    await on.auth.sweep();
    await anonymousAgent(on);
    await askingAgent();
    on.clock.advance(day);

    for (let number = 0; number < 3; number += 1) await anonymousAgent(on);
    await askingAgent();
    await claimedAgent(on, "alice");
    const revoked = await claimedAgent(on, "bob");
    await linkedAgent(at);
    const ended = [await claimedAgent(on, "bob"), await anonymousAgent(on)];
    for (const { id } of ended) await admin.setEndDate(id, on.clock.now() + 60, operator);
    const suspended = [await anonymousAgent(on), await claimedAgent(on, "alice")];
    for (const { id } of suspended) await admin.suspend(id, operator);
    await admin.revoke(revoked.id, operator);
    const [token] = (await admin.queries?.listTokens(ended[0]?.id as string)) ?? [];
    await admin.revokeToken(token?.hash as string, operator);
    // Two ID-JAGs and an event for another service, and an ID-JAG of a stranger.
    const elsewhere = { aud: "https://elsewhere.example" };
    await identify(at, at.idJag(elsewhere));
    await identify(at, at.idJag(elsewhere));
    await identify(at, at.idJag({ iss: "https://stranger.example" }));
    const event = at.idp.mint({ header: { typ: "secevent+jwt" }, claims: elsewhere });
    await on.agent.post("/agent/event/notify").type("application/secevent+jwt").send(event).expect(400);
    on.clock.advance(60);
  });

  const standing = {
    Claimed: "2",
    "Waiting for a person": "1",
    Unclaimed: "3",
    Suspended: "2",
    Ended: "2",
    Expired: "3",
    Revoked: "1",
  };

  test("every card has its number and leads to a list of just as many", async () => {
    const { cards, text } = await overview();
    expect(valuesOf(cards)).toEqual({ ...standing, "Active tokens": "9" });
    const linked = cards.filter(({ href }) => href !== null);
    expect(linked.map(({ label }) => label).sort()).toEqual(Object.keys(standing).sort());
    for (const { label, value, href } of linked)
      expect([label, href, await listed(href)]).toEqual([
        label,
        expect.stringMatching(/^\/registrations\?status=[a-z_]+$/),
        value,
      ]);
    expect(text).not.toContain("at most");
  });

  test("a sweep, which only notes what has expired, changes none of them", async () => {
    await on.auth.sweep();
    const { cards } = await overview();
    expect(valuesOf(cards)).toMatchObject(standing);
    for (const { value, href } of cards.filter((card) => card.href !== null))
      expect(await listed(href)).toBe(value);
  });

  test("notes say what happened today", async () => {
    const { cards } = await overview();
    const notes = Object.fromEntries(cards.map(({ label, note }) => [label, note]));
    expect(notes).toMatchObject({
      Claimed: "5 today",
      Unclaimed: "11 registered today",
      Revoked: "1 today",
      Ended: "Their end date has passed",
    });
  });

  test("the numbers behind the chart are those of thirty days, the newest first", async () => {
    const { sectionOf } = await overview();
    const rows = rowsIn(sectionOf("activity"));
    expect(rows).toHaveLength(30);
    expect(rows.slice(0, 4)).toEqual([
      ["2026-01-03", "11", "5", "1", "0"],
      ["2026-01-02", "2", "0", "0", "0"],
      ["2026-01-01", "1", "0", "0", "0"],
      ["2025-12-31", "0", "0", "0", "0"],
    ]);
    expect(textOf(sectionOf("activity"))).toContain("14 registrations and 5 claims in 30 days.");
  });

  test("kinds are counted, and lead to just as many", async () => {
    const { sectionOf } = await overview();
    const html = sectionOf("kinds");
    expect(rowsIn(html)).toEqual([
      ["Anonymous", "7"],
      ["By e-mail hint", "6"],
      ["By provider", "1"],
    ]);
    const counts = rowsIn(html).map(([, number]) => number);
    const lists = [...html.matchAll(/href="[^"]+"/g)].map(([link]) => addressIn(link));
    expect(await Promise.all(lists.map((href) => listed(href)))).toEqual(counts);
  });

  test("failures are told by reason, most first, without those of strangers", async () => {
    const { queries, now } = on.auth.admin;
    const total = async () => {
      const found = await queries?.overview({ days: 1, now: now() });
      return found?.failures.reduce((sum, { count }) => sum + count, 0);
    };
    // They are counted after their answer.
    while ((await total()) !== 3) await new Promise((resolve) => setImmediate(resolve));
    const { sectionOf } = await overview();
    expect(rowsIn(sectionOf("failures")).map((row) => row.slice(0, 3))).toEqual([
      ["audience_mismatch", "ID-JAG", "2"],
      ["invalid_audience", "Provider event", "1"],
    ]);
  });

  test("scopes are counted for what is not revoked, most first, and lead to who has them", async () => {
    const html = (await overview()).sectionOf("scopes");
    expect(rowsIn(html)).toEqual([
      ["api.read", "11"],
      ["api.write", "4"],
    ]);
    expect(addressIn(html)).toBe("/registrations?scope=api.read");
  });
});

test("mail that failed is told of by day and by reason", async () => {
  const server = await mailServer();
  server.onRecipient = () => ({ code: 550, text: "5.1.1 no such mailbox" });
  on = await stage({
    options: { mail: { smtp: server.url, from: "Notes <no-reply@notes.example>" } },
  });
  await askingAgent();
  await on.auth.sweep();
  const { sectionOf } = await overview();
  expect(rowsIn(sectionOf("activity"))[0]).toEqual(["2026-01-01", "1", "0", "0", "1"]);
  const [failure] = rowsIn(sectionOf("failures"));
  expect(failure?.slice(1, 3)).toEqual(["Mail", "1"]);
});

test("says so where more may have ended than were looked at", async () => {
  const at = await databaseStage();
  on = at;
  const { id } = await claimedAgent(on, "alice");
  await anonymousAgent(on);
  await on.auth.admin.setEndDate(id, on.clock.now(), operator);
  await multiply(at, id, 998);
  const exact = await overview();
  expect(valuesOf(exact.cards)).toMatchObject({ Claimed: "0", Ended: "999", Expired: "0" });
  expect(exact.text).not.toContain("at most");
  await multiply(at, id, 2, "reg_more");
  const capped = await overview();
  expect(valuesOf(capped.cards)).toMatchObject({ Claimed: "1", Unclaimed: "1", Ended: "1,000+" });
  expect(wordsOf(capped.text)).toContain(
    "Ended and Expired are at least what is shown, Claimed, Waiting and Unclaimed at most",
  );
});

test("without an agent there is no number, but how one comes", async () => {
  on = await stage();
  const { cards, text } = await overview();
  expect(cards).toEqual([]);
  expect(text).toContain("/auth.md");
});
