/** Owns the tests of the notes API: who sees, writes and deletes what. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, call, grants, postJson } from "../support/agent.js";
import { approve } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { startDemo } from "../support/running-demo.js";

describe("the notes API", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo.close());

  async function claimedAgent(email: string, password: string) {
    const agent = await AgentClient.discover(demo.baseUrl);
    const { body } = await agent.register({ type: "service_auth", login_hint: email });
    await approve(new Browser(demo.baseUrl), body.claim, { email, password });
    await agent.getToken({ grant_type: grants.claim, claim_token: body.claim_token });
    return agent;
  }

  it("answers strangers with 401 and the challenge", async () => {
    for (const method of ["GET", "POST", "DELETE"]) {
      const path = method === "DELETE" ? "/api/notes/note_1" : "/api/notes";
      const answer = await call(demo.baseUrl + path, { method });
      expect(answer.status).toBe(401);
      expect(answer.challenge).toBe(
        `Bearer resource_metadata="${demo.baseUrl}/.well-known/oauth-protected-resource"`,
      );
      expect(answer.body.error).toBe("authentication_required");
    }
  });

  it("keeps notes apart: other people's are invisible and cannot be deleted", async () => {
    const alices = await claimedAgent("alice@example.com", "alice-demo");
    const bobs = await claimedAgent("bob@example.com", "bob-demo");
    const { body: note } = await alices.writeNote("Alice's own");

    expect((await bobs.readNotes()).body).toEqual([]);
    const stolen = await bobs.deleteNote(note.id);
    const unknown = await bobs.deleteNote("note_unknown");
    expect(stolen).toMatchObject({ status: 404 });
    expect(stolen.body).toEqual(unknown.body);
    expect((await alices.readNotes()).body).toEqual([note]);

    expect((await alices.deleteNote(note.id)).status).toBe(204);
    expect((await alices.readNotes()).body).toEqual([]);
  });

  it("lets a person with a session read, write and delete", async () => {
    const bob = new Browser(demo.baseUrl);
    await bob.signIn("bob@example.com", "bob-demo");
    const written = await bob.request("/api/notes", {
      method: "POST",
      headers: { "Content-Type": "application/json", "Sec-Fetch-Site": "same-origin" },
      body: JSON.stringify({ text: "By hand" }),
    });
    expect(written.status).toBe(201);
    const note = JSON.parse(written.html);
    expect(Object.keys(note).sort()).toEqual(["createdAt", "id", "registrationId", "text"]);
    expect(note.registrationId).toBeNull();
    expect(new Date(note.createdAt).toISOString()).toBe(note.createdAt);
    expect(JSON.parse((await bob.get("/api/notes")).html)).toEqual([note]);
    expect((await bob.request(`/api/notes/${note.id}`, { method: "DELETE" })).status).toBe(204);
  });

  it("refuses what is no note, as JSON, and stores nothing", async () => {
    const agent = await claimedAgent("alice@example.com", "alice-demo");
    const headers = { Authorization: `Bearer ${agent.token}` };
    for (const body of [{}, { text: "" }, { text: "  " }, { text: 7 }, { text: "x".repeat(2001) }, []]) {
      expect(await postJson(agent.api, body, headers)).toMatchObject({
        status: 400,
        body: { error: "invalid_request" },
      });
    }
    const json = { ...headers, "Content-Type": "application/json" };
    const post = (body: string, type = json) => call(agent.api, { method: "POST", headers: type, body });
    expect(await post("{")).toMatchObject({ status: 400, body: { error: "invalid_request" } });
    expect(await post("null")).toMatchObject({ status: 400, body: { error: "invalid_request" } });
    expect(await post(`{"text":"${"x".repeat(17_000)}"}`)).toMatchObject({ status: 413 });
    expect(await post("text=x", { ...headers, "Content-Type": "text/plain" })).toMatchObject({ status: 415 });
    expect((await agent.readNotes()).body).toEqual([]);

    expect((await agent.writeNote("x".repeat(2000))).status).toBe(201);
  });

  it("refuses a bad token even where a session is present", async () => {
    const bob = new Browser(demo.baseUrl);
    await bob.signIn("bob@example.com", "bob-demo");
    const agent = await claimedAgent("bob@example.com", "bob-demo");
    const { token } = agent;
    await agent.revoke();
    const answer = await bob.request("/api/notes", { headers: { Authorization: `Bearer ${token}` } });
    expect(answer.status).toBe(401);
  });
});
