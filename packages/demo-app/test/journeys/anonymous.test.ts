/** Owns the story of an agent that starts without anybody, and is claimed when it needs more. */
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, grants } from "../support/agent.js";
import { approve } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { startDemo } from "../support/running-demo.js";

describe("an anonymous agent", () => {
  let demo: RunningDemo;
  beforeAll(async () => {
    demo = await startDemo();
  });
  afterAll(() => demo.close());

  it("reads, is refused to write, is claimed, writes, and is stopped by giving its token back", async () => {
    const agent = await AgentClient.discover(demo.baseUrl);

    const registered = await agent.register({ type: "anonymous", client_name: "Journey" });
    expect(registered.status).toBe(200);
    expect(registered.body.pre_claim_scopes).toEqual(["api.read"]);

    const exchange = { grant_type: grants.jwtBearer, assertion: registered.body.identity_assertion };
    const exchanged = await agent.getToken(exchange);
    expect(exchanged).toMatchObject({ status: 200, body: { scope: "api.read", token_type: "Bearer" } });
    expect(await agent.readNotes()).toMatchObject({ status: 200, body: [] });

    const refused = await agent.writeNote("too early");
    expect(refused.status).toBe(403);
    expect(refused.challenge).toContain('error="insufficient_scope"');
    expect((await agent.readNotes()).body).toEqual([]);

    const { claim_token } = registered.body;
    const started = await agent.startClaim({ claim_token, login_hint: "alice@example.com" });
    expect(started.status).toBe(200);
    const pending = await agent.getToken({ grant_type: grants.claim, claim_token });
    expect(pending).toMatchObject({ status: 400, body: { error: "authorization_pending" } });

    const alice = new Browser(demo.baseUrl);
    const page = await approve(alice, started.body.claim_attempt);
    expect(page.status).toBe(200);

    const collected = await agent.getToken({ grant_type: grants.claim, claim_token });
    expect(collected).toMatchObject({ status: 200, body: { scope: "api.read api.write" } });
    expect((await agent.getToken(exchange)).body.error).toBe("invalid_grant");

    const written = await agent.writeNote("Buy milk");
    expect(written.status).toBe(201);
    expect(written.body).toMatchObject({ text: "Buy milk", registrationId: registered.body.registration_id });
    expect((await agent.readNotes()).body).toEqual([written.body]);

    const home = await alice.get("/");
    expect(home.html).toContain("Buy milk");
    expect(home.html).toContain(`data-registration="${registered.body.registration_id}"`);

    expect((await agent.revoke()).status).toBe(200);
    const over = await agent.readNotes();
    expect(over.status).toBe(401);
    expect(over.challenge).toMatch(/^Bearer resource_metadata=".+", error="invalid_token"/);
  });
});
