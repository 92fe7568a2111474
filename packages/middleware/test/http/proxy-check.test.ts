/** A `trust proxy` that cannot be right is told of once per instance, and never again (PROTOCOL section 10). */
import type { AgentAuthOptions } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import { stage } from "../support/stages.js";
import { callApi, register, type World } from "../support/world.js";
import { expectAgentRefusal } from "./observed-world.js";

type Setting = boolean | number | string | string[] | ((address: string) => boolean);

async function behind(setting: Setting, options: Partial<AgentAuthOptions> = {}): Promise<World> {
  const host = await stage({ options });
  host.app.set("trust proxy", setting);
  return host;
}
const warnings = ({ logs }: World) => logs.filter(({ level }) => level === "warn");
const forwarded = (host: World) => register.anonymous(host).set("X-Forwarded-For", "192.0.2.1");

describe("a host that is told of a proxy", () => {
  test.each([false, 0])("and trusts none (%s): all callers are one address", async (setting) => {
    const host = await behind(setting);
    for (let time = 0; time < 20; time += 1) await register.anonymous(host);
    expect(warnings(host)).toEqual([]);
    for (let time = 0; time < 20; time += 1) expect((await forwarded(host)).status).toBe(200);
    expect(warnings(host)).toEqual([
      {
        level: "warn",
        fields: { trustProxy: setting },
        message: expect.stringMatching(/X-Forwarded-For.*`trust proxy` is off.*Set `trust proxy`/),
      },
    ]);
  });

  test("and trusts any: every caller is whoever they say", async () => {
    const host = await behind(true);
    await Promise.all(Array.from({ length: 20 }, () => register.anonymous(host)));
    for (let time = 0; time < 20; time += 1) await forwarded(host);
    expect(warnings(host)).toEqual([
      {
        level: "warn",
        fields: { trustProxy: true },
        message: expect.stringMatching(/`trust proxy` is true.*any caller can claim any address/),
      },
    ]);
  });

  test.each<[string, Setting]>([
    ["a number of hops", 1],
    ["a name", "loopback"],
    ["addresses", ["127.0.0.1", "10.0.0.0/8"]],
    ["a function", () => true],
  ])("and trusts %s: nothing is said", async (_what, setting) => {
    const host = await behind(setting);
    for (let time = 0; time < 5; time += 1) await forwarded(host);
    expect(warnings(host)).toEqual([]);
  });
});

describe("a proxy that passes on", () => {
  const from = (host: World, address: string) => register.anonymous(host).set("X-Forwarded-For", address);

  test.each([
    ["192.0.2.1:5555", "192.0.2.1:5556"],
    ["[2001:db8::1]:443", "2001:db8::1"],
  ])("ports, %s, does not make one caller many", async (address, same) => {
    const host = await behind(1, { limits: {} });
    for (let time = 0; time < 5; time += 1) expect((await from(host, address)).status).toBe(200);
    expectAgentRefusal(await from(host, same), 429, "rate_limited", "rate_limit_exceeded");
    expect(warnings(host)).toEqual([]);
  });

  test("what is no address is told of once", async () => {
    const host = await behind(1);
    for (let time = 0; time < 5; time += 1) await from(host, "unknown");
    expect(warnings(host)).toEqual([
      {
        level: "warn",
        fields: { trustProxy: 1 },
        message: expect.stringMatching(/address is none.*limits per address do not hold/),
      },
    ]);
  });
});

test("each instance says it for itself", async () => {
  const [one, other] = [await behind(true), await behind(true)];
  for (const host of [one, one, other, other]) await forwarded(host);
  expect([warnings(one).length, warnings(other).length]).toEqual([1, 1]);
});

test("requests that are none of ours are not looked at", async () => {
  const host = await behind(true);
  await host.agent.get("/elsewhere").set("X-Forwarded-For", "192.0.2.1");
  await callApi(host, "at_nothing").set("X-Forwarded-For", "192.0.2.1");
  expect(warnings(host)).toEqual([]);
});
