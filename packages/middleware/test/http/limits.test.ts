/** The request limits: tiers, senders, and what a 429 looks like (PROTOCOL section 10). */

import type { AgentAuthOptions } from "@agent-auth/middleware";
import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { ownDatabase } from "../support/stages.js";
import { exchange, poll, type Response, register, startClaim, type World, world } from "../support/world.js";
import {
  expectAgentRefusal,
  expectNotice,
  expectOauthRefusal,
  type ObservedWorld,
  observedWorld,
  otherThan,
  preparedForm,
} from "./observed-world.js";

let stage: ObservedWorld;
afterEach(async () => {
  jest.useRealTimers();
  await stage.close();
});

/** A world behind a proxy, with these limits. */
async function limited(limits: AgentAuthOptions["limits"]): Promise<void> {
  stage = await observedWorld({ options: { limits } });
  stage.app.set("trust proxy", true);
}

/** Replaces `Date` and nothing else: the limiter reads the machine's clock, the timers of the test must run. */
const timers = ["hrtime", "nextTick", "performance", "queueMicrotask"] as const;
const callbacks = [
  "setImmediate",
  "clearImmediate",
  "setInterval",
  "clearInterval",
  "setTimeout",
  "clearTimeout",
] as const;
const holdMachineClock = (now: number) => jest.useFakeTimers({ now, doNotFake: [...timers, ...callbacks] });

const from = <Request extends { set(name: string, value: string): Request }>(ip: string, request: Request) =>
  request.set("X-Forwarded-For", ip);
const anonymous = (ip = "192.0.2.1") => from(ip, register.anonymous(stage));
const serviceAuth = (ip = "192.0.2.1") => from(ip, register.serviceAuth(stage));
const unknownClaim = (ip = "192.0.2.1") => from(ip, startClaim(stage, "ct_unknown"));

function expectLimit({ status, headers, body }: Response, name: string, quota: number): void {
  expect(status).toBe(429);
  expect(headers["retry-after"]).toMatch(/^[1-9]\d{0,3}$/);
  const seconds = Number(headers["retry-after"]);
  expect(seconds).toBeLessThanOrEqual(3600);
  expect(headers["ratelimit-policy"]).toBe(`"${name}";q=${quota};w=3600`);
  expect(headers.ratelimit).toBe(`"${name}";r=0;t=${seconds}`);
  expect(headers["cache-control"]).toBe("no-store");
  if (headers["content-type"]?.startsWith("application/json")) expect(body.retry_after).toBe(seconds);
}

async function times(count: number, send: (index: number) => PromiseLike<Response>): Promise<number[]> {
  const statuses: number[] = [];
  for (let index = 0; index < count; index += 1) statuses.push((await send(index)).status);
  return [...new Set(statuses)];
}

/** As if so many more had been counted within the hour. */
const counted = (limit: string, more: number) =>
  stage.execute(`UPDATE rate_limits SET points = points + ${more} WHERE key LIKE '${limit}:%'`);

test("windows that are over leave with one sweep, however many there are", async () => {
  await limited({});
  await anonymous();
  const old = Array.from({ length: 1000 }, (_, index) => `('old:${index}', 1, 1000)`).join(", ");
  await stage.execute(`INSERT INTO rate_limits (key, points, expire) VALUES ${old}`);
  await stage.auth.sweep();
  expect(await stage.execute("DELETE FROM rate_limits WHERE key LIKE 'old:%' RETURNING key")).toEqual([]);
});

