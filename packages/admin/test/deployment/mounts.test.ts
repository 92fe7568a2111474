/** The dashboard inside anybody's app: Express 4 and 5, any prefix, parsers before it, helmet, a proxy; and bad options. */
import { agentAdmin } from "@agent-auth/admin";
import { afterEach, describe, expect, test } from "@jest/globals";
import express, { type Request } from "express";
import express4 from "express4";
import helmet from "helmet";
import {
  anonymousAgent,
  callApi,
  operatorHeader,
  type Stage,
  type StageOptions,
  stage,
  Visitor,
} from "../support/stage.js";

let on: Stage;
afterEach(() => on.close());

const setups: [string, StageOptions][] = [
  ["Express 5", {}],
  ["Express 4", { create: express4 }],
  ["a deep prefix", { mount: "/a/b/c" }],
  ["the root", { mount: "/" }],
  ["after express.urlencoded", { before: [express.json(), express.urlencoded({ extended: true })] }],
  [
    "after express.urlencoded of Express 4",
    { create: express4, before: [express4.urlencoded({ extended: false })] },
  ],
  ["after express.text of everything", { before: [express.text({ type: () => true })] }],
  ["after express.raw of forms", { before: [express.raw({ type: "application/x-www-form-urlencoded" })] }],
  ["with helmet", { before: [helmet()] }],
];

test.each(setups)("works with %s", async (_name, options) => {
  on = await stage(options);
  if (on.mount === "/") on.mount = "";
  const { id, token } = await anonymousAgent(on);
  const olga = new Visitor(on, "operator");
  const list = await olga.get("/registrations");
  expect(list.status).toBe(200);
  expect(list.headers["content-security-policy"]).toContain("default-src 'none'");
  for (const [, address] of list.text.matchAll(/(?:href|action)="(\/[^"]*)"/g))
    expect(address?.startsWith(`${on.mount}/`) || address === on.mount).toBe(true);
  const css = /<link rel="stylesheet" href="([^"]+)"/.exec(list.text)?.[1] as string;
  const stylesheet = await on.agent.get(css);
  expect(stylesheet.headers["content-type"]).toBe("text/css; charset=utf-8");
  expect(stylesheet.headers["cache-control"]).toContain("immutable");
  const done = await olga.submit(`/registrations/${id}/revoke`, { reason: "x" });
  expect(done.status).toBe(303);
  expect(done.headers.location?.startsWith(`${on.mount}/registrations/${id}?message=`)).toBe(true);
  expect((await callApi(on, token)).status).toBe(401);
  expect(on.failures).toEqual([]);
});

test("mounted at the root, what is not the dashboard's is the host's", async () => {
  on = await stage({ mount: "/" });
  const reply = await on.agent.get("/something-else").set(operatorHeader, "admin");
  expect(reply.status).toBe(404);
  expect(reply.text).not.toContain("There is no such page");
});

test("basePath makes the links when a proxy strips a prefix", async () => {
  on = await stage({ mount: "/inner", admin: { basePath: "/outer/agents" } });
  const { text } = await new Visitor(on, "viewer").get("/");
  expect(text).toContain('href="/outer/agents/registrations"');
  expect(text).not.toContain("/inner");
});

test("over https behind a trusted proxy the cookie is of this host alone", async () => {
  on = await stage();
  on.app.set("trust proxy", 1);
  const reply = await on.agent.get(on.mount).set(operatorHeader, "viewer").set("X-Forwarded-Proto", "https");
  expect(reply.headers["set-cookie"]?.[0]).toMatch(
    /^__Host-agent-admin=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
  );
  expect(reply.headers["strict-transport-security"]).toContain("max-age");
});

test("mounted under a prefix with a parameter, whatever characters it has", async () => {
  on = await stage({ mount: "/:tenant/admin" });
  on.mount = "/x;y/admin";
  const olga = new Visitor(on, "operator");
  const { id, token } = await anonymousAgent(on);
  expect((await olga.submit(`/registrations/${id}/revoke`, { reason: "x" })).status).toBe(303);
  expect((await callApi(on, token)).status).toBe(401);
  expect(on.failures).toEqual([]);
});

describe("strangers", () => {
  test.each([false, "", 0, undefined, null])("are those for whom authorize returns %p", async (nothing) => {
    on = await stage({ admin: { authorize: () => nothing as never } });
    expect((await on.agent.get(on.mount)).status).toBe(403);
    expect(on.failures).toEqual([]);
  });

  test("come back to the path their browser knows, when a proxy strips a prefix", async () => {
    const loginUrl = (returnTo: string) => `/login?to=${encodeURIComponent(returnTo)}`;
    on = await stage({ mount: "/inner", admin: { basePath: "/outer/agents", loginUrl } });
    const reply = await on.agent.get("/inner/audit?type=key.rotated&after=1");
    expect(reply.headers.location).toBe(loginUrl("/outer/agents/audit?type=key.rotated&after=1"));
  });

  test("are sent to the login with the way back; their forms are not", async () => {
    on = await stage({ admin: { loginUrl: (to) => `https://login.example/?to=${encodeURIComponent(to)}` } });
    const page = await on.agent.get(`${on.mount}/audit?type=x`);
    expect(page.status).toBe(303);
    expect(page.headers.location).toBe("https://login.example/?to=%2Fadmin%2Fagents%2Faudit%3Ftype%3Dx");
    const form = await on.agent.post(`${on.mount}/keys/rotate`).type("form").send("reason=x");
    expect(form.status).toBe(403);
    expect(form.text).toContain("You have been signed out");
  });

  test("who are signed in at the host and no operators are told so, by a page and without a way round", async () => {
    const isSignedIn = (request: Request) => request.get("x-test-person") !== undefined;
    on = await stage({ admin: { loginUrl: (_to, request) => (isSignedIn(request) ? null : "/login") } });
    expect((await on.agent.get(`${on.mount}/audit`)).status).toBe(303);
    const page = await on.agent.get(`${on.mount}/audit`).set("x-test-person", "alice");
    expect(page.status).toBe(403);
    expect(page.headers.location).toBeUndefined();
    expect(page.headers["cache-control"]).toBe("no-store");
    expect(page.text).toContain("This dashboard is not open to you");
    const form = await on.agent.post(`${on.mount}/keys/rotate`).set("x-test-person", "alice").type("form");
    expect(form.status).toBe(403);
    expect(form.text).toContain("This dashboard is not open to you");
    expect((await on.auth.admin.listKeys()).length).toBe(1);
  });
});

describe("options", () => {
  test("without authorize it does not start", async () => {
    on = await stage();
    expect(() => agentAdmin(on.auth, {} as never)).toThrow(/authorize: has to be given/);
    expect(() => agentAdmin(on.auth, undefined as never)).toThrow(/authorize/);
  });

  test("every problem is named at once", async () => {
    on = await stage();
    const bad = { authorise: 1, basePath: "admin", theme: { stylesheetUrl: "//evil.example/x.css" } };
    expect(() => agentAdmin(on.auth, bad as never)).toThrow(
      /authorise.*authorize.*basePath.*theme\.stylesheetUrl/,
    );
  });
});
