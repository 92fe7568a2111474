/** Owns the stories of an operator who does less than revoking: suspends, narrows, sets an end; and of an incident. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, grants } from "../support/agent.js";
import { claimedAgent } from "../support/claimed-agent.js";
import { headingOf, messageOf, Operator, readable, rowsOf } from "../support/operator.js";
import { startDemo } from "../support/running-demo.js";

describe("an operator", () => {
  let demo: RunningDemo;
  let operator: Operator;
  beforeAll(async () => {
    demo = await startDemo();
    operator = new Operator(demo.baseUrl);
  });
  afterAll(() => demo.close());

  it("suspends an agent with its very next request, and resumes it with the tokens it had", async () => {
    const { agent, id, assertion, refreshToken } = await claimedAgent(demo.baseUrl, "alice", "Paused");
    const home = `/registrations/${id}`;
    const done = await operator.press(`${home}/suspend`, "Suspend it now", { reason: "Looks odd" });
    expect(messageOf(done)).toContain("Suspended.");
    const refused = await agent.readNotes();
    expect([refused.status, refused.challenge.includes('error="invalid_token"')]).toEqual([401, true]);
    const exchange = { grant_type: grants.jwtBearer, assertion };
    expect((await agent.getToken(exchange)).body.error).toBe("invalid_grant");
    expect((await agent.register({ type: "refresh", refresh_token: refreshToken })).body.error).toBe(
      "invalid_refresh_token",
    );

    const resumed = await operator.press(`${home}/resume`, "Resume it", { reason: "It was a drill" });
    expect(messageOf(resumed)).toContain("Resumed.");
    expect((await agent.readNotes()).status).toBe(200);
    expect((await agent.getToken(exchange)).status).toBe(200);
  });

  it("narrows what an agent may do, tokens it has included", async () => {
    const { agent, id } = await claimedAgent(demo.baseUrl, "alice", "Too much");
    expect((await agent.writeNote("Before")).status).toBe(201);
    const path = `/registrations/${id}/narrow`;
    const unchanged = await operator.press(path, "Narrow its scopes", { reason: "Reads are enough" });
    expect(unchanged.status).toBe(422);
    expect((await agent.writeNote("Still")).status).toBe(201);

    const done = await operator.press(path, "Narrow its scopes", {
      reason: "Reads are enough",
      scope: ["api.read"],
    });
    expect(messageOf(done)).toContain("Scopes narrowed.");
    const refused = await agent.writeNote("After");
    expect([refused.status, refused.challenge.includes('error="insufficient_scope"')]).toEqual([403, true]);
    expect((await agent.readNotes()).body).toHaveLength(2);
  });

  it("sets an end that has passed already, and takes it back", async () => {
    const { agent, id } = await claimedAgent(demo.baseUrl, "bob", "Ended");
    const path = `/registrations/${id}/end-date`;
    const button = "Save the end date";
    await operator.press(path, button, { reason: "The trial is over", ends_on: "2020-01-01" });
    expect((await agent.readNotes()).status).toBe(401);
    expect(readable((await operator.open(`/registrations/${id}`)).html)).toContain(
      "Its end date has passed.",
    );
    const done = await operator.press(path, button, { reason: "They paid", ends_on: "" });
    expect(messageOf(done)).toBe("The end date is removed.");
    expect((await agent.readNotes()).status).toBe(200);
  });

  it("acts on everything a filter finds, and on nothing else", async () => {
    const anonymous = async (client_name: string) => {
      const agent = await AgentClient.discover(demo.baseUrl);
      const { body } = await agent.register({ type: "anonymous", client_name });
      await agent.getToken({ grant_type: grants.jwtBearer, assertion: body.identity_assertion });
      return agent;
    };
    const crawlers = await Promise.all([anonymous("Crawler 1"), anonymous("Crawler 2")]);
    const other = await anonymous("Reader");
    const path = "/bulk/revoke?name=Crawler";
    const job = await operator.press(path, "Revoke 2", { reason: "Crawled at night", typed: "revoke 2" });
    expect(messageOf(job)).toContain("The job has started.");
    const over = await operator.finished(job);
    expect(readable(over.html)).toContain("Exactly 2 registrations were revoked.");
    for (const crawler of crawlers) expect((await crawler.readNotes()).status).toBe(401);
    expect((await other.readNotes()).status).toBe(200);
    const stale = await operator.press(path.replace("Crawler", "Reader"), "Revoke 1", {
      reason: "Crawled at night",
      typed: "revoke 2",
    });
    expect(stale.status).toBe(422);
    expect((await other.readNotes()).status).toBe(200);
  });

  it("stops all agents of one person at once, and nobody else's", async () => {
    const mine = await claimedAgent(demo.baseUrl, "bob", "First of Bob's");
    const second = await claimedAgent(demo.baseUrl, "bob", "Second of Bob's");
    const hers = await claimedAgent(demo.baseUrl, "alice", "Alice's");
    const button = "Revoke this user’s agents…";
    const filled = { user_who: "bob@example.com", user_reason: "His laptop is gone" };
    const refused = await operator.press("/incident", button, { ...filled, user_typed: "alice@example.com" });
    expect(refused.status).toBe(422);
    expect((await mine.agent.readNotes()).status).toBe(200);

    const shown = await operator.press("/incident", button, { ...filled, user_typed: "bob@example.com" });
    expect(headingOf(shown)).toMatch(/^Revoke \d registrations$/);
    const found = rowsOf(shown).join();
    for (const name of ["First of Bob's", "Second of Bob's"]) expect(found).toContain(name);
    expect(found).not.toContain("Alice's");
    expect((await mine.agent.readNotes()).status).toBe(200);
    const job = await operator.goOn(shown, `${headingOf(shown)} now`);
    const over = await operator.finished(job);
    expect(headingOf(over)).toBe("Revocation finished");
    for (const { agent } of [mine, second]) expect((await agent.readNotes()).status).toBe(401);
    expect((await hers.agent.readNotes()).status).toBe(200);
    const [, ...events] = rowsOf(
      await operator.open(`/audit?registration=${second.id}&type=registration.revoked`),
    );
    expect(events).toHaveLength(1);
    expect(events[0]).toContain("His laptop is gone");
  });
});
