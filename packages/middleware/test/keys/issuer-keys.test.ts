/** Public keys of providers: how long they are believed and how often we ask (PROTOCOL section 3, JWT-11, JWT-16). */
import { fixedClock } from "@agent-auth/middleware/testing";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { IssuerKeys } from "../../src/keys/issuer-keys.js";
import { createFetchDocument } from "../../src/keys/safe-fetch.js";
import { ProviderUnavailable } from "../../src/ports.js";
import type { TrustedProvider } from "../../src/protocol/provider.js";
import { bare, ecKey, json, publicJwk, type TestIssuer, testIssuer } from "../support/issuer.js";

const minute = 60;
const day = 86_400;
const fetchDocument = createFetchDocument({ allowPrivateNetwork: true });
let clock: ReturnType<typeof fixedClock>;
let warnings: object[];
let keys: IssuerKeys;
let idp: TestIssuer;

const providerOf = ({ issuer, jwksUri }: TestIssuer, pinned = true): TrustedProvider => ({
  issuer,
  name: "Test IdP",
  jwksUri: pinned ? jwksUri : null,
  clientIds: [],
  algorithms: ["ES256"],
  allowedEmailDomains: null,
  requiredAmr: [],
  jit: true,
  scopes: null,
  maxAuthAgeSeconds: 3600,
  source: "options",
  disabledAt: null,
});

beforeEach(async () => {
  clock = fixedClock();
  warnings = [];
  const nothing = () => {};
  const logger = {
    debug: nothing,
    info: nothing,
    error: nothing,
    warn: (fields: object) => warnings.push(fields),
  };
  keys = new IssuerKeys({ clock, fetchDocument, logger });
  idp = await testIssuer(clock);
});

const verify = (token = idp.mint(), issuer = idp, pinned = true) =>
  keys.verify(providerOf(issuer, pinned), token, "ES256");
const unknown = (kid = "unknown") => idp.mint({ header: { kid } });

/** How the call fails, in seconds to wait. */
async function waitOf(call: Promise<unknown>): Promise<number> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ProviderUnavailable);
  return (error as ProviderUnavailable).retryAfterSeconds;
}

describe("the cache", () => {
  test.each<[string, Record<string, string>, number]>([
    ["no Cache-Control", {}, 10 * minute],
    ["a short max-age", { "Cache-Control": "max-age=5" }, 10 * minute],
    ["no-store", { "Cache-Control": "no-store, max-age=7200" }, 10 * minute],
    ["no-cache", { "Cache-Control": "no-cache" }, 10 * minute],
    ["nonsense", { "Cache-Control": "max-age=soon" }, 10 * minute],
    ["a negative max-age", { "Cache-Control": "max-age=-1" }, 10 * minute],
    ["a max-age of two hours", { "Cache-Control": "public, max-age=7200" }, 7200],
    ["a max-age in capitals", { "Cache-Control": "Public,Max-Age=7200" }, 7200],
    ["an s-maxage next to it", { "Cache-Control": "s-maxage=9000, max-age=7200" }, 7200],
    ["a max-age of a year", { "Cache-Control": "max-age=31536000" }, day],
    ["a max-age beyond all numbers", { "Cache-Control": `max-age=${"9".repeat(40)}` }, day],
  ])("with %s is used for as long as it may, and not longer", async (_what, headers, seconds) => {
    idp.publish([publicJwk(idp.key)], headers);
    await verify();
    clock.advance(seconds - 1);
    expect(await verify()).toBe("good");
    expect(idp.timesAsked()).toBe(1);
    clock.advance(1);
    expect(await verify()).toBe("good");
    expect(idp.timesAsked()).toBe(2);
  });

  test("forgets a key that is no longer published, at the next fetch", async () => {
    expect(await verify()).toBe("good");
    idp.publish([publicJwk(ecKey())]);
    clock.advance(10 * minute - 1);
    expect(await verify()).toBe("good");
    clock.advance(1);
    expect(await verify()).toBe("unknown_key");
  });

  test("belongs to one place: a changed pin is fetched anew", async () => {
    const other = await testIssuer(clock);
    await verify();
    const moved = { ...providerOf(idp), jwksUri: other.jwksUri };
    expect(await keys.verify(moved, idp.mint(), "ES256")).toBe("unknown_key");
    expect(await keys.verify(moved, idp.mint({ key: other.key }), "ES256")).toBe("good");
    expect(await verify()).toBe("good");
    expect([idp.timesAsked(), other.timesAsked()]).toEqual([1, 1]);
  });
});

