/** Turning the pages of every listing: forward, back and to the start, by addresses anybody may be given. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { anonymousAgent, claimedAgent, type Stage, stage, Visitor } from "../support/stage.js";

let on: Stage;
let olga: Visitor;
beforeEach(async () => {
  on = await stage();
  olga = new Visitor(on, "operator");
});
afterEach(() => on.close());

const decoded = (text: string) => text.replaceAll("&amp;", "&").replaceAll("&#34;", '"');

/** What one page shows and where it leads. */
interface Seen {
  rows: string[];
  first: string | null;
  previous: string | null;
  next: string | null;
}

/** Opens a page as somebody who was only given its address. */
async function look(address: string, row: RegExp): Promise<Seen> {
  const { status, text } = await new Visitor(on, "viewer").get(address);
  expect(status).toBe(200);
  const nav = /<nav class="paging".*?<\/nav>/s.exec(text)?.[0] ?? "";
  const linkTo = (label: string) => {
    const href = new RegExp(`<a [^>]*href="([^"]*)"[^>]*>(?:(?!</a>).)*${label}`).exec(nav)?.[1];
    return href === undefined ? null : decoded(href).slice(on.mount.length);
  };
  const rows = [...new Set([...text.matchAll(row)].map((found) => found[1] as string))];
  return { rows, first: linkTo("First page"), previous: linkTo("Previous page"), next: linkTo("Next page") };
}

const registrationRow = /href="[^"]*\/registrations\/(reg_[0-9a-f]+)"/g;
const list = (address: string) => look(address, registrationRow);

async function register(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const { body } = await on.agent.post("/agent/identity").send({ type: "anonymous" }).expect(200);
    ids.push(body.registration_id);
    on.clock.advance(1);
  }
  return ids;
}

describe("GET /registrations", () => {
  test("leads forward and back over the same pages, with the filter and the order kept", async () => {
    const ids = await register(120);
    const start = "/registrations?kind=anonymous&order=oldest";
    const [one, two] = [await list(start), await list((await list(start)).next ?? "")];
    const three = await list(two.next ?? "");
    expect([one.rows, two.rows, three.rows]).toEqual([ids.slice(0, 50), ids.slice(50, 100), ids.slice(100)]);
    expect([one.first, one.previous, three.next]).toEqual([null, null, null]);
    for (const page of [two, three]) expect(page.first).toBe(start);
    const back = await list(three.previous ?? "");
    expect(back).toEqual({ ...two, next: back.next, previous: back.previous });
    expect((await list(back.next ?? "")).rows).toEqual(three.rows);
    const start2 = await list(back.previous ?? "");
    expect(start2.rows).toEqual(one.rows);
    expect([start2.first, start2.previous]).toEqual([null, null]);
    for (const address of [two.previous, two.next, back.previous]) {
      expect(address).toContain("kind=anonymous");
      expect(address).toContain("order=oldest");
    }
  });

  test("whoever turns back to the start sees a whole first page, with what came meanwhile", async () => {
    await register(70);
    const one = await list("/registrations");
    const two = await list(one.next ?? "");
    const late = await register(3);
    const back = await list(two.previous ?? "");
    expect(back.rows).toEqual(one.rows);
    expect(back.previous).not.toBeNull();
    const start = await list(back.previous ?? "");
    expect(start.rows).toEqual([...late.reverse(), ...one.rows].slice(0, 50));
    expect([start.first, start.previous]).toEqual([null, null]);
    expect((await list(start.next ?? "")).rows).toEqual([...one.rows.slice(47), ...two.rows]);
  });

  test("whoever stands behind the end, because rows have gone, sees the last page there is", async () => {
    const ids = await register(60);
    const start = "/registrations?status=unclaimed&order=oldest";
    const one = await list(start);
    const two = await list(one.next ?? "");
    expect(two.rows).toHaveLength(10);
    for (const id of two.rows) await olga.submit(`/registrations/${id}/suspend`, { reason: "x" });
    const again = await list(one.next ?? "");
    expect(again).toEqual({ rows: ids.slice(0, 50), first: null, previous: null, next: null });
  });

  test("works by last use, where rows move", async () => {
    const agents = [];
    for (let number = 0; number < 55; number += 1) agents.push(await anonymousAgent(on));
    for (const { token } of agents) {
      await on.agent.get("/api/notes").set("Authorization", `Bearer ${token}`).expect(200);
      on.clock.advance(1);
    }
    await on.auth.sweep();
    const newest = agents.map(({ id }) => id).reverse();
    const one = await list("/registrations?sort=last_used");
    const two = await list(one.next ?? "");
    expect([one.rows, two.rows]).toEqual([newest.slice(0, 50), newest.slice(50)]);
    on.clock.advance(60);
    await on.agent.get("/api/notes").set("Authorization", `Bearer ${agents[0]?.token}`).expect(200);
    await on.auth.sweep();
    expect((await list(one.next ?? "")).rows).toEqual(newest.slice(50, 54));
    const back = await list(two.previous ?? "");
    expect(back.rows).toEqual(one.rows);
    expect((await list(back.previous ?? "")).rows[0]).toBe(agents[0]?.id);
  });

  test("made-up cursors, and both at once, are the first page or the later one", async () => {
    const ids = (await register(55)).reverse();
    const one = await list("/registrations");
    const two = await list(one.next ?? "");
    const cursor = (address: string | null, name: string) =>
      new URLSearchParams(address?.split("?")[1]).get(name) ?? "";
    const [after, before] = [cursor(one.next, "after"), cursor(two.previous, "before")];
    for (const query of ["before=zzz", "after=zzz", "before=", `before=${"a".repeat(5000)}`, "before=%00"])
      expect((await list(`/registrations?${query}`)).rows).toEqual(ids.slice(0, 50));
    const both = await list(`/registrations?${new URLSearchParams({ after, before })}`);
    expect(both.rows).toEqual(ids.slice(50));
    // A cursor of one order means nothing in the other.
    expect((await list(`/registrations?sort=last_used&before=${before}`)).rows).toEqual([]);
  });
});

