/** A `trust proxy` that cannot be right is told of once per instance, and never again (PROTOCOL section 10). */
import { describe, expect, test } from "@jest/globals";
import { stage } from "../support/stages.js";
import { callApi, register, type World } from "../support/world.js";

type Setting = boolean | number | string | string[] | ((address: string) => boolean);

async function behind(setting: Setting): Promise<World> {
  const host = await stage();
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
