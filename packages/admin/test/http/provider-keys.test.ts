/** The keys on the page of a provider: which there are, and for how long this process has known each. */
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { bare, ecKey, publicJwk } from "../../../middleware/test/support/issuer.js";
import { identify, type ProviderStage, providerStage } from "../support/provider.js";
import { Visitor } from "../support/stage.js";

const day = 86_400;
let on: ProviderStage;
let vera: Visitor;
beforeEach(async () => {
  on = await providerStage();
  vera = new Visitor(on, "viewer");
});
afterEach(() => on.close());

/** The section of the keys, and the cells of its table's rows in words. */
async function keysShown() {
  const { text } = await vera.get(`/providers/view?issuer=${encodeURIComponent(on.idp.issuer)}`);
  const html = /<section [^>]*aria-labelledby="keys".*?<\/section>/s.exec(text)?.[0] ?? "";
  const wordsIn = (part: string) => part.replace(/<[^>]+>/g, "").trim();
  const rows = [...html.matchAll(/<tr role="row">.*?<\/tr>/gs)].slice(1);
  const cells = rows.map(([row]) =>
    [...row.matchAll(/<t[hd] .*?<\/t[hd]>/gs)].map(([cell]) => wordsIn(cell).replaceAll("\u00A0", " ")),
  );
  return { html, words: wordsIn(html), cells };
}
const momentOf = (at: number) => `<time datetime="${new Date(at * 1000).toISOString()}">`;

test("begin with none, and nobody is asked for them", async () => {
  const { words, cells } = await keysShown();
  expect(words).toContain("None are cached");
  expect(words).not.toContain("First seen");
  expect(cells).toEqual([]);
  expect(on.idp.asked).toEqual([]);
});

test("are told with when each was first seen, which a rotation leaves to the old one", async () => {
  const { kid } = on.idp.key;
  const start = on.clock.now();
  await identify(on, on.idJag());
  const { html, words, cells } = await keysShown();
  expect(cells).toEqual([[kid, "ES256", "EC", "just now (1 Jan 2026, 00:00 UTC)"]]);
  expect(html).toContain(momentOf(start));
  expect(words).toContain("First seen: when this process of the service first fetched the key.");

  on.clock.advance(3 * day);
  const next = ecKey("next");
  on.idp.publish([publicJwk(next), publicJwk(on.idp.key)]);
  await identify(on, on.idp.mint({ key: next, claims: { aud: "https://notes.example" } }));
  on.clock.advance(7200);
  const rotated = await keysShown();
  expect(rotated.cells).toEqual([
    ["next", "ES256", "EC", "2 hours ago (4 Jan 2026, 00:00 UTC)"],
    [kid, "ES256", "EC", "3 days ago (1 Jan 2026, 00:00 UTC)"],
  ]);
  expect(rotated.html).toContain(momentOf(start));
  expect(rotated.html).toContain(momentOf(start + 3 * day));
});

test("keep their time while the provider is down", async () => {
  await identify(on, on.idJag());
  on.idp.answers.set("/.well-known/jwks.json", bare(503));
  on.clock.advance(3600);
  await identify(on, on.idJag());
  const { cells } = await keysShown();
  expect(cells.map((row) => row[3])).toEqual(["1 hour ago (1 Jan 2026, 00:00 UTC)"]);
});

test("of a stranger are shown without a time: nothing of them was kept", async () => {
  const { key } = on.idp;
  const admin = new Visitor(on, "admin");
  const { text } = await admin.post("/providers/inspect", { issuer: on.idp.issuer });
  expect(text).toContain(key.kid);
  expect(text).not.toContain("First seen");
});
