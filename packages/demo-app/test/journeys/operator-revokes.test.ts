/** Owns the story of an operator who finds an agent in the dashboard and stops it for good. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, grants } from "../support/agent.js";
import { Browser, fieldValue } from "../support/browser.js";
import { claimedAgent } from "../support/claimed-agent.js";
import { dashboard, headingOf, linksTo, messageOf, Operator, rowsOf } from "../support/operator.js";
import { startDemo } from "../support/running-demo.js";

describe("an operator", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo.close());

  it("is the only one let in: strangers sign in first and come back, everybody else is told so", async () => {
    const stranger = new Browser(demo.baseUrl);
    const sent = await stranger.get(`${dashboard}/audit?type=registration.created`);
    expect(sent.status).toBe(303);
    expect(sent.headers.get("cache-control")).toBe("no-store");
    const login = await stranger.get(sent.location ?? "");
    expect(login.status).toBe(200);
    const returnTo = fieldValue(login.html, "return_to");
    expect(returnTo).toBe(`${dashboard}/audit?type=registration.created`);

    const asAlice = await stranger.signIn("alice@example.com", "alice-demo", returnTo);
    const refused = await stranger.get(asAlice.location ?? "");
    expect([refused.status, headingOf(refused)]).toEqual([403, "This dashboard is not open to you"]);
    expect(await stranger.submit(`${dashboard}/keys/rotate`, { reason: "mine now" })).toMatchObject({
      status: 403,
    });
    expect((await stranger.get("/")).html).not.toContain(dashboard);

    const asOperator = await stranger.signIn("operator@example.com", "operator-demo", returnTo);
    const page = await stranger.get(asOperator.location ?? "");
    expect([page.status, headingOf(page)]).toEqual([200, "Audit log"]);
    expect((await stranger.get("/")).html).toContain(`href="${dashboard}"`);
    expect((await stranger.get(`${dashboard}/keys`)).html.match(/<tr role="row">/g)).toHaveLength(2);
  });

  it("revokes an agent, and its very next request is refused, whatever it tries", async () => {
    const { agent, id, assertion, refreshToken } = await claimedAgent(demo.baseUrl, "alice", "Journey");
    const other = await claimedAgent(demo.baseUrl, "alice", "Bystander");
    expect((await agent.writeNote("Before")).status).toBe(201);

    const operator = new Operator(demo.baseUrl);
    const found = await operator.open("/registrations?q=alice%40example.com");
    expect(rowsOf(found).filter((row) => row.includes("Journey"))).toHaveLength(1);
    expect(linksTo(found, `/registrations/${id}`)).not.toEqual([]);
    // The address is gone from where it would be kept.
    const searched = await operator.browser.get(`${dashboard}/registrations?q=alice%40example.com`);
    expect(searched.location).not.toContain("alice");
    const page = await operator.open(`/registrations/${id}`);
    expect(headingOf(page)).toBe("“Journey”");

    // Without a reason nothing happens.
    const path = `/registrations/${id}/revoke`;
    expect((await operator.press(path, "Revoke it now")).status).toBe(422);
    expect((await agent.readNotes()).status).toBe(200);

    const done = await operator.press(path, "Revoke it now", { reason: "It wrote to everybody" });
    expect(messageOf(done)).toBe("Revoked. Its next request is refused.");
    const refused = await agent.readNotes();
    expect(refused.status).toBe(401);
    expect(refused.challenge).toMatch(/^Bearer resource_metadata=".+", error="invalid_token"/);
    expect(await agent.getToken({ grant_type: grants.jwtBearer, assertion })).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
    expect(await agent.register({ type: "refresh", refresh_token: refreshToken })).toMatchObject({
      status: 400,
      body: { error: "invalid_refresh_token" },
    });
    expect((await other.agent.readNotes()).status).toBe(200);

    const alice = new Browser(demo.baseUrl);
    await alice.signIn("alice@example.com", "alice-demo");
    expect((await alice.get("/")).html).toContain("Disconnected");

    const [event, ...more] = rowsOf(
      await operator.open(`/audit?type=registration.revoked&registration=${id}`),
    ).slice(1);
    expect(more).toEqual([]);
    for (const shown of ["Revoked", "operator@example.com", "127.0.0.1", "It wrote to everybody"])
      expect(event).toContain(shown);
  });

  it("is one of two who revoke the same agent: one did it, the other is told so", async () => {
    const { agent, id } = await claimedAgent(demo.baseUrl, "bob", "Twice");
    const operators = [new Operator(demo.baseUrl), new Operator(demo.baseUrl)];
    const path = `/registrations/${id}/revoke`;
    const pages = await Promise.all(operators.map((operator) => operator.open(path)));
    const answers = await Promise.all(
      operators.map((operator, index) =>
        operator.send(pages[index] as (typeof pages)[0], "Revoke it now", { reason: "Seen by both" }),
      ),
    );
    const said = await Promise.all(
      operators.map(async (operator, index) =>
        messageOf(await operator.browser.get(answers[index]?.location ?? "")),
      ),
    );
    expect(said.filter((text) => text.startsWith("Revoked."))).toHaveLength(1);
    expect(said.filter((text) => text.startsWith("Nothing changed"))).toHaveLength(1);
    expect((await agent.readNotes()).status).toBe(401);
  });

  it("revokes one token, and the agent goes on with another", async () => {
    const { agent, id, assertion } = await claimedAgent(demo.baseUrl, "bob", "Two tokens");
    const second = await AgentClient.discover(demo.baseUrl);
    await second.getToken({ grant_type: grants.jwtBearer, assertion });
    const operator = new Operator(demo.baseUrl);
    const [newest = ""] = linksTo(
      await operator.open(`/registrations/${id}`),
      `/registrations/${id}/tokens/`,
    );
    const done = await operator.press(newest.slice(dashboard.length), "Revoke this token", {
      reason: "Leaked",
    });
    expect(messageOf(done)).toBe("Token revoked. Its next request is refused.");
    const left = [await agent.readNotes(), await second.readNotes()].map(({ status }) => status);
    expect(left.sort()).toEqual([200, 401]);
    expect((await agent.getToken({ grant_type: grants.jwtBearer, assertion })).status).toBe(200);
  });
});
