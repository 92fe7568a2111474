/** The dashboard inside anybody's app: Express 4 and 5, any prefix, parsers before it, helmet, a proxy; and bad options. */
import { agentAdmin } from "@agent-auth/admin";
import { afterEach, describe, expect, test } from "@jest/globals";
import express from "express";
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

describe("strangers", () => {
  test("are sent to the login with the way back; their forms are not", async () => {
    on = await stage({ admin: { loginUrl: (to) => `https://login.example/?to=${encodeURIComponent(to)}` } });
    const page = await on.agent.get(`${on.mount}/audit?type=x`);
    expect(page.status).toBe(303);
    expect(page.headers.location).toBe("https://login.example/?to=%2Fadmin%2Fagents%2Faudit%3Ftype%3Dx");
    const form = await on.agent.post(`${on.mount}/keys/rotate`).type("form").send("reason=x");
    expect(form.status).toBe(403);
    expect(form.text).toContain("You have been signed out");
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
