/** The page of one registration: what it was granted and what of that it uses, its tokens, and the words of its timeline. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { auditTypes } from "../../src/views/texts-audit-en.js";
import { anonymousAgent, callApi, claimedAgent, type Stage, stage, Visitor } from "../support/stage.js";

let on: Stage;
let olga: Visitor;
let vera: Visitor;
beforeEach(async () => {
  on = await stage();
  olga = new Visitor(on, "operator");
  vera = new Visitor(on, "viewer");
});
afterEach(() => on.close());

const plain = (html: string): string =>
  html
    .replace(/<[^>]+>/g, " ")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ");
/** One section of a page, by its id. */
const sectionOf = (html: string, id: string): string =>
  new RegExp(`<section [^>]*aria-labelledby="${id}".*?</section>`, "s").exec(html)?.[0] ?? "";
const page = async (id: string, visitor = olga) => (await visitor.get(`/registrations/${id}`)).text;

describe("scopes granted and used", () => {
  test("tell when a call last needed each, in words and exactly, and which nothing ever needed", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    expect(plain(sectionOf(await page(id), "scopes"))).toMatch(
      /Read your notes api\.read never used .* Write and delete your notes api\.write never used/,
    );
    expect((await callApi(on, token)).status).toBe(200);
    const used = new Date(on.clock.now() * 1000).toISOString();
    await on.auth.sweep();
    const seen: string[] = [];
    for (const seconds of [0, 59, 1, 60, 3500, 80_000, 10_000, 86_400 * 40, 86_400 * 400]) {
      on.clock.advance(seconds);
      const text = sectionOf(await page(id), "scopes");
      expect(text).toContain(`<time datetime="${used}">`);
      seen.push(/api\.read used (.*?) \(/.exec(plain(text))?.[1]?.trim() ?? "");
      expect(plain(text)).toContain("api.write never used");
    }
    expect(seen).toEqual([
      ...["just now", "just now", "1 minute ago", "2 minutes ago", "1 hour ago", "23 hours ago"],
      ...["1 day ago", "1 month ago", "1 year ago"],
    ]);
  });

  test("a call that is refused uses none, and one without a named scope none either", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    await olga.submit(`/registrations/${id}/narrow`, { reason: "x", scope: ["api.write"] });
    expect((await callApi(on, token)).status).toBe(403);
    await on.auth.sweep();
    const text = await page(id);
    expect(plain(sectionOf(text, "scopes"))).toContain("api.write never used");
    expect(plain(sectionOf(text, "identity"))).toContain("Last used just now");
  });

  test("what is never used leads to taking it away, with everything else left as it is", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    expect((await callApi(on, token)).status).toBe(200);
    await on.auth.sweep();
    const text = sectionOf(await page(id), "scopes");
    const links = [...text.matchAll(/href="([^"]*\/narrow[^"]*)"/g)].map((found) => found[1] as string);
    const narrow = `${on.mount}/registrations/${id}/narrow`;
    expect(links).toEqual([`${narrow}?drop=api.write`]);
    const form = (await olga.get(`/registrations/${id}/narrow?drop=api.write&drop=nothing`)).text;
    expect(form).toMatch(/value="api\.read" checked/);
    expect(form).not.toMatch(/value="api\.write" checked/);
    const done = await olga.submit(`/registrations/${id}/narrow`, { reason: "unused", scope: ["api.read"] });
    expect(done.status).toBe(303);
    expect((await callApi(on, token)).status).toBe(200);
    const left = plain(sectionOf(await page(id), "scopes"));
    expect(left).not.toContain("api.write");
    expect(left).not.toContain("Take away");
  });

  test("viewers see the use and no way to change it", async () => {
    const { id } = await claimedAgent(on, "alice");
    const text = sectionOf(await page(id, vera), "scopes");
    expect(plain(text)).toContain("never used");
    expect(text).not.toContain("/narrow");
  });

  test("nothing can be narrowed to nothing: that is what suspending and revoking are for", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    const none = await olga.submit(`/registrations/${id}/narrow`, { reason: "x", scope: [] });
    expect(none.status).toBe(422);
    expect(none.text).toContain("Keep at least one scope");
    const all = await olga.submit(`/registrations/${id}/narrow`, {
      reason: "x",
      scope: ["api.read", "api.write"],
    });
    expect(all.status).toBe(422);
    expect((await callApi(on, token)).status).toBe(200);
    const single = await anonymousAgent(on);
    expect(await page(single.id)).not.toContain("/narrow");
  });
});

