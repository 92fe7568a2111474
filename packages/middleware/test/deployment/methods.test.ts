/** Every place of ours with every method: what it answers, with which `Allow`, at the root and under a prefix. */
import { describe, expect, test } from "@jest/globals";
import express, { type RequestHandler } from "express";
import express4 from "express4";
import { openHost, type Shape } from "./host.js";
import { discover, send } from "./walk.js";

const versions: [string, typeof express][] = [
  ["Express 4", express4],
  ["Express 5", express],
];
const shapes: Record<string, Shape> = {
  "at the root": {},
  "under a prefix": {
    path: "/agents",
    mount: (app, auth) => app.use(auth.wellKnown).use("/agents", auth),
  },
};
const cells = versions.flatMap(([version, create]) =>
  Object.entries(shapes).map(([name, shape]) => ({
    cell: `${version}, ${name}`,
    shape: { create, ...shape },
  })),
);

const document = { allow: "GET, HEAD, OPTIONS", reads: true, shared: true };
const endpoint = { allow: "POST, OPTIONS", reads: false, shared: true };
const page = { allow: "GET, HEAD, POST", reads: true, shared: false };

/** Every place, by the path under which this host has it. */
async function placesOf(shape: Shape) {
  const host = await openHost(shape);
  const named = await discover(host);
  const base = host.origin + (shape.path ?? "");
  const css = /href="([^"]+\.css)"/.exec((await send(host, "GET", `${base}/agent/claim`)).text)?.[1] ?? "";
  const places: [string, { allow: string; reads: boolean; shared: boolean }][] = [
    [`${host.origin}/.well-known/oauth-protected-resource${shape.path ?? ""}`, document],
    [`${host.origin}/.well-known/oauth-authorization-server${shape.path ?? ""}`, document],
    [named.jwks, document],
    [named.skill, document],
    [named.identity, endpoint],
    [named.claim, endpoint],
    [`${named.claim}/complete`, endpoint],
    [named.token, endpoint],
    [named.revoke, endpoint],
    [`${base}/oauth2/authorize`, page],
    [`${base}/agent/claim`, page],
    [`${base}/agent/connected`, page],
    [css, { ...page, allow: "GET, HEAD" }],
  ];
  return { host, places };
}

describe.each(cells)("$cell", ({ shape }) => {
  test("HEAD answers as GET does, without a body", async () => {
    const { host, places } = await placesOf(shape);
    for (const [url, { reads }] of places) {
      const head = await send(host, "HEAD", url);
      const get = await send(host, "GET", url);
      expect([url, head.status, head.text]).toEqual([url, get.status, ""]);
      if (!reads) expect([url, head.status]).toEqual([url, 405]);
      for (const name of ["content-type", "content-length", "cache-control", "allow", "etag"])
        expect([url, name, head.headers[name]]).toEqual([url, name, get.headers[name]]);
    }
  });

  test("a method of nobody's is 405 with Allow, in the shape of the place, and never cached", async () => {
    const { host, places } = await placesOf(shape);
    for (const [url, { allow }] of places) {
      for (const method of [
        "PUT",
        "PATCH",
        "DELETE",
        "PROPFIND",
        ...(allow.includes("POST") ? [] : ["POST"]),
      ]) {
        const answer = await send(host, method, url, { json: { type: "anonymous" } });
        expect([url, method, answer.status, answer.headers.allow]).toEqual([url, method, 405, allow]);
        expect(answer.headers["cache-control"]).toBe("no-store");
        const isPage = /\/agent\/(claim|connected)(\/pages-\w+\.css)?$/.test(url);
        expect([url, answer.headers["content-type"]]).toEqual([
          url,
          isPage ? "text/html; charset=utf-8" : "application/json; charset=utf-8",
        ]);
      }
    }
  });

  test("OPTIONS is a preflight where other origins may call, and 405 where they may not", async () => {
    const { host, places } = await placesOf(shape);
    const headers = { Origin: "https://app.example", "Access-Control-Request-Method": "POST" };
    for (const [url, { allow, shared }] of places) {
      const answer = await send(host, "OPTIONS", url, { headers });
      const granted = answer.headers["access-control-allow-origin"];
      expect([url, answer.status, granted]).toEqual([url, shared ? 204 : 405, shared ? "*" : undefined]);
      if (shared) expect(answer.headers["access-control-allow-methods"]).toBe(allow);
      expect(answer.headers).not.toHaveProperty("access-control-allow-credentials");
    }
  });

  test("the host's own preflights and methods stay the host's", async () => {
    const { host } = await placesOf(shape);
    const answers = [
      await send(host, "DELETE", "/own"),
      await send(host, "PUT", "/agent/elsewhere"),
      await send(host, "POST", "/claim", { json: {} }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 200]);
    // This host answers what nobody took with a 404 of its own, preflights included.
    const options = await send(host, "OPTIONS", "/api/notes");
    expect([options.status, JSON.parse(options.text)]).toEqual([404, { host: "not found" }]);
  });
});

/** A host's CORS middleware that answers preflights and lets any page read everything, with cookies. */
const generous: RequestHandler = (request, response, next) => {
  response.set({
    "Access-Control-Allow-Origin": request.get("origin") ?? "*",
    "Access-Control-Allow-Credentials": "true",
    Vary: "Origin",
  });
  if (request.method === "OPTIONS") response.status(204).end();
  else next();
};

test.each(versions)(
  "%s: a host that lets every origin read everything does not open our pages",
  async (_name, create) => {
    const { host, places } = await placesOf({ create, before: [generous] });
    const headers = { Origin: "https://app.example" };
    for (const [url, { shared, reads }] of places) {
      const answer = await send(host, reads ? "GET" : "POST", url, { headers });
      const { "access-control-allow-origin": origin, "access-control-allow-credentials": credentials } =
        answer.headers;
      expect([url, origin, credentials]).toEqual([url, shared ? "*" : undefined, undefined]);
    }
    const own = await send(host, "GET", "/claim", { headers });
    expect(own.headers["access-control-allow-origin"]).toBe("https://app.example");
  },
);
