/** Hosts that parse bodies before `auth`: the same answers, with the errors of their parsers in our shape. */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import express, { type RequestHandler } from "express";
import { desk, formEndpoints, isForm, jsonEndpoints } from "../support/raw-posts.js";
import { listening, rawRequest, stage } from "../support/stages.js";

const endpoints = [...jsonEndpoints, ...formEndpoints];
const parsers: [string, RequestHandler[]][] = [
  ["express.json()", [express.json()]],
  ["express.json() that takes every type", [express.json({ type: "*/*", strict: false })]],
  ["express.urlencoded({ extended: true })", [express.urlencoded({ extended: true })]],
  ["express.urlencoded({ extended: false })", [express.urlencoded({ extended: false })]],
  ["json and urlencoded", [express.json(), express.urlencoded({ extended: true })]],
  ["express.text()", [express.text({ type: "*/*" })]],
  ["express.raw()", [express.raw({ type: "*/*" })]],
];
// A JSON parser for every type cannot read forms, so such a host keeps it away from them.
const readable = (name: string, path: string) => !(name.includes("every type") && isForm(path));
const rows = parsers.flatMap(([name, before]) =>
  endpoints
    .filter((path) => readable(name, path))
    .map((path): [string, string, RequestHandler[]] => [name, path, before]),
);

describe.each(rows)("behind %s, %s", (_name, path, before) => {
  test("takes a good body", async () => {
    const host = await desk({ before });
    const response = await host.post(path, await host.good(path));
    expect([response.status, response.text]).toEqual([200, response.text]);
    expect(response.headers["cache-control"]).toBe("no-store");
  });

  test("refuses a malformed body, an empty one and one that is no object", async () => {
    const host = await desk({ before });
    for (const body of isForm(path) ? ["", "x", "a[b]=c"] : ["", "{", "nul", '"text"', "[]"])
      await host.refuses(path, body, { status: 400 });
  });

  test("refuses a wrong type, a charset and an encoding it does not take", async () => {
    const host = await desk({ before });
    const good = await host.good(path);
    const status = isForm(path) ? 400 : 415;
    await host.refuses(path, good, { status, headers: { "Content-Type": "text/plain" } });
    const type = isForm(path) ? "application/x-www-form-urlencoded" : "application/json";
    await host.refuses(path, good, { status, headers: { "Content-Type": `${type}; charset=iso-8859-1` } });
    await host.refuses(path, gzipSync(good), { status, headers: { "Content-Encoding": "gzip" } });
  });

  test("refuses bodies over our limit and over the parser's limit with 413", async () => {
    const host = await desk({ before });
    const good = await host.good(path);
    const filled = (size: number) =>
      isForm(path) ? `${good}&x=${"a".repeat(size)}` : good.replace("{", `{${" ".repeat(size)}`);
    await host.refuses(path, filled(66_000), { status: 413 });
    await host.refuses(path, filled(10 * 1024 * 1024), { status: 413 });
    expect((await host.post(path, good)).status).toBe(200);
  });
});

describe.each(parsers.filter(([name]) => !name.includes("every type")))(
  "behind %s, forms",
  (_name, before) => {
    test.each(formEndpoints)("to %s refuse doubled, bracketed and dangerous names", async (path) => {
      const host = await desk({ before });
      const parameter = path === "/oauth2/token" ? "grant_type" : "token";
      for (const body of [
        `${parameter}=a&${parameter}=b`,
        `${parameter}[]=a&${parameter}[]=b`,
        `${parameter}[a]=b`,
        `__proto__[${parameter}]=a&constructor[prototype][${parameter}]=a`,
        `${Array.from({ length: 30 }, () => `${parameter}=a`).join("&")}`,
        Array.from({ length: 900 }, (_, index) => `f${index}=x`).join("&"),
      ])
        await host.refuses(path, body, { status: 400 });
      expect(({} as Record<string, unknown>)[parameter]).toBeUndefined();
    });
  },
);

test("a form of more than a thousand fields is refused whatever the host's parser makes of it", async () => {
  const fields = Array.from({ length: 1500 }, (_, index) => `f${index}=x`).join("&");
  for (const path of formEndpoints) {
    const host = await desk({ before: [express.urlencoded({ extended: true })] });
    await host.refuses(path, fields, { status: 413 });
    const plain = await desk();
    await plain.refuses(path, fields, { status: 400 });
  }
});

describe("the error handler", () => {
  test("leaves errors on the host's own paths to the host", async () => {
    const { app } = await stage({ before: [express.json()] });
    app.use(((error, _request, response, _next) => {
      response.status(error.status).json({ host: error.type });
    }) as express.ErrorRequestHandler);
    const { port } = await listening(app);
    const headers = { "Content-Type": "application/json" };
    const response = await rawRequest(port, { method: "POST", path: "/api/notes", headers, body: "{" });
    expect([response.status, JSON.parse(response.text)]).toEqual([400, { host: "entity.parse.failed" }]);
  });

  test("tells nothing of an unexpected error before us but a request id, which is in the log", async () => {
    const { agent, logs } = await stage({
      before: [(_request, _response, next) => next(new Error("secret detail"))],
    });
    const response = await agent.post("/agent/identity").send({ type: "anonymous" });
    expect([response.status, response.body.error]).toEqual([500, "server_error"]);
    expect(response.text).not.toContain("secret detail");
    expect(response.headers["cache-control"]).toBe("no-store");
    const logged = logs.find(({ message }) => message === "unexpected failure");
    expect(logged?.fields).toMatchObject({ requestId: response.body.request_id });
  });
});
