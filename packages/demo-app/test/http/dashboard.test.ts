/** Owns the tests of who gets into the operators' dashboard, and how far, by where the demo is. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { openAccounts } from "../../src/accounts.js";
import { openDatabase } from "../../src/database.js";
import type { RunningDemo } from "../../src/server.js";
import { Browser } from "../support/browser.js";
import { dashboard } from "../support/operator.js";
import { startDemo } from "../support/running-demo.js";

const operator = { email: "operator@example.com", password: "operator-demo" };

describe("the dashboard", () => {
  let demo: RunningDemo | undefined;
  afterEach(async () => {
    await demo?.close();
    demo = undefined;
  });

  it("is open to the seeded operator as admin on this computer", async () => {
    demo = await startDemo();
    const browser = new Browser(demo.baseUrl);
    await browser.signIn(operator.email, operator.password);
    for (const path of ["", "/incident", "/providers/add", "/workbench", "/keys/rotate"])
      expect((await browser.get(dashboard + path)).status).toBe(200);
  });

  it("lets the account with the printed password do less where others can reach the demo", async () => {
    demo = await startDemo({ BASE_URL: "https://notes.example.com" });
    const at = (path: string, init: RequestInit = {}) => {
      const headers = { ...(init.headers as object), "X-Forwarded-Proto": "https" };
      return fetch(`http://localhost:${demo?.port}${path}`, { ...init, headers, redirect: "manual" });
    };
    const body = new URLSearchParams(operator);
    const login = await at("/login", { method: "POST", body });
    const [cookie = ""] = login.headers.getSetCookie().map((line) => line.split(";")[0]);
    const status = async (path: string) =>
      (await at(dashboard + path, { headers: { Cookie: cookie as string } })).status;
    expect(await status("/registrations")).toBe(200);
    for (const path of ["/incident", "/providers/add", "/workbench", "/keys/rotate"])
      expect(await status(path)).toBe(403);
  });

  it("takes the address itself for nothing: an account made for it by others is no operator", async () => {
    const database = openDatabase(null);
    const accounts = openAccounts(database);
    const idempotencyKey = "key-1";
    const vouched = { email: operator.email, name: null, issuer: "https://idp.example", idempotencyKey };
    expect(accounts.create(vouched)).toMatchObject({ email: operator.email, isOperator: false });
    await accounts.signUp({ email: operator.email, password: "strangers-password", name: "Mallory" });
    expect(await accounts.signIn(operator.email, "strangers-password")).toMatchObject({ isOperator: false });
    database.close();
  });

  it("sends nobody anywhere but to the demo's own login", async () => {
    demo = await startDemo();
    const browser = new Browser(demo.baseUrl);
    const { status, location } = await browser.get(`${dashboard}//evil.example/registrations`);
    expect(status).toBe(303);
    expect(location).toMatch(/^\/login\?return_to=%2Fadmin%2Fagents/);
    const form = await browser.submit(`${dashboard}/keys/rotate`, { reason: "mine" });
    expect([form.status, form.location]).toEqual([403, null]);
    expect(form.html).toContain("You have been signed out");
  });
});
