/** Several instances in one process: services beside each other, and nodes of one service. */
import { describe, expect, test } from "@jest/globals";
import express from "express";
import express4 from "express4";
import type { TestDatabase } from "../support/database.js";
import { ownDatabase } from "../support/stages.js";
import { claimGrant, jwtBearerGrant } from "../support/world.js";
import { openHost, routesOf } from "./host.js";
import { discover, type Site, send, walk, walked } from "./walk.js";

type Create = typeof express;
const versions: [string, Create][] = [
  ["Express 4", express4],
  ["Express 5", express],
];

type Databases = readonly [TestDatabase, TestDatabase];

/** Two services in one app, `/one` and `/two`, each with an API of its own. */
async function twoServices(create: Create, [database, other]: Databases) {
  const host = await openHost({
    create,
    path: "/one",
    options: { storage: database.storage },
    mount(app, auth, another) {
      const two = another("/two", { storage: other.storage });
      for (const [name, instance] of Object.entries({ one: auth, two })) {
        app.use(instance.wellKnown);
        app.use(`/${name}`, instance);
        const api = create.Router();
        routesOf(api, instance);
        app.use(`/${name}`, api);
      }
    },
  });
  return [
    { ...host, api: "/one/api/notes" },
    { ...host, api: "/two/api/notes" },
  ] as const;
}

const alice = "alice@example.com";
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const exchangeOf = (assertion: string) => ({ grant_type: jwtBearerGrant, assertion });

/** Everything an agent holds at a service. */
async function agentAt(site: Site) {
  const named = await discover(site);
  const registered = JSON.parse(
    (await send(site, "POST", named.identity, { json: { type: "anonymous" } })).text,
  );
  const { identity_assertion: assertion, claim_token: claimToken } = registered;
  const exchanged = await send(site, "POST", named.token, {
    form: { grant_type: jwtBearerGrant, assertion },
  });
  return { named, assertion, claimToken, token: JSON.parse(exchanged.text).access_token };
}

const twoDatabases = async (): Promise<Databases> => [await ownDatabase(), await ownDatabase()];
const oneDatabase = async (): Promise<Databases> => {
  const database = await ownDatabase();
  return [database, database];
};

describe.each(versions)("two services in one process, %s", (_version, create) => {
  test.each([
    ["databases of their own", twoDatabases],
    ["one database", oneDatabase],
  ] as const)("on %s both carry whole journeys at once", async (_name, databases) => {
    const sites = await twoServices(create, await databases());
    expect(await Promise.all(sites.map(walk))).toEqual([walked, walked]);
  });

  test("nothing of one is worth anything at the other", async () => {
    const [one, two] = await twoServices(create, await twoDatabases());
    const mine = await agentAt(one);
    const there = await discover(two);
    const answers = [
      await send(two, "GET", two.api, { headers: bearer(mine.token) }),
      await send(two, "POST", there.token, { form: exchangeOf(mine.assertion) }),
      await send(two, "POST", there.token, {
        form: { grant_type: claimGrant, claim_token: mine.claimToken },
      }),
      await send(two, "POST", there.claim, { json: { claim_token: mine.claimToken, login_hint: alice } }),
      await send(two, "POST", there.revoke, { form: { token: mine.token } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 400, 400, 401, 200]);
    expect(answers.slice(0, 4).map(({ text }) => JSON.parse(text).error)).toEqual([
      "invalid_token",
      "invalid_grant",
      "invalid_grant",
      "invalid_claim_token",
    ]);
    expect((await send(one, "GET", one.api, { headers: bearer(mine.token) })).status).toBe(200);
  });

  test("even on one database neither takes the other's access tokens and assertions", async () => {
    const [one, two] = await twoServices(create, await oneDatabase());
    const mine = await agentAt(one);
    const there = await discover(two);
    const called = await send(two, "GET", two.api, { headers: bearer(mine.token) });
    const exchanged = await send(two, "POST", there.token, { form: exchangeOf(mine.assertion) });
    expect([called.status, JSON.parse(called.text).error]).toEqual([401, "invalid_token"]);
    expect([exchanged.status, JSON.parse(exchanged.text).error]).toEqual([400, "invalid_grant"]);
  });
});

describe.each(versions)("three nodes of one service on one database, %s", (_version, create) => {
  /** An app in front of three instances: every request goes to the next one. */
  const nodes = async () => {
    const { storage } = await ownDatabase();
    const turns: number[] = [0, 0, 0];
    let turn = 0;
    const host = await openHost({
      create,
      options: { storage },
      outer(first, auth, another) {
        const apps = [auth, another("", { storage }), another("", { storage })];
        const listeners = apps.map((instance, index) => {
          if (index === 0) return first;
          const app = create();
          app.use(instance);
          routesOf(app, instance);
          return app;
        });
        return (request, response) => {
          turn = (turn + 1) % listeners.length;
          turns[turn] = (turns[turn] as number) + 1;
          listeners[turn]?.(request, response);
        };
      },
    });
    return { host, turns };
  };

  test("carry the whole journey, whichever is asked, and many at once", async () => {
    const { host, turns } = await nodes();
    const journeys = await Promise.all(Array.from({ length: 5 }, () => walk(host)));
    expect(journeys).toEqual(Array(5).fill(walked));
    for (const count of turns) expect(count).toBeGreaterThan(10);
    expect(host.warnings).toEqual([]);
  });
});
