/** Owns the tests of signing in and out: return_to, fixation, throttle. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { sessionCookieName } from "../../src/sessions.js";
import { Browser, fieldValue } from "../support/browser.js";
import { startDemo } from "../support/running-demo.js";

describe("login", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo.close());
  const browser = () => new Browser(demo.baseUrl);

  it("signs in with a form and goes where the person was going", async () => {
    const alice = browser();
    const form = await alice.get("/login?return_to=%2Fdev%2Foutbox%3Fa%3D1");
    expect(fieldValue(form.html, "return_to")).toBe("/dev/outbox?a=1");
    const answer = await alice.signIn("  Alice@Example.com ", "alice-demo", "/dev/outbox?a=1");
    expect(answer).toMatchObject({ status: 303, location: "/dev/outbox?a=1" });
    expect((await alice.get("/")).html).toContain("alice@example.com");
  });

  it("sets a cookie that scripts and other sites cannot use", async () => {
    const answer = await browser().signIn("alice@example.com", "alice-demo");
    const [cookie = ""] = answer.headers.getSetCookie();
    expect(cookie).toMatch(/^demo_session=/);
    expect(cookie).toContain("HttpOnly");
    expect(cookie).toContain("SameSite=Lax");
    expect(cookie).not.toContain("Secure");
  });

  it.each([
    ["another password", "alice@example.com", "wrong"],
    ["an unknown address", "nobody@example.com", "alice-demo"],
    ["empty fields", "", ""],
  ])("answers %s with the form again and no hint at what was wrong", async (_case, email, password) => {
    const page = await browser().signIn(email, password, "/dev/outbox");
    expect(page.status).toBe(401);
    expect(page.html).toContain("E-mail address and password do not match an account.");
    expect(fieldValue(page.html, "return_to")).toBe("/dev/outbox");
    expect(page.headers.getSetCookie()).toEqual([]);
  });

  it.each([
    "//evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "https:evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/\t/evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "evil.example",
    "",
  ])("does not follow return_to %j", async (returnTo) => {
    const answer = await browser().signIn("alice@example.com", "alice-demo", returnTo);
    expect(answer).toMatchObject({ status: 303, location: "/" });
    const form = await browser().get(`/login?return_to=${encodeURIComponent(returnTo)}`);
    expect(fieldValue(form.html, "return_to")).toBe("/");
  });

  it("keeps an encoded backslash what it is, a path of this origin", async () => {
    const { location } = await browser().signIn("alice@example.com", "alice-demo", "/%5Cevil.example");
    expect(new URL(location ?? "", demo.baseUrl).origin).toBe(demo.baseUrl);
  });

  it("changes the session id when somebody signs in", async () => {
    const victim = browser();
    await victim.signIn("bob@example.com", "bob-demo");
    const planted = victim.cookies.get(sessionCookieName);
    await victim.signIn("alice@example.com", "alice-demo");
    expect(victim.cookies.get(sessionCookieName)).not.toBe(planted);

    const attacker = browser();
    attacker.cookies.set(sessionCookieName, planted ?? "");
    expect((await attacker.get("/")).html).not.toContain("Sign out");
  });

  it("starts no session for visitors", async () => {
    expect((await browser().get("/")).headers.getSetCookie()).toEqual([]);
  });

  it("shows the form to people who are signed in, to switch the account", async () => {
    const alice = browser();
    await alice.signIn("alice@example.com", "alice-demo");
    const page = await alice.get("/login?return_to=%2F");
    expect(page.status).toBe(200);
    expect(page.html).toContain("Signing in below switches the account");
  });

  it("ends the session on the server at logout", async () => {
    const alice = browser();
    await alice.signIn("alice@example.com", "alice-demo");
    const cookie = alice.cookies.get(sessionCookieName) ?? "";
    expect(await alice.submit("/logout", {})).toMatchObject({ status: 303, location: "/" });
    alice.cookies.set(sessionCookieName, cookie);
    expect((await alice.get("/")).html).not.toContain("Sign out");
  });

  it("stops guessing after ten wrong passwords, for the right one too", async () => {
    for (let tries = 0; tries < 10; tries += 1)
      expect((await browser().signIn("operator@example.com", "guess")).status).toBe(401);
    const answer = await browser().signIn("operator@example.com", "operator-demo");
    expect(answer.status).toBe(429);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await browser().signIn("bob@example.com", "bob-demo")).status).toBe(303);
  });
});
