/** `/sign-in`, `/sign-out` and the session between them. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { hiddenFields, signIn, submit, type World, world } from "../support/world.js";

let stage: World;
beforeEach(async () => {
  stage = await world();
});
afterEach(() => stage.close());

const cookieOf = (response: { headers: Record<string, unknown> }) =>
  String((response.headers["set-cookie"] as string[] | undefined)?.[0] ?? "");
const tokenOf = (cookie: string) => /^agent_provider_session=([^;]*)/.exec(cookie)?.[1] ?? "";
const isSignedIn = async () => (await stage.browser.get("/delegations")).status === 200;

describe("POST /sign-in", () => {
  test("signs a person in with a cookie scripts cannot read", async () => {
    const response = await signIn(stage);
    expect([response.status, response.headers.location]).toEqual([303, "/delegations"]);
    expect(cookieOf(response)).toMatch(
      /^agent_provider_session=[A-Za-z0-9_-]{32}; Max-Age=28800; Path=\/; HttpOnly; SameSite=Lax$/,
    );
    expect(await isSignedIn()).toBe(true);
  });

  test("marks the cookie Secure on https", async () => {
    await stage.close();
    stage = await world({ issuer: "https://localhost:4000" });
    const page = await stage.agent.get("/sign-in");
    expect(cookieOf(page)).toMatch(/; Secure/);
    expect(page.headers["strict-transport-security"]).toMatch(/max-age=31536000/);
  });

  test.each([
    ["a wrong password", "alice@example.com", "bob-demo"],
    ["an empty password", "alice@example.com", ""],
    ["an unknown address", "nobody@example.com", "alice-demo"],
    ["an unknown address without a password", "nobody@example.com", ""],
  ])("refuses %s in the same words, and keeps the address", async (_name, email, password) => {
    const response = await submit(stage, "/sign-in?return_to=/device", "/sign-in", { email, password });
    expect(response.status).toBe(401);
    expect(response.text).toContain("do not belong together");
    expect(response.text).toContain(`value="${email}"`);
    expect(hiddenFields(response.text, "/sign-in").return_to).toBe("/device");
    expect(await isSignedIn()).toBe(false);
  });

  test("stops after ten wrong passwords, for the right one too, until the window is over", async () => {
    const wrong = () =>
      submit(stage, "/sign-in", "/sign-in", { email: "alice@example.com", password: "wrong" });
    for (let tries = 0; tries < 10; tries += 1) expect((await wrong()).status).toBe(401);
    expect((await wrong()).status).toBe(429);
    expect((await signIn(stage)).status).toBe(429);
    expect((await signIn(stage, "bob")).status).toBe(303);
    stage.clock.advance(601);
    expect((await signIn(stage)).status).toBe(303);
  });

  test("makes a new session, so that a planted cookie is worth nothing", async () => {
    const planted = tokenOf(cookieOf(await stage.agent.get("/sign-in")));
    const withCookie = (path: string) =>
      stage.agent.get(path).set("Cookie", `agent_provider_session=${planted}`);
    const page = await withCookie("/sign-in");
    const response = await stage.agent
      .post("/sign-in")
      .set("Cookie", `agent_provider_session=${planted}`)
      .type("form")
      .send({ ...hiddenFields(page.text, "/sign-in"), email: "alice@example.com", password: "alice-demo" });
    expect(response.status).toBe(303);
    expect(tokenOf(cookieOf(response))).not.toBe(planted);
    expect((await withCookie("/delegations")).status).toBe(302);
  });

  test("ends the session it replaces", async () => {
    const old = tokenOf(cookieOf(await signIn(stage)));
    await signIn(stage, "bob");
    const response = await stage.agent.get("/delegations").set("Cookie", `agent_provider_session=${old}`);
    expect(response.status).toBe(302);
  });

  test.each([
    ["/consent?audience=https%3A%2F%2Fnotes.example", "/consent?audience=https%3A%2F%2Fnotes.example"],
    ["/device", "/device"],
    ["//evil.example", "/delegations"],
    ["/\\evil.example", "/delegations"],
    ["/\t/evil.example", "/delegations"],
    ["/.//evil.example", "/delegations"],
    ["https://evil.example/", "/delegations"],
    ["https:evil.example", "/delegations"],
    ["javascript:alert(1)", "/delegations"],
    ["", "/delegations"],
    [`/${"a".repeat(3000)}`, "/delegations"],
  ])("goes from %s to %s", async (returnTo, location) => {
    const response = await signIn(stage, "alice", returnTo);
    expect(response.headers.location).toBe(location);
    // The field is as little to be trusted as the link.
    const posted = await submit(stage, "/sign-in", "/sign-in", {
      return_to: returnTo,
      email: "alice@example.com",
      password: "alice-demo",
    });
    expect(posted.headers.location).toBe(location);
  });
});

describe("forms", () => {
  test.each([
    ["from another site", { "Sec-Fetch-Site": "cross-site" }, {}, 403],
    ["from a sister site", { "Sec-Fetch-Site": "same-site" }, {}, 403],
    ["with a foreign Origin", { Origin: "https://evil.example" }, {}, 403],
    ["without a token", {}, { csrf: "" }, 403],
    ["with a made-up token", {}, { csrf: `9999999999.${"A".repeat(43)}` }, 403],
  ])("%s change nothing", async (_name, headers, fields, status) => {
    await signIn(stage);
    const page = await stage.browser.get("/sign-out");
    const response = await stage.browser
      .post("/sign-out")
      .set(headers)
      .type("form")
      .send({ ...hiddenFields(page.text, "/sign-out"), ...fields });
    expect(response.status).toBe(status);
    expect(await isSignedIn()).toBe(true);
  });

  test("do not take the token of another browser, or an old one", async () => {
    await signIn(stage);
    const other = await stage.agent.get("/sign-in");
    const { csrf } = hiddenFields(other.text, "/sign-in");
    const foreign = await submit(stage, "/sign-out", "/sign-out", { csrf: csrf ?? "" });
    expect(foreign.status).toBe(403);
    const page = await stage.browser.get("/sign-out");
    stage.clock.advance(3600);
    await signIn(stage);
    const late = await stage.browser
      .post("/sign-out")
      .type("form")
      .send(hiddenFields(page.text, "/sign-out"));
    expect(late.status).toBe(403);
  });
});

describe("a session", () => {
  test("ends when it is idle, and when it is old", async () => {
    await signIn(stage);
    stage.clock.advance(3599);
    expect(await isSignedIn()).toBe(true);
    stage.clock.advance(3600);
    expect(await isSignedIn()).toBe(false);
    await signIn(stage);
    for (let hours = 0; hours < 16; hours += 1) {
      stage.clock.advance(1800);
      expect(await isSignedIn()).toBe(hours < 15);
    }
  });

  test("ends on the server when the person signs out", async () => {
    const cookie = tokenOf(cookieOf(await signIn(stage)));
    expect((await stage.browser.get("/sign-out")).status).toBe(200);
    expect(await isSignedIn()).toBe(true);
    const response = await submit(stage, "/sign-out", "/sign-out", {});
    expect(response.text).toContain("You are signed out");
    expect(cookieOf(response)).toMatch(/Max-Age=0/);
    const again = await stage.agent.get("/delegations").set("Cookie", `agent_provider_session=${cookie}`);
    expect(again.status).toBe(302);
  });
});

test("every page has the headers that keep it private and unframed", async () => {
  await signIn(stage);
  for (const path of ["/sign-in", "/device", "/delegations", "/sign-out", "/consent?audience=x"]) {
    const { headers } = await stage.browser.get(path);
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["referrer-policy"]).toBe("same-origin");
  }
});

test("passwords of well-known accounts are shown, those of yours are not", async () => {
  expect((await stage.agent.get("/sign-in")).text).toContain("carol-demo");
  await stage.close();
  stage = await world({
    users: [{ id: "u1", email: "dora@example.com", password: "a long password", name: "Dora" }],
  });
  expect((await stage.agent.get("/sign-in")).text).not.toContain("dora");
});
