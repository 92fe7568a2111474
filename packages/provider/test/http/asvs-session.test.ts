/** OWASP ASVS 5.0 on the provider's session and the way back from its sign-in (WEB-06, 07, 08, 13). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Response } from "supertest";
import { signIn, submit, type World, world } from "../support/world.js";

let stage: World;
beforeEach(async () => {
  stage = await world();
});
afterEach(() => stage.close());

const cookiesOf = ({ headers }: Response) => [headers["set-cookie"] ?? []].flat();
const tokenOf = (cookie = "") => /^[^=]+=([^;]*)/.exec(cookie)?.[1] ?? "";
const isSignedIn = async (cookie: string) =>
  (await stage.agent.get("/delegations").set("Cookie", cookie.split(";")[0] as string)).status === 200;

describe("the session", () => {
  test("WEB-06 cookie: HttpOnly, SameSite, no Domain; Secure on https", async () => {
    const [cookie] = cookiesOf(await signIn(stage));
    expect(cookie).toMatch(/; HttpOnly; SameSite=Lax$/);
    expect(cookie).not.toMatch(/; Domain/i);
    await stage.close();
    stage = await world({ issuer: "https://localhost:4000" });
    const page = await stage.agent.get("/sign-in");
    expect(cookiesOf(page)[0]).toMatch(/; Secure/);
    expect(page.headers["strict-transport-security"]).toBe("max-age=31536000");
  });

  test("WEB-07, WEB-08 is new at every sign-in, 128 bits or more, and dead when replaced, ended, unused or old", async () => {
    const planted = cookiesOf(await stage.browser.get("/sign-in"))[0] as string;
    const first = cookiesOf(await signIn(stage))[0] as string;
    const second = cookiesOf(await signIn(stage, "bob"))[0] as string;
    const values = [planted, first, second].map(tokenOf);
    expect(new Set(values).size).toBe(3);
    for (const value of values) expect(Buffer.from(value, "base64url").length).toBeGreaterThanOrEqual(16);
    expect(await Promise.all([planted, first, second].map(isSignedIn))).toEqual([false, false, true]);
    await submit(stage, "/sign-out", "/sign-out", {});
    expect(await isSignedIn(second)).toBe(false);
    // Used every half hour it lasts eight hours; unused, one.
    const used = cookiesOf(await signIn(stage))[0] as string;
    for (let half = 1; half < 16; half += 1) {
      stage.clock.advance(1800);
      expect([half, await isSignedIn(used)]).toEqual([half, true]);
    }
    stage.clock.advance(1800);
    expect(await isSignedIn(used)).toBe(false);
    const unused = cookiesOf(await signIn(stage))[0] as string;
    stage.clock.advance(3600);
    expect(await isSignedIn(unused)).toBe(false);
  });

  test.each([
    "//evil.example",
    "/\\evil.example",
    "/%5Cevil.example/..//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https:evil.example",
    "https://evil.example",
    "javascript:alert(1)",
    "/.//evil.example",
    "///evil.example",
    "\\\\evil.example",
    " //evil.example",
  ])("WEB-13 never leads to another origin after signing in: %j", async (target) => {
    const response = await signIn(stage, "alice", target);
    const location = response.headers.location as string;
    expect([response.status, new URL(location, "http://provider.localhost:4000").origin]).toEqual([
      303,
      "http://provider.localhost:4000",
    ]);
    expect(location).toMatch(/^\/(?![/\\])/);
  });
});
