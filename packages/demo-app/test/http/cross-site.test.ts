/** Owns the tests of the refusal of posts that come from other sites. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { Browser } from "../support/browser.js";
import { startDemo } from "../support/running-demo.js";

const evil = { from: "https://evil.example" };

describe("posts from other sites", () => {
  let demo: RunningDemo;
  let alice: Browser;
  beforeAll(async () => {
    demo = await startDemo();
  });
  beforeEach(async () => {
    alice = new Browser(demo.baseUrl);
    await alice.signIn("alice@example.com", "alice-demo");
  });
  afterAll(() => demo.close());

  it.each([
    "/login",
    "/logout",
    "/signup",
    "/verify",
    "/notes",
    "/notes/note_1/delete",
    "/agents/reg_1/revoke",
  ])("are refused on %s", async (path) => {
    const answer = await alice.submit(
      path,
      { email: "bob@example.com", password: "bob-demo", text: "x" },
      evil,
    );
    expect(answer.status).toBe(403);
    expect((await alice.get("/")).html).toContain("alice@example.com");
  });

  it("are refused by Origin alone, where a browser does not send Sec-Fetch-Site", async () => {
    for (const origin of ["https://evil.example", "null"]) {
      const body = new URLSearchParams({ text: "planted" });
      const answer = await alice.request("/notes", { method: "POST", body, headers: { Origin: origin } });
      expect(answer.status).toBe(403);
    }
    expect((await alice.get("/")).html).not.toContain("planted");
  });

  it("are refused by the API when the session is what they ride on", async () => {
    const written = await alice.request("/api/notes", {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "Sec-Fetch-Site": "cross-site",
        Origin: "https://evil.example",
      },
      body: JSON.stringify({ text: "planted" }),
    });
    expect(written.status).toBe(403);
    expect(JSON.parse(written.html)).toMatchObject({ error: "cross_site_request" });
    expect(JSON.parse((await alice.get("/api/notes")).html)).toEqual([]);
  });
});
