/** Choosing light or dark: a form that works without JavaScript, a cookie of this browser, and the way back. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { anonymousAgent, operatorHeader, type Stage, stage, Visitor } from "../support/stage.js";

let on: Stage;
let vera: Visitor;
beforeEach(async () => {
  on = await stage();
  vera = new Visitor(on, "viewer");
});
afterEach(() => on.close());

type Sent = Awaited<ReturnType<Visitor["post"]>>;
const cookiesOf = (reply: Sent): string[] => (reply.headers["set-cookie"] as unknown as string[]) ?? [];
const themeCookieOf = (reply: Sent) =>
  cookiesOf(reply).filter((line) => line.startsWith("agent-admin-theme="));
const choose = (theme: string, returnTo: string) => vera.post("/theme", { theme, return_to: returnTo });
const withTheme = (theme: string, path = "") =>
  on.agent
    .get(on.mount + path)
    .set(operatorHeader, "viewer")
    .set("Cookie", `agent-admin-theme=${theme}`);

describe("choosing a theme", () => {
  test("is a form on every page, for every role, that says which one is chosen", async () => {
    for (const path of ["", "/registrations?kind=anonymous", "/settings", "/registrations/reg_nobody"]) {
      const { text } = await vera.get(path);
      expect(text).toContain(`<form class="theme" method="post" action="${on.mount}/theme">`);
      expect(text).toContain(`name="return_to" value="${path === "" ? "/" : path}"`);
      expect(text).toContain('<html lang="en" data-theme="system">');
      expect(text).toMatch(/value="system" aria-pressed="true"/);
      expect(text.match(/aria-pressed="true"/g)).toHaveLength(1);
    }
  });

  test.each(["light", "dark"])("%s holds for this browser from then on, on every page", async (theme) => {
    const reply = await choose(theme, "/registrations?status=claimed&order=oldest");
    expect(reply.status).toBe(303);
    expect(reply.headers.location).toBe(`${on.mount}/registrations?status=claimed&order=oldest`);
    expect(themeCookieOf(reply)).toEqual([
      `agent-admin-theme=${theme}; Max-Age=31536000; Path=${on.mount}; HttpOnly; SameSite=Lax`,
    ]);
    for (const path of ["", "/audit", "/nope"]) {
      const { text, headers } = await withTheme(theme, path);
      expect(text).toContain(`<html lang="en" data-theme="${theme}">`);
      expect(text).toContain(`<meta name="color-scheme" content="${theme}">`);
      expect(text).toContain(`value="${theme}" aria-pressed="true"`);
      expect(headers["content-security-policy"]).toContain("default-src 'none'; style-src 'self'");
      expect(text).not.toMatch(/<script|<style|\sstyle=/i);
    }
    expect((await vera.get("")).text).toContain('data-theme="system"');
  });

  test("system forgets it", async () => {
    const reply = await choose("system", "/");
    expect(themeCookieOf(reply)).toEqual([
      `agent-admin-theme=system; Max-Age=0; Path=${on.mount}; HttpOnly; SameSite=Lax`,
    ]);
  });

  test("a message is said once: the way back leaves it out", async () => {
    const { id } = await anonymousAgent(on);
    const olga = new Visitor(on, "operator");
    const done = await olga.submit(`/registrations/${id}/suspend`, { reason: "x" });
    const { text } = await olga.get((done.headers.location as string).slice(on.mount.length));
    expect(text).toContain('role="status"');
    expect(text).toContain(`name="return_to" value="/registrations/${id}"`);
    const back = await choose("dark", `/registrations/${id}?message=suspended.1.x&after=abc`);
    expect(back.headers.location).toBe(`${on.mount}/registrations/${id}?after=abc`);
  });

  test("whoever is asked again by a form goes back to the page of that form", async () => {
    const { id } = await anonymousAgent(on);
    const olga = new Visitor(on, "operator");
    const asked = await olga.submit(`/registrations/${id}/suspend`, { reason: "" });
    expect(asked.status).toBe(422);
    expect(asked.text).toContain(`name="return_to" value="/registrations/${id}/suspend"`);
  });
});

describe("refusals set no cookie", () => {
  test.each([
    ["a foreign site", {}, { "Sec-Fetch-Site": "cross-site" }, 403],
    ["no token", { csrf: "" }, {}, 403],
    ["a token of another browser", { csrf: "1.aaaa" }, {}, 403],
    ["no theme", { theme: "" }, {}, 400],
    ["an unknown theme", { theme: "sepia" }, {}, 400],
    ["a name every object has", { theme: "constructor" }, {}, 400],
    ["a theme with a cookie in it", { theme: "dark; Domain=example.com" }, {}, 400],
  ])("%s", async (_what, fields, headers, status) => {
    const reply = await vera.post("/theme", { theme: "dark", return_to: "/", ...fields }, headers);
    expect(reply.status).toBe(status);
    expect(themeCookieOf(reply)).toEqual([]);
    expect(themeCookieOf(await choose("dark", "/"))).toHaveLength(1);
  });

  test("a stranger", async () => {
    const reply = await on.agent.post(`${on.mount}/theme`).type("form").send("theme=dark&return_to=/");
    expect(reply.status).toBe(403);
    expect(themeCookieOf(reply)).toEqual([]);
  });

  test("a GET", async () => {
    const reply = await vera.get("/theme?theme=dark");
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toBe("POST");
    expect(themeCookieOf(reply)).toEqual([]);
  });

  test("a cookie that somebody made up counts as none", async () => {
    for (const value of ["sepia", "constructor", "%22%3E%3Cscript%3E", "DARK", ""])
      expect((await withTheme(value)).text).toContain('data-theme="system"');
  });
});

describe("the way back", () => {
  const hostile = [
    "",
    "//evil.example",
    "//evil.example/registrations",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/registrations",
    "https:evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/.//evil.example",
    "/registrations/..//evil.example",
    "/registrations/../..",
    "/registrations/../../../other",
    "/registrations/%2e%2e/%2e%2e/%2e%2e/other",
    "/registrations/a/../../../other",
    "/registrations\r\nSet-Cookie: a=b",
    "/registrations%0d%0aSet-Cookie:a=b",
    "/registrations#//evil.example",
    "/nope",
    "/theme",
    "/providers/inspect",
    `/registrations?q=${"x".repeat(3000)}`,
    "\u202E/registrations",
    "/\u0000",
    "/registrations?next=//evil.example",
  ];

  test.each(hostile)("never leaves the dashboard: %j", async (returnTo) => {
    const { status, headers } = await choose("dark", returnTo);
    expect(status).toBe(303);
    const location = headers.location as string;
    expect(location).not.toMatch(/[\r\n\t\\]/);
    const origin = "https://notes.example";
    const followed = new URL(location, `${origin}${on.mount}/theme`);
    expect(followed.origin).toBe(origin);
    expect(followed.pathname === on.mount || followed.pathname.startsWith(`${on.mount}/`)).toBe(true);
    expect(Object.keys(headers)).not.toContain("a");
  });

  test("keeps what a page has in its address, letter by letter", async () => {
    const query = "name=%3D%22%3E%26%2B+%C3%A4&sort=last_used&before=WyJjcmVhdGVkIl0";
    const { headers } = await choose("dark", `/registrations?${query}`);
    const [path, back] = (headers.location as string).split("?");
    expect(path).toBe(`${on.mount}/registrations`);
    expect([...new URLSearchParams(back)]).toEqual([...new URLSearchParams(query)]);
  });

  test("is right wherever the dashboard is", async () => {
    await on.close();
    on = await stage({ mount: "/" });
    on.mount = "";
    vera = new Visitor(on, "viewer");
    const atRoot = await choose("dark", "//evil.example");
    expect(atRoot.headers.location).toBe("/");
    expect(themeCookieOf(atRoot)[0]).toContain("; Path=/; ");
    expect((await choose("dark", "/audit?type=claim.viewed")).headers.location).toBe(
      "/audit?type=claim.viewed",
    );
    await on.close();
    on = await stage({ mount: "/inner", admin: { basePath: "/outer/agents" } });
    vera = new Visitor(on, "viewer");
    const behindProxy = await choose("light", "/audit");
    expect(behindProxy.headers.location).toBe("/outer/agents/audit");
    expect(themeCookieOf(behindProxy)[0]).toContain("; Path=/outer/agents; ");
  });

  test("over https the cookie stays on https", async () => {
    on.app.set("trust proxy", 1);
    const secure = { "X-Forwarded-Proto": "https" };
    const page = await on.agent.get(`${on.mount}/audit`).set(operatorHeader, "viewer").set(secure);
    const [cookie = ""] = cookiesOf(page);
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const reply = await on.agent
      .post(`${on.mount}/theme`)
      .set(operatorHeader, "viewer")
      .set({ ...secure, Cookie: cookie.split(";")[0] ?? "", "Sec-Fetch-Site": "same-origin" })
      .type("form")
      .send({ theme: "dark", return_to: "/audit", csrf });
    expect(themeCookieOf(reply)[0]).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
  });
});