describe("the time a key was first seen", () => {
  /** By key id, in seconds since the first fetch. */
  let start: number;
  const ages = () =>
    keys.known(providerOf(idp)).keys.map(({ kid, firstSeenAt }) => [kid, firstSeenAt - start]);
  const fetchAgain = async (seconds: number, published: Parameters<typeof idp.publish>[0]) => {
    clock.advance(seconds);
    idp.publish(published);
    await keys.look(providerOf(idp));
  };
  const [next, current] = [ecKey("next"), () => publicJwk(idp.key)];
  beforeEach(async () => {
    start = clock.now();
    await verify();
  });

  test("stays through every later fetch, in whatever order the keys come, and a new one begins with its own", async () => {
    const { kid } = idp.key;
    expect(ages()).toEqual([[kid, 0]]);
    await fetchAgain(minute, [publicJwk(next), current()]);
    expect(ages()).toEqual([
      ["next", minute],
      [kid, 0],
    ]);
    await fetchAgain(day, [{ ...current(), use: "sig", x5t: "other" }, publicJwk(next)]);
    expect(ages()).toEqual([
      [kid, 0],
      ["next", minute],
    ]);
    await fetchAgain(day, [publicJwk(next)]);
    expect(ages()).toEqual([["next", minute]]);
  });

  test("stays while the provider is down", async () => {
    idp.answers.set("/.well-known/jwks.json", bare(503));
    clock.advance(20 * minute);
    await keys.look(providerOf(idp));
    expect(ages()).toEqual([[idp.key.kid, 0]]);
    await fetchAgain(minute, [current()]);
    expect(ages()).toEqual([[idp.key.kid, 0]]);
  });

  test("begins anew for another key under the same id, and for one that was gone", async () => {
    const { kid } = idp.key;
    await fetchAgain(minute, [publicJwk(ecKey(kid))]);
    expect(ages()).toEqual([[kid, minute]]);
    await fetchAgain(minute, [current()]);
    expect(ages()).toEqual([[kid, 2 * minute]]);
  });

  test("is known of a key that was not among those that are shown before", async () => {
    const many = Array.from({ length: 20 }, () => publicJwk(ecKey()));
    await fetchAgain(minute, [...many, current()]);
    expect(ages()).toHaveLength(20);
    await fetchAgain(minute, [current()]);
    expect(ages()).toEqual([[idp.key.kid, 0]]);
  });
});

describe("an unknown kid", () => {
  test("is looked for once, and a rotated key is found at once", async () => {
    await verify();
    clock.advance(30);
    const next = ecKey("next");
    idp.publish([publicJwk(idp.key), publicJwk(next)]);
    expect(await verify(idp.mint({ key: next }))).toBe("good");
    expect(idp.timesAsked()).toBe(2);
  });

  test("is not looked for within 30 seconds of the last attempt", async () => {
    await verify();
    clock.advance(29);
    expect(await verify(unknown())).toBe("unknown_key");
    expect(idp.timesAsked()).toBe(1);
    clock.advance(1);
    expect(await verify(unknown())).toBe("unknown_key");
    expect(idp.timesAsked()).toBe(2);
    clock.advance(29);
    await verify(unknown("another"));
    expect(idp.timesAsked()).toBe(2);
  });

  test.each([
    ["failed", bare(500), "ProviderUnavailable"],
    ["found no keys", json({ keys: [] }), "unknown_key"],
    ["found no key set", json({ keys: "none" }), "ProviderUnavailable"],
  ])("nor when that attempt %s", async (_what, answer, outcome) => {
    // Where the keys cannot be looked at, the answer is that, and not that the token is bad.
    const tried = (kid?: string) => verify(unknown(kid)).catch(({ name }: Error) => name);
    await verify();
    idp.answers.set("/.well-known/jwks.json", answer);
    clock.advance(30);
    expect(await tried()).toBe(outcome);
    expect(idp.timesAsked()).toBe(2);
    for (let time = 0; time < 5; time += 1) expect(await tried(`other-${time}`)).toBe(outcome);
    clock.advance(29);
    expect(await tried()).toBe(outcome);
    expect(idp.timesAsked()).toBe(2);
    clock.advance(1);
    expect(await tried()).toBe(outcome);
    expect(idp.timesAsked()).toBe(3);
  });

  test.each([
    ["one after the other", false],
    ["all at once", true],
  ])("a hundred of them, %s, cost two fetches at most", async (_what, atOnce) => {
    await verify();
    clock.advance(30);
    const tokens = Array.from({ length: 100 }, (_, index) => unknown(`random-${index}`));
    const findings: string[] = [];
    if (atOnce) findings.push(...(await Promise.all(tokens.map((token) => verify(token)))));
    else for (const token of tokens) findings.push(await verify(token));
    expect(new Set(findings)).toEqual(new Set(["unknown_key"]));
    expect(idp.timesAsked()).toBe(2);
    expect(await verify()).toBe("good");
  });

  test("of a cold cache costs one fetch", async () => {
    const tokens = Array.from({ length: 100 }, (_, index) => unknown(`random-${index}`));
    await Promise.all(tokens.map((token) => verify(token)));
    expect(idp.timesAsked()).toBe(1);
  });

  test("a bad signature under a known kid is no reason to ask", async () => {
    await verify();
    clock.advance(60);
    expect(await verify(idp.mint({ key: { ...ecKey(), kid: idp.key.kid } }))).toBe("bad");
    expect(idp.timesAsked()).toBe(1);
  });
});