describe("the defaults", () => {
  test("let one address register five anonymous agents an hour, and the service a hundred", async () => {
    await limited({});
    expect(await times(5, () => anonymous())).toEqual([200]);
    const before = await stage.snapshot();
    const response = await anonymous();
    expectAgentRefusal(response, 429, "rate_limited", "rate_limit_exceeded");
    expectLimit(response, "anonymous-ip", 5);
    expect(await stage.snapshot()).toEqual(before);
    await counted("anonymous", 90);
    expect(await times(5, () => anonymous("198.51.100.1"))).toEqual([200]);
    expectLimit(await anonymous("203.0.113.1"), "anonymous", 100);
  });

  test("let one address register twenty agents that name a person, and the service five hundred", async () => {
    await limited({});
    expect(await times(20, () => serviceAuth())).toEqual([200]);
    expectLimit(await serviceAuth(), "service-auth-ip", 20);
    await counted("service-auth", 475);
    expect(await times(5, () => serviceAuth("198.51.100.1"))).toEqual([200]);
    const response = await serviceAuth("203.0.113.1");
    expectAgentRefusal(response, 429, "rate_limited", "rate_limit_exceeded");
    expectLimit(response, "service-auth", 500);
  });

  test("let one address start twenty claims an hour, unknown ones counted", async () => {
    await limited({});
    expect(await times(20, () => unknownClaim())).toEqual([401]);
    const response = await unknownClaim();
    expectAgentRefusal(response, 429, "rate_limited", "rate_limit_exceeded");
    expectLimit(response, "claim-ip", 20);
    expect((await unknownClaim("192.0.2.2")).status).toBe(401);
  });

  test("let one address submit sixty codes an hour; Deny is never limited", async () => {
    await limited({});
    const { claim, claim_token } = (await serviceAuth()).body;
    const submit = await preparedForm(stage, claim.verification_uri, "alice");
    expect(await times(60, () => from("192.0.2.1", submit({ userCode: "none" })))).toEqual([400]);
    const before = await stage.snapshot();
    const response = await from("192.0.2.1", submit({ userCode: claim.user_code }));
    expectNotice(response, 429, "Too many requests");
    expect(response.headers["retry-after"]).toMatch(/^[1-9]\d{0,3}$/);
    expect(await stage.snapshot()).toEqual(before);
    expect((await from("192.0.2.1", submit({ action: "deny" }))).status).toBe(303);
    expectOauthRefusal(await poll(stage, claim_token), "access_denied");
  });

  test("let one registration exchange six hundred times an hour", async () => {
    await limited({});
    const { identity_assertion } = (await anonymous()).body;
    expect((await exchange(stage, identity_assertion)).status).toBe(200);
    await counted("token", 594);
    expect(await times(5, () => exchange(stage, identity_assertion))).toEqual([200]);
    const before = await stage.snapshot();
    const response = await exchange(stage, identity_assertion);
    expectOauthRefusal(response, "rate_limited", 429);
    expectLimit(response, "token", 600);
    expect(await stage.snapshot()).toEqual(before);
    const other = (await anonymous()).body;
    expect((await exchange(stage, other.identity_assertion)).status).toBe(200);
  });
});

describe("a sender", () => {
  test("over its own limit uses up nothing of everybody's", async () => {
    await limited({ anonymousPerIpPerHour: 2, anonymousPerHour: 3 });
    expect(await times(2, () => anonymous())).toEqual([200]);
    expect(await times(20, () => anonymous())).toEqual([429]);
    expect((await anonymous("192.0.2.2")).status).toBe(200);
    expectLimit(await anonymous("192.0.2.3"), "anonymous", 3);
  });

  test("is the /64 of an IPv6 address", async () => {
    await limited({ anonymousPerIpPerHour: 2 });
    expect((await anonymous("2001:db8:1:2::1")).status).toBe(200);
    expect((await anonymous("2001:0db8:0001:0002:ffff:ffff:ffff:ffff")).status).toBe(200);
    expectLimit(await anonymous("2001:db8:1:2:3::"), "anonymous-ip", 2);
    expect((await anonymous("2001:db8:1:3::1")).status).toBe(200);
  });

  test("is one IPv4 address, mapped into IPv6 or not", async () => {
    await limited({ anonymousPerIpPerHour: 2 });
    expect((await anonymous("192.0.2.1")).status).toBe(200);
    expect((await anonymous("::ffff:192.0.2.1")).status).toBe(200);
    expect((await anonymous("::ffff:c000:0201")).status).toBe(429);
    expect((await anonymous("192.0.2.2")).status).toBe(200);
  });

  test("nobody knows the address of is counted for the service only", async () => {
    await limited({ anonymousPerIpPerHour: 1, anonymousPerHour: 4 });
    expect(await times(4, () => anonymous("unknown"))).toEqual([200]);
    expectLimit(await anonymous("unknown"), "anonymous", 4);
  });

  test("is not whoever the X-Forwarded-For of a stranger names", async () => {
    stage = await observedWorld({ options: { limits: { anonymousPerIpPerHour: 2 } } });
    expect(await times(2, (index) => anonymous(`192.0.2.${index}`))).toEqual([200]);
    expectLimit(await anonymous("192.0.2.3"), "anonymous-ip", 2);
  });
});

