/** Hosts with a life of their own: apps in apps, routers, helmet, their own 404, errors, session, pages and bodies. */
import { describe, expect, test } from "@jest/globals";
import express, { type RequestHandler } from "express";
import express4 from "express4";
import helmet from "helmet";
import { expectPageHeaders } from "../support/claim-visit.js";
import { type Host, openHost, routesOf, type Shape } from "./host.js";
import { send, walk, walked } from "./walk.js";

type Create = typeof express;
const versions: [string, Create, Create][] = [
  ["Express 4", express4, express],
  ["Express 5", express, express4],
];

/** A sub-app with everything in it, in an app that has only the discovery documents. */
const inside =
  (create: Create): NonNullable<Shape["outer"]> =>
  (app, auth) => {
    const outer = create();
    outer.use(auth.wellKnown);
    outer.use("/x", app);
    outer.use((_request, response) => void response.status(404).json({ outer: "not found" }));
    return outer;
  };

const strictHelmet = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], sandbox: [] } },
  crossOriginEmbedderPolicy: true,
  crossOriginResourcePolicy: { policy: "same-origin" },
  referrerPolicy: { policy: "no-referrer" },
  xFrameOptions: { action: "sameorigin" },
});
/** What a cautious host sets on everything it answers. */
const cachesEverything: RequestHandler = (_request, response, next) => {
  response.set({ "Cache-Control": "public, max-age=3600", ETag: '"theirs"', "Content-Language": "de" });
  next();
};
/** Makes apps with these settings. */
const withSettings = (create: Create, settings: Record<string, unknown>) => {
  const configured = () => {
    const app = create();
    for (const [name, value] of Object.entries(settings)) app.set(name, value);
    return app;
  };
  return Object.assign(configured, create) as Create;
};
const exactRouting = { "case sensitive routing": true, "strict routing": true };
const routerOptions = { caseSensitive: true, strict: true, mergeParams: true };

const shapes: { name: string; of: (create: Create, other: Create) => Shape & { api?: string } }[] = [
  { name: "an app in an app", of: (create) => ({ path: "/x", api: "/x/api/notes", outer: inside(create) }) },
  {
    name: "an app in an app of the other Express",
    of: (_create, other) => ({ path: "/x", api: "/x/api/notes", outer: inside(other) }),
  },
  {
    name: "a router",
    of: (create) => ({
      path: "/agents",
      mount: (app, auth) => {
        app.use(auth.wellKnown);
        app.use("/agents", create.Router(routerOptions).use(auth));
      },
    }),
  },
  {
    name: "a router in a router, with parameters in its path",
    of: (create) => ({
      path: "/tenants/one/agents",
      mount: (app, auth) => {
        const inner = create.Router(routerOptions).use("/agents", auth);
        app.use(auth.wellKnown);
        app.use("/tenants/:tenant", inner);
      },
    }),
  },
  {
    name: "case sensitive and strict routing",
    of: (create) => ({ create: withSettings(create, exactRouting) }),
  },
  {
    name: "case sensitive and strict routing under a prefix",
    of: (create) => ({
      create: withSettings(create, exactRouting),
      path: "/Agents",
      mount: (app, auth) => app.use(auth.wellKnown).use("/Agents", auth),
    }),
  },
  { name: "helmet", of: () => ({ before: [helmet()] }) },
  { name: "a strict helmet", of: () => ({ before: [strictHelmet] }) },
  { name: "helmet after us", of: () => ({ after: [strictHelmet] }) },
  { name: "caching headers on everything", of: () => ({ before: [cachesEverything] }) },
  {
    name: "no query parser, no ETags, escaped JSON, a production environment",
    of: (create) => ({
      create: withSettings(create, {
        "query parser": false,
        etag: false,
        "json escape": true,
        env: "production",
      }),
    }),
  },
  {
    name: "mounted twice, at the root and under a prefix",
    of: () => ({ mount: (app, auth) => app.use(auth).use("/again", auth) }),
  },
  {
    name: "the API before us",
    of: () => ({
      mount: (app, auth) => {
        routesOf(app, auth);
        app.use(auth);
      },
    }),
  },
];
const rows = versions.flatMap(([version, create, other]) =>
  shapes.map(({ name, of }) => ({ name: `${version}, ${name}`, shape: { create, ...of(create, other) } })),
);

