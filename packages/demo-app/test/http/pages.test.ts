/** Owns the tests of pages, health, and requests nobody can read. */
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { call } from "../support/agent.js";
import { Browser } from "../support/browser.js";
import { startDemo } from "../support/running-demo.js";

describe("pages and health", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo.close());

  it("is healthy when it serves", async () => {
    expect(await call(`${demo.baseUrl}/healthz`)).toMatchObject({ status: 200, body: { ok: true } });
  });

  it("answers unknown addresses in the caller's language", async () => {
    expect(await call(`${demo.baseUrl}/api/unknown`)).toMatchObject({
      status: 404,
      body: { error: "not_found" },
    });
    const page = await new Browser(demo.baseUrl).get("/unknown");
    expect(page.status).toBe(404);
    expect(page.html).toContain("There is nothing here");
    const unreadable = await call(`${demo.baseUrl}/api/notes/%`, { method: "DELETE" });
    expect(unreadable).toMatchObject({ status: 400, body: { error: "invalid_request" } });
  });

  it.each(["/", "/login", "/signup", "/dev/outbox", "/unknown"])(
    "allows nothing foreign or inline on %s",
    async (path) => {
      const page = await new Browser(demo.baseUrl).get(path);
      const policy = page.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).toMatch(/script-src 'self'(;|$)/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(page.headers.get("referrer-policy")).toBe("same-origin");
      expect(page.html).not.toMatch(
        /<script(?![^>]*\ssrc=)|\sstyle=|\son\w+=|(src|href)="https?:\/\/(?!localhost)/,
      );
    },
  );

  it("leads people without JavaScript to the terminal", async () => {
    const { html } = await new Browser(demo.baseUrl).get("/");
    const [, inside = ""] = /<noscript>(.*?)<\/noscript>/s.exec(html) ?? [];
    expect(inside.match(/curl -/g)).toHaveLength(3);
    expect(inside).toContain(`${demo.baseUrl}/oauth2/token`);
  });

  it("lets people end only their own agents", async () => {
    const bob = new Browser(demo.baseUrl);
    expect(await bob.submit("/agents/reg_x/revoke", {})).toMatchObject({ status: 303, location: "/login" });
    await bob.signIn("bob@example.com", "bob-demo");
    expect((await bob.submit("/agents/reg_x/revoke", {})).status).toBe(404);
  });

  it.each([
    [
      "headers that are too large",
      `GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ${"x".repeat(20_000)}\r\n\r\n`,
      431,
    ],
    ["what is not HTTP", "nonsense\r\n\r\n", 400],
  ])("answers %s with JSON", async (_case, bytes, status) => {
    const text = await new Promise<string>((resolve, reject) => {
      let received = "";
      const socket = connect(demo.port, "127.0.0.1", () => socket.write(bytes));
      socket.on("data", (chunk) => {
        received += chunk;
      });
      socket.on("close", () => resolve(received));
      socket.on("error", reject);
    });
    expect(text).toContain(`HTTP/1.1 ${status} `);
    expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toHaveProperty("error");
  });
});