describe("callers at the same time", () => {
  test("share one fetch, and all get its outcome", async () => {
    const findings = await Promise.all(Array.from({ length: 50 }, () => verify()));
    expect(new Set(findings)).toEqual(new Set(["good"]));
    expect(idp.timesAsked()).toBe(1);
    clock.advance(10 * minute);
    await Promise.all(Array.from({ length: 50 }, () => verify()));
    expect(idp.timesAsked()).toBe(2);
  });

  test("share one failure", async () => {
    idp.answers.set("/.well-known/jwks.json", bare(503));
    const waits = await Promise.all(Array.from({ length: 50 }, () => waitOf(verify())));
    expect(new Set(waits)).toEqual(new Set([30]));
    expect(idp.timesAsked()).toBe(1);
  });
});

describe("a provider that is down", () => {
  test("is believed by its old keys for a day more, asked every 30 seconds at most", async () => {
    await verify();
    idp.answers.set("/.well-known/jwks.json", bare(503));
    clock.advance(10 * minute);
    for (let time = 0; time < 10; time += 1) expect(await verify()).toBe("good");
    expect(idp.timesAsked()).toBe(2);
    clock.advance(day - 1);
    expect(await verify()).toBe("good");
    clock.advance(1);
    expect(await waitOf(verify())).toBe(29);
    expect(warnings.length).toBeGreaterThan(0);
  });

  test("says when to come back, and works again then", async () => {
    idp.answers.set("/.well-known/jwks.json", bare(503));
    expect(await waitOf(verify())).toBe(30);
    clock.advance(12);
    expect(await waitOf(verify())).toBe(18);
    expect(idp.timesAsked()).toBe(1);
    idp.publish([publicJwk(idp.key)]);
    clock.advance(17);
    expect(await waitOf(verify())).toBe(1);
    clock.advance(1);
    expect(await verify()).toBe("good");
  });

  test("does not trouble another one", async () => {
    const other = await testIssuer(clock);
    idp.answers.set("/.well-known/jwks.json", bare(503));
    await waitOf(verify());
    for (let time = 0; time < 100; time += 1) await waitOf(verify(unknown(`random-${time}`)));
    expect(await verify(other.mint(), other)).toBe("good");
    expect([idp.timesAsked(), other.timesAsked()]).toEqual([1, 1]);
  });

  test.each([
    ["an error page", json("<html>", { "Content-Type": "text/html" })],
    ["a list", json([])],
    ["keys that are no list", json({ keys: {} })],
    ["a redirect to the keys", bare(302, { Location: "/elsewhere" })],
    ["more than 64 KiB", json({ keys: [], padding: "p".repeat(65_536) })],
    ["not found", bare(404)],
  ])("answers %s: no keys, and the old ones stay", async (_what, answer) => {
    idp.answers.set("/elsewhere", json({ keys: [publicJwk(idp.key)] }));
    idp.answers.set("/.well-known/jwks.json", answer);
    expect(await waitOf(verify())).toBe(30);
    clock.advance(30);
    idp.publish([publicJwk(idp.key)]);
    expect(await verify()).toBe("good");
    idp.answers.set("/.well-known/jwks.json", answer);
    clock.advance(10 * minute);
    expect(await verify()).toBe("good");
    expect(idp.timesAsked("/elsewhere")).toBe(0);
  });
});