describe("what counts", () => {
  test("is not a request that was malformed or of a type that is off", async () => {
    await limited({ anonymousPerIpPerHour: 1 });
    const bad = () =>
      from("192.0.2.1", stage.agent.post("/agent/identity").send({ type: "anonymous", client_name: 1 }));
    expect(await times(5, bad)).toEqual([400]);
    expect((await anonymous()).status).toBe(200);
    expect((await anonymous()).status).toBe(429);
  });

  test("is every kind of request for itself", async () => {
    await limited({ anonymousPerIpPerHour: 1, serviceAuthPerIpPerHour: 1, claimPerIpPerHour: 1 });
    for (const send of [anonymous, serviceAuth, unknownClaim]) {
      expect((await send()).status).not.toBe(429);
      expect((await send()).status).toBe(429);
    }
  });

  test("is no poll in time, only the early ones", async () => {
    await limited({ tokenPerRegistrationPerHour: 2 });
    const { claim_token } = (await serviceAuth()).body;
    for (let time = 0; time < 5; time += 1) {
      expectOauthRefusal(await poll(stage, claim_token), "authorization_pending");
      stage.clock.advance(5);
    }
    expectOauthRefusal(await poll(stage, claim_token), "authorization_pending");
    for (let time = 0; time < 2; time += 1) expectOauthRefusal(await poll(stage, claim_token), "slow_down");
    const response = await poll(stage, claim_token);
    expectOauthRefusal(response, "rate_limited", 429);
    expectLimit(response, "token", 2);
  });

  test("is no assertion of noise: only its registration can be counted", async () => {
    await limited({ tokenPerRegistrationPerHour: 1 });
    const { identity_assertion } = (await anonymous()).body;
    expect(await times(5, () => exchange(stage, "a.b.c"))).toEqual([400]);
    expect((await exchange(stage, identity_assertion)).status).toBe(200);
    expect((await exchange(stage, identity_assertion)).status).toBe(429);
  });
});

describe("the window", () => {
  test("is told by the machine's clock, not by the service's", async () => {
    await limited({ anonymousPerIpPerHour: 1 });
    expect((await anonymous()).status).toBe(200);
    stage.clock.advance(7200);
    expect((await anonymous()).status).toBe(429);
  });

  test("is over after an hour, and Retry-After counts down to that", async () => {
    const start = Date.parse("2026-01-01T00:00:00Z");
    holdMachineClock(start);
    await limited({ anonymousPerIpPerHour: 1 });
    expect((await anonymous()).status).toBe(200);
    expect((await anonymous()).headers["retry-after"]).toBe("3600");
    jest.setSystemTime(start + 3_599_000);
    expect((await anonymous()).headers["retry-after"]).toBe("1");
    jest.setSystemTime(start + 3_600_001);
    expect((await anonymous()).status).toBe(200);
    expect((await anonymous()).status).toBe(429);
  });
});

describe("limits that are switched off", () => {
  test("let everything through but guesses and attempts", async () => {
    await limited(false);
    expect(await times(30, () => anonymous())).toEqual([200]);
    const { claim_token } = (await anonymous()).body;
    let newest: Response["body"];
    for (let time = 0; time < 5; time += 1) newest = (await startClaim(stage, claim_token)).body;
    expectAgentRefusal(await startClaim(stage, claim_token), 429, "too_many_attempts");
    const { claim_attempt } = newest;
    const submit = await preparedForm(stage, claim_attempt.verification_uri, "alice");
    for (let guess = 0; guess < 5; guess += 1) await submit({ userCode: otherThan(claim_attempt.user_code) });
    expectNotice(await submit({ userCode: claim_attempt.user_code }), 410, "Too many wrong codes");
  });
});

describe("a limiter that cannot count", () => {
  test("stops nobody, and the log says so", async () => {
    await limited(false);
    const { store } = (await ownDatabase()).open();
    store.consumeLimit = () => Promise.reject(new Error("no such table"));
    const broken: World = await world({ options: { storage: store, limits: { anonymousPerIpPerHour: 1 } } });
    for (let time = 0; time < 3; time += 1) expect((await register.anonymous(broken)).status).toBe(200);
    expect(broken.logs[0]).toMatchObject({ level: "warn", message: "rate limit could not be counted" });
    await broken.close();
  });
});
