/** The product of what hosts differ in most: the Express version, where we are mounted, and who parses bodies when. */

import type { AgentAuth } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import express, { type Express, type RequestHandler } from "express";
import express4 from "express4";
import { openHost } from "./host.js";
import { discover, send, walk, walked } from "./walk.js";

type Create = typeof express;
const versions: [string, Create][] = [
  ["Express 4", express4],
  ["Express 5", express],
];

interface Mount {
  path: string;
  mount: (app: Express, auth: AgentAuth) => void;
}
const atRoot: Mount["mount"] = (app, auth) => app.use(auth);
const mounts: Record<string, Mount> = {
  "at the root": { path: "", mount: atRoot },
  "at the root, the issuer with a path": { path: "/tenants/one", mount: atRoot },
  "under a prefix, wellKnown at the root": {
    path: "/agents",
    mount: (app, auth) => app.use(auth.wellKnown).use("/agents", auth),
  },
};

const malformed = '{"a":';
const parsers: Record<string, { of: (create: Create) => RequestHandler[]; own: [number, object] }> = {
  "express.json()": {
    of: (create) => [create.json()],
    own: [400, { host: "failed", type: "entity.parse.failed" }],
  },
  'express.text({ type: "*/*" })': {
    of: (create) => [create.text({ type: "*/*" })],
    own: [200, { host: "echo", body: malformed }],
  },
  'express.raw({ type: "*/*" })': {
    of: (create) => [create.raw({ type: "*/*" })],
    own: [200, { host: "echo", body: malformed }],
  },
  "express.urlencoded()": {
    of: (create) => [create.urlencoded({ extended: true })],
    own: [200, { host: "echo", body: null }],
  },
};
const places = Object.entries(parsers).flatMap(([name, { of, own }]) => [
  { parsing: `before ${name}`, own, before: (): RequestHandler[] => [], after: of },
  { parsing: `after ${name}`, own, before: of, after: (): RequestHandler[] => [] },
]);
const cells = versions.flatMap(([version, create]) =>
  Object.entries(mounts).flatMap(([mounted, mount]) =>
    places.map(({ parsing, own, before, after }) => ({
      cell: `${version}, ${mounted}, ${parsing}`,
      shape: { create, ...mount, before: before(create), after: after(create) },
      own,
    })),
  ),
);

describe.each(cells)("$cell", ({ shape, own }) => {
  test("carries the whole journey", async () => {
    const host = await openHost(shape);
    expect(await walk(host)).toEqual(walked);
    expect([host.failures, host.warnings]).toEqual([[], []]);
  });

  test("refuses a malformed body in our shape, and leaves the host's to the host", async () => {
    const host = await openHost(shape);
    const headers = { "Content-Type": "application/json" };
    const { identity, token } = await discover(host);
    const ours = await send(host, "POST", identity, { headers, body: malformed });
    expect([ours.status, ours.headers["content-type"]]).toEqual([400, "application/json; charset=utf-8"]);
    expect([ours.headers["cache-control"], JSON.parse(ours.text)]).toEqual([
      "no-store",
      expect.objectContaining({ error: "invalid_request", code: "invalid_request" }),
    ]);
    const oauth = await send(host, "POST", token, { headers, body: malformed });
    expect([oauth.status, Object.keys(JSON.parse(oauth.text))]).toEqual([
      400,
      ["error", "error_description"],
    ]);
    const theirs = await send(host, "POST", "/own", { headers, body: malformed });
    expect([theirs.status, JSON.parse(theirs.text)]).toEqual(own);
  });
});