test("the audit log leads forward and back, with its filter", async () => {
  for (let number = 0; number < 105; number += 1)
    await on.agent.post("/agent/identity").send({ type: "anonymous" }).expect(200);
  const row = /<time datetime="[^"]*">[^<]*<\/time>(?:(?!<\/tr>).)*?\/registrations\/(reg_[0-9a-f]+)/gs;
  const one = await look("/audit?type=registration.created", row);
  const two = await look(one.next ?? "", row);
  expect([one.rows.length, two.rows.length]).toEqual([100, 5]);
  expect([one.previous, two.next]).toEqual([null, null]);
  expect(two.previous).toContain("type=registration.created");
  expect((await look(two.previous ?? "", row)).rows).toEqual(one.rows);
});

test("the timeline of a registration leads forward and back, to where it stands on the page", async () => {
  const { id } = await claimedAgent(on, "alice");
  for (let number = 0; number < 30; number += 1) {
    await olga.submit(`/registrations/${id}/suspend`, { reason: `stop ${number}` });
    await olga.submit(`/registrations/${id}/resume`, { reason: `go ${number}` });
  }
  const row = /<dd><bdi>((?:stop|go) \d+)<\/bdi><\/dd>/g;
  const one = await look(`/registrations/${id}`, row);
  expect(one.next).toMatch(/#timeline$/);
  const two = await look((one.next ?? "").split("#")[0] ?? "", row);
  expect(one.rows).toHaveLength(50);
  expect(two.rows).toHaveLength(10);
  expect(two.rows.at(-1)).toBe("stop 0");
  const back = await look((two.previous ?? "").split("#")[0] ?? "", row);
  expect(back.rows).toEqual(one.rows);
  expect(back.previous).toBeNull();
});

test("mail leads forward and back", async () => {
  await on.close();
  const mail = { smtp: "smtp://127.0.0.1:1", from: "Notes <no-reply@example.com>" };
  on = await stage({ options: { mail: { ...mail, perIpPerHour: 100 } } });
  for (let number = 0; number < 53; number += 1)
    await on.agent
      .post("/agent/identity")
      .send({ type: "service_auth", login_hint: `person${number}@example.com` })
      .expect(200);
  const one = await look("/mail?state=waiting", registrationRow);
  const two = await look(one.next ?? "", registrationRow);
  expect([one.rows.length, two.rows.length]).toEqual([50, 3]);
  expect((await look(two.previous ?? "", registrationRow)).rows).toEqual(one.rows);
});