describe("access tokens", () => {
  const statesOf = async (id: string) =>
    [...sectionOf(await page(id), "tokens").matchAll(/badge badge-\w+">(\w+)</g)].map((found) => found[1]);

  test("are known by a prefix alone, and say what they are worth now", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    const text = await page(id);
    expect(text).not.toContain(token);
    expect(await statesOf(id)).toEqual(["Active"]);
    await olga.submit(`/registrations/${id}/suspend`, { reason: "x" });
    expect(await statesOf(id)).toEqual(["Stopped"]);
    await olga.submit(`/registrations/${id}/resume`, { reason: "x" });
    expect(await statesOf(id)).toEqual(["Active"]);
    on.clock.advance(3600);
    expect(await statesOf(id)).toEqual(["Expired"]);
    const other = await anonymousAgent(on);
    await on.auth.revokeRegistration(other.id, { actor: { kind: "user", id: "usr_1" }, reason: "x" });
    expect(await statesOf(other.id)).toEqual(["Outdated"]);
  });

  /** An agent with two tokens of the same moment, the first of them first. */
  async function agentWithTwins() {
    const registered = await on.agent.post("/agent/identity").send({ type: "anonymous" }).expect(200);
    const { registration_id: id, identity_assertion: assertion } = registered.body as Record<string, string>;
    const tokens: string[] = [];
    for (let time = 0; time < 2; time += 1) {
      const { body } = await on.agent
        .post("/oauth2/token")
        .type("form")
        .send({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion: assertion as string })
        .expect(200);
      tokens.push(body.access_token as string);
    }
    return { id: id as string, tokens };
  }
  /** How a page of a token, or of its registration, shows one: how it begins, and how its hash does. */
  const shownIn = (html: string) =>
    [...html.replace(/<[^>]+>/g, "").matchAll(/(at_[\w-]+)… · ([\w-]{4})/g)].map(([, ...parts]) => parts);
  const digest = (token: string) => createHash("sha256").update(token).digest("base64url");

  test("are shown by how they begin, as far as that is no secret, and by how their SHA-256 begins", async () => {
    const { id, tokens } = await agentWithTwins();
    const shown = shownIn(sectionOf(await page(id, vera), "tokens"));
    const expected = tokens.map((token) => [token.slice(0, 8), digest(token).slice(0, 4)]);
    expect(shown.sort()).toEqual(expected.sort());
    // Of one moment: what they have in common beyond their kind is its time, and all that is shown of them.
    expect(new Set(shown.map(([beginning]) => beginning)).size).toBe(1);
    for (const token of tokens) expect(await page(id)).not.toContain(token.slice(0, 9));
    on.clock.advance(1);
    const { token: later } = await anonymousAgent(on);
    expect(later.slice(0, 8)).not.toBe(tokens[0]?.slice(0, 8));
  });

  test("of one moment are told apart where one is revoked, and the page of that one names it", async () => {
    const { id, tokens } = await agentWithTwins();
    const text = sectionOf(await page(id), "tokens");
    const buttons = [...text.matchAll(/href="([^"]*\/tokens\/[^"]*)"[^>]*aria-label="([^"]*)"/g)];
    expect(new Set(buttons.map(([, , label]) => label)).size).toBe(2);
    for (const token of tokens) {
      const label = `Revoke token ${token.slice(0, 8)}… · ${digest(token).slice(0, 4)}`;
      const [, href = ""] = buttons.find(([, , found]) => found === label) ?? [];
      const form = await olga.get(href.slice(on.mount.length));
      expect(shownIn(form.text)).toEqual([[token.slice(0, 8), digest(token).slice(0, 4)]]);
    }
    const [leaked = "", other = ""] = tokens;
    const [, href = ""] =
      buttons.find(([, , label]) => label?.endsWith(` ${digest(leaked).slice(0, 4)}`)) ?? [];
    await olga.submit(href.slice(on.mount.length), { reason: "leaked" });
    expect((await callApi(on, leaked)).status).toBe(401);
    expect((await callApi(on, other)).status).toBe(200);
  });

  test("one that is over has no form to revoke it", async () => {
    const { id } = await claimedAgent(on, "alice");
    const hash = (await on.auth.admin.queries?.listTokens(id))?.[0]?.hash as string;
    const path = `/registrations/${id}/tokens/${hash}`;
    expect((await olga.submit(path, { reason: "leaked" })).headers.location).toContain("token_revoked");
    const over = await olga.get(path);
    expect(over.status).toBe(200);
    expect(over.text).toContain("no longer good");
    expect(over.text).not.toContain("Revoke this token");
    expect((await olga.post(path, { reason: "again" })).headers.location).toContain("message=unchanged");
    expect(await page(id, vera)).not.toContain("/tokens/");
  });
});

describe("the end date", () => {
  test("is a day in UTC, says what time it is there, and shows what was set before", async () => {
    const { id } = await claimedAgent(on, "bob");
    const path = `/registrations/${id}/end-date`;
    const first = plain((await olga.get(path)).text);
    expect(first).toContain("Stops at the start of this day, 00:00 UTC");
    expect(first).toContain("It is 1 Jan 2026, 00:00 UTC now. A day that has begun stops it at once.");
    expect(first).toContain("End date now No end date");
    await olga.submit(path, { reason: "x", ends_on: "2026-03-01" });
    const second = (await olga.get(path)).text;
    expect(second).toContain('name="ends_on" value="2026-03-01"');
    expect(plain(second)).toContain("End date now 1 Mar 2026, 00:00 UTC");
  });

  test("holds to the second, on the day it names", async () => {
    const { id, token } = await claimedAgent(on, "bob");
    await olga.submit(`/registrations/${id}/end-date`, { reason: "x", ends_on: "2026-01-02" });
    const tomorrow = Date.parse("2026-01-02T00:00:00Z") / 1000;
    // Before its token is over, so that only the end date can stop it.
    await olga.submit(`/registrations/${id}/end-date`, { reason: "x", ends_on: "2026-01-01" });
    expect((await callApi(on, token)).status).toBe(401);
    await olga.submit(`/registrations/${id}/end-date`, { reason: "x", ends_on: "2026-01-02" });
    expect((await callApi(on, token)).status).toBe(200);
    on.clock.advance(tomorrow - on.clock.now() - 1);
    expect(plain(await page(id))).toContain("A person stands behind it.");
    on.clock.advance(1);
    expect(plain(await page(id))).toContain("Its end date has passed.");
  });
});

describe("the timeline", () => {
  test("has every event with who did it and from where, in words", async () => {
    const { id } = await claimedAgent(on, "alice");
    await olga.submit(`/registrations/${id}/narrow`, { reason: "too much", scope: ["api.read"] });
    await olga.submit(`/registrations/${id}/end-date`, { reason: "pilot", ends_on: "2026-03-01" });
    await olga.submit(`/registrations/${id}/end-date`, { reason: "goes on", ends_on: "" });
    await olga.submit(`/registrations/${id}/revoke`, { reason: "user_request" });
    const text = sectionOf(await page(id), "timeline");
    const events = (
      await on.auth.admin.queries?.pageAudit({ registrationId: id }, { after: null, limit: 500 })
    )?.rows;
    expect(events?.length).toBeGreaterThan(7);
    expect(text.match(/class="timeline-title"/g)).toHaveLength(events?.length ?? 0);
    const read = plain(text);
    for (const expected of [
      "Registered 1 Jan 2026, 00:00 UTC Agent, from 127.0.0.1 Kind By e-mail hint",
      "Claim requested",
      "Claim page opened",
      "Claimed",
      "Scopes narrowed",
      "Operator op_operator , from 127.0.0.1 Reason too much Scopes api.read",
      "End date set",
      "Reason pilot Ends 1 Mar 2026, 00:00 UTC",
      "Reason goes on Ends The end date was removed",
      // What an operator typed stays as it is, even when it looks like a code of ours.
      "Reason user_request",
    ])
      expect(read).toContain(expected);
    expect(text).not.toMatch(/timeline-title">[a-z_]+\.[a-z_]+</);
  });

  test("puts codes of the service into words", async () => {
    const { id } = await anonymousAgent(on);
    on.clock.advance(86_400 * 2);
    await on.auth.sweep();
    expect(plain(sectionOf(await page(id), "timeline"))).toContain("Reason Nobody claimed it in time");
    const text = plain(sectionOf(await page(id), "identity"));
    expect(text).toMatch(/Claimed No; it was possible until 2 Jan 2026/);
  });

  test("every type of event the middleware knows has a name of its own", () => {
    const place = new URL("../../../middleware/src/protocol/service-model.ts", import.meta.url);
    const model = readFileSync(place, "utf8");
    const union = /export type AuditEventType =([^;]*);/.exec(model)?.[1] ?? "";
    const types = [...union.matchAll(/"([^"]+)"/g)].map((found) => found[1] as string);
    expect(types.length).toBeGreaterThan(25);
    expect([...auditTypes].sort()).toEqual([...types].sort());
  });
});

test("ids that are none are a clear page", async () => {
  const { id } = await anonymousAgent(on, "constructor");
  expect((await olga.get(`/registrations/${id.toUpperCase()}`)).status).toBe(404);
  for (const path of ["constructor", "__proto__", "%00", "..%2f..", "reg_%ff"])
    expect((await olga.get(`/registrations/${path}`)).status).toBe(404);
  expect(on.failures).toEqual([]);
});