test.each(rows)("$name: carries the whole journey", async ({ shape: { api, ...shape } }) => {
  const host = await openHost(shape);
  expect(await walk({ ...host, api: api ?? host.api })).toEqual(walked);
  expect([host.failures, host.warnings]).toEqual([[], []]);
});

describe.each(versions)("what is the host's, %s", (_version, create) => {
  const get = async (host: Host, path: string) => {
    const { status, text } = await send(host, "GET", host.origin + path);
    return [status, text];
  };
  const notFound = [404, JSON.stringify({ host: "not found" })];

  test("stays the host's: its 404, its errors, its own /claim, before and after a journey", async () => {
    const host = await openHost({ create, after: [create.json()] });
    for (const round of [1, 2]) {
      expect(await get(host, "/claim")).toEqual([200, "the host's own claim page"]);
      const posted = await send(host, "POST", "/claim", { json: { claim_token: "theirs" } });
      expect(JSON.parse(posted.text)).toEqual({ host: "echo", body: { claim_token: "theirs" } });
      for (const path of [
        "/agent",
        "/agent/",
        "/agent/identity/",
        "/agent/claims",
        "/oauth2",
        "//agent/identity",
      ])
        expect([path, ...(await get(host, path))]).toEqual([path, ...notFound]);
      expect(await get(host, "/own/fails")).toEqual([418, JSON.stringify({ host: "failed", type: null })]);
      expect(host.failures).toEqual(Array(round).fill("the host failed"));
      if (round === 1) expect(await walk(host)).toEqual(walked);
    }
  });

  test("is not touched: settings, locals, view engine, sessions, cookies", async () => {
    const host = await openHost({ create });
    const before = { ...host.app.settings };
    expect(await walk(host)).toEqual(walked);
    expect({ ...host.app.settings }).toEqual(before);
    expect(Object.keys(host.app.locals)).toEqual(["settings"]);
    expect([...host.sessions.values()]).toEqual([{ person: "alice" }]);
    for (const path of ["/claim", "/own/fails", "/nothing", "/agent/connected"])
      expect((await send(host, "GET", path)).headers).not.toHaveProperty("set-cookie");
  });

  test.each([
    ["helmet", helmet()],
    ["a strict helmet", strictHelmet],
    ["caching", cachesEverything],
  ])("headers it sets on everything (%s) do not weaken ours", async (_what, before) => {
    const host = await openHost({ create, before: [before] });
    const page = await send(host, "GET", "/agent/claim");
    // What a host adds that is not ours to say: an ETag, and https where we know of none.
    const { etag: _etag, "strict-transport-security": _https, ...headers } = page.headers;
    expectPageHeaders(headers as Record<string, string>, false);
    const token = await send(host, "POST", "/oauth2/token", { form: { grant_type: "x" } });
    const refused = await send(host, "GET", "/api/notes");
    for (const answer of [token, refused]) expect(answer.headers["cache-control"]).toBe("no-store");
  });

  test("its error handler sees none of our refusals, and ours none of its errors", async () => {
    const host = await openHost({ create, before: [create.json()] });
    const statuses = [];
    for (const [method, path] of [
      ["GET", "/agent/identity"],
      ["POST", "/agent/identity"],
      ["POST", "/oauth2/token"],
      ["GET", "/agent/claim"],
      ["POST", "/agent/claim"],
      ["GET", "/api/notes"],
    ] as const)
      statuses.push((await send(host, method, path, method === "POST" ? { json: {} } : {})).status);
    expect(statuses).toEqual([405, 400, 400, 404, 415, 401]);
    expect(host.failures).toEqual([]);
  });

  test("a host that mounts no error handler of ours words the errors of its own parser itself", async () => {
    const host = await openHost({ create, before: [create.json()], errorHandler: () => {} });
    const refused = await send(host, "POST", "/agent/identity", {
      headers: { "Content-Type": "application/json" },
      body: "{",
    });
    expect([refused.status, JSON.parse(refused.text)]).toEqual([
      400,
      { host: "failed", type: "entity.parse.failed" },
    ]);
    expect(await walk(host)).toEqual(walked);
  });
});
