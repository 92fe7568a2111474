/** Owns the tests of the pages that show captured mail, whatever is in it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { openDatabase } from "../../src/database.js";
import { type Mail, openOutbox } from "../../src/outbox.js";
import type { RunningDemo } from "../../src/server.js";
import { call } from "../support/agent.js";
import { Browser } from "../support/browser.js";
import { outbox } from "../support/mail.js";
import { startDemo } from "../support/running-demo.js";

describe("the outbox", () => {
  let folder: string;
  let demo: RunningDemo;
  let capture: (mail: Partial<Mail>) => void;
  const closing: (() => unknown)[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "agent-auth-demo-"));
    const path = join(folder, "demo.db");
    demo = await startDemo({ DATABASE_URL: `sqlite:${path}` });
    // Puts into the demo's table what no mail of ours has in it.
    const database = openDatabase(path);
    const open = openOutbox(database);
    capture = (mail) =>
      open.deliver({ to: "alice@example.com", subject: "Hello", text: "Text", html: "<p>Text</p>", ...mail });
    closing.push(() => database.close());
  });
  afterAll(async () => {
    for (const close of closing) close();
    await demo.close();
    await rm(folder, { recursive: true, force: true });
  });

  const page = async () => (await new Browser(demo.baseUrl).get("/dev/outbox")).html;
  const frames = (html: string) =>
    [...html.matchAll(/<iframe[^>]* src="([^"]+)"/g)].map(([, src = ""]) => src);

  it("says what will be there", async () => {
    expect(await page()).toContain("No mail yet");
    expect(await outbox(demo.baseUrl)).toEqual([]);
  });

  it("lists mail newest last as JSON, newest first for people, with nothing else in it", async () => {
    capture({ subject: "First" });
    capture({ subject: "Second", to: "bob@example.com", html: "<p>Hi</p>", text: "Hi" });
    const mails = await outbox(demo.baseUrl);
    expect(mails.map(({ subject }) => subject)).toEqual(["First", "Second"]);
    expect(mails[1]).toEqual({ to: "bob@example.com", subject: "Second", text: "Hi", html: "<p>Hi</p>" });
    const html = await page();
    expect(html.indexOf("Second")).toBeLessThan(html.indexOf("First"));
    expect(html.indexOf(">Second</h2>")).toBeLessThan(html.indexOf("Plain text of: Second"));
  });

  it("shows a hostile mail as text, and its HTML where it can do nothing", async () => {
    const hostile = `"><script>alert(1)</script><img src=x onerror="alert(2)">`;
    capture({ to: hostile, subject: hostile, text: `</pre>${hostile}`, html: hostile });
    const html = await page();
    expect(html).not.toContain("<script>alert");
    expect(html).not.toContain("<img src=x");
    const newest = (await outbox(demo.baseUrl)).at(-1);
    expect(newest).toMatchObject({ to: hostile, subject: hostile, html: hostile });

    const [frame = ""] = frames(html);
    expect(html).toContain(
      'sandbox="allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"',
    );
    const rendered = await new Browser(demo.baseUrl).get(frame);
    expect(rendered.status).toBe(200);
    expect(rendered.headers.get("content-type")).toContain("text/html");
    expect(rendered.headers.get("cache-control")).toBe("no-store");
    const policy = rendered.headers.get("content-security-policy") ?? "";
    expect(policy.split(";")).toEqual([
      "default-src 'none'",
      "style-src 'unsafe-inline'",
      "img-src data:",
      "form-action 'none'",
      "frame-ancestors 'self'",
      "base-uri 'none'",
      "sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation",
    ]);
  });

  it("allows inline styles in mail only, and mail in frames only", async () => {
    const { headers } = await new Browser(demo.baseUrl).get("/dev/outbox");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).not.toContain("unsafe-inline");
    expect(policy).toContain("frame-src 'self'");
    const home = await new Browser(demo.baseUrl).get("/");
    expect(home.headers.get("content-security-policy")).not.toMatch(/unsafe-inline|frame-src/);
  });

  it("keeps the document of a mail as it is, and makes its links lead the whole window", async () => {
    const document = '<!doctype html>\n<html lang="en"><head><title>T</title></head><body></body></html>';
    capture({ html: document });
    const [frame = ""] = frames(await page());
    const { html } = await new Browser(demo.baseUrl).get(frame);
    expect(html).toBe(document.replace("<!doctype html>", '<!doctype html><base target="_top">'));
  });

  it.each(["999999", "0", "-1", "1e3", "x", "9".repeat(30)])("has no mail %s", async (number) => {
    expect((await new Browser(demo.baseUrl).get(`/dev/outbox/${number}/html`)).status).toBe(404);
  });

  it("keeps the last 200", async () => {
    for (let count = 1; count <= 201; count += 1) capture({ subject: `Number ${count}` });
    const mails = await outbox(demo.baseUrl);
    expect(mails).toHaveLength(200);
    expect(mails.at(0)?.subject).toBe("Number 2");
    expect(mails.at(-1)?.subject).toBe("Number 201");
  });

  it("answers nobody who would change something", async () => {
    for (const path of ["/dev/outbox", "/dev/outbox.json", "/dev/outbox/1/html"])
      expect((await call(demo.baseUrl + path, { method: "POST" })).status).toBe(404);
  });
});
