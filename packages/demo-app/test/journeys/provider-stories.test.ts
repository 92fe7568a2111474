/** Owns the stories of an agent whose provider vouches for its person, with both kinds of keys. */
import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import type { RunningDemo } from "../../src/server.js";
import { AgentClient, call, grants } from "../support/agent.js";
import { approve, openClaimPage } from "../support/approve.js";
import { Browser } from "../support/browser.js";
import { decoded, idJagUrn, ProviderPerson } from "../support/provider.js";
import { startDemoWithProvider } from "../support/running-demo.js";
import { secondAfter } from "../support/seconds.js";

describe.each(["ES256", "RS256"] as const)("an agent with a provider that signs with %s", (keyAlgorithm) => {
  let demo: RunningDemo & { issuer: string };
  let agent: AgentClient;
  beforeEach(async () => {
    demo = await startDemoWithProvider({}, { keyAlgorithm });
    agent = await AgentClient.discover(demo.baseUrl);
  });
  afterEach(() => demo.close());

  const person = (name: string) => new ProviderPerson(demo.issuer, name);
  const present = (assertion: string) =>
    agent.register({ type: "identity_assertion", assertion_type: idJagUrn, assertion });
  const register = async (who: ProviderPerson) => present(await who.idJag(demo.baseUrl));
  const exchange = (assertion: string) => agent.getToken({ grant_type: grants.jwtBearer, assertion });
  const poll = (claim_token: string) => agent.getToken({ grant_type: grants.claim, claim_token });

  /** Lets the agent work for Alice: the step-up, approved by her. */
  async function link(alice: ProviderPerson, browser = new Browser(demo.baseUrl)) {
    const asked = await register(alice);
    expect(asked.status).toBe(401);
    await approve(browser, asked.body.claim);
    expect((await poll(asked.body.claim_token)).status).toBe(200);
    return asked.body.registration_id as string;
  }

  it("gets a new person an account, and finds it again", async () => {
    const carol = person("carol");
    const idJag = await carol.idJag(demo.baseUrl);
    expect(decoded(idJag)).toMatchObject({
      header: { alg: keyAlgorithm, typ: "oauth-id-jag+jwt" },
      claims: { iss: demo.issuer, aud: demo.baseUrl, email: "carol@example.com", email_verified: true },
    });
    const registered = await present(idJag);
    expect(registered).toMatchObject({
      status: 200,
      body: { registration_type: "identity_assertion", scopes: ["api.read", "api.write"] },
    });
    expect((await exchange(registered.body.identity_assertion)).status).toBe(200);
    const written = await agent.writeNote("From Carol's agent");
    expect(written.status).toBe(201);

    const again = await register(carol);
    expect(again).toMatchObject({
      status: 200,
      body: { registration_id: registered.body.registration_id },
    });
    expect((await exchange(again.body.identity_assertion)).status).toBe(200);
    expect((await agent.readNotes()).body).toEqual([written.body]);
  });

  it("has the account's owner approve, then needs nobody any more", async () => {
    const alice = person("alice");
    const asked = await register(alice);
    expect(asked).toMatchObject({
      status: 401,
      body: { error: "interaction_required", registration_type: "identity_assertion" },
    });
    expect(asked.challenge).toContain('error="interaction_required"');
    expect(asked.body).not.toHaveProperty("identity_assertion");
    expect((await poll(asked.body.claim_token)).body.error).toBe("authorization_pending");

    const browser = new Browser(demo.baseUrl);
    const page = await openClaimPage(
      browser,
      asked.body.claim.verification_uri,
      "alice@example.com",
      "alice-demo",
    );
    expect(page.html).toContain("Sample Provider");
    expect((await approve(browser, asked.body.claim)).status).toBe(200);
    expect(await poll(asked.body.claim_token)).toMatchObject({
      status: 200,
      body: { scope: "api.read api.write" },
    });
    expect((await agent.writeNote("From Alice's agent")).status).toBe(201);
    const home = await browser.get("/");
    expect(home.html).toContain("Agent from Sample Provider");
    expect(home.html).toContain("Vouched for by Sample Provider");
    expect(home.html).toContain("From Alice&#39;s agent");

    const match = await register(alice);
    expect(match).toMatchObject({
      status: 200,
      body: { registration_id: asked.body.registration_id },
    });
    expect((await exchange(match.body.identity_assertion)).status).toBe(200);
    expect((await agent.readNotes()).status).toBe(200);
  });

  it("claims with an ID-JAG what began anonymously", async () => {
    const carol = person("carol");
    const anonymous = await agent.register({ type: "anonymous", client_name: "Journey" });
    await exchange(anonymous.body.identity_assertion);
    const before = agent.token;
    expect((await agent.writeNote("too early")).status).toBe(403);

    const { claim_token, registration_id } = anonymous.body;
    const shape = { type: "identity_assertion", claim_token };
    const claimed = await agent.startClaim({ ...shape, assertion: await carol.idJag(demo.baseUrl) });
    expect(claimed).toMatchObject({ status: 200, body: { status: "claimed", registration_id } });
    expect((await agent.readNotes()).status).toBe(401);
    expect((await exchange(claimed.body.identity_assertion)).status).toBe(200);
    expect(agent.token).not.toBe(before);
    expect((await agent.writeNote("Carol's")).status).toBe(201);

    const repeated = await agent.startClaim({ ...shape, assertion: await carol.idJag(demo.baseUrl) });
    expect(repeated).toMatchObject({ status: 409, body: { error: "claimed_or_in_flight" } });
  });

  it("asks the account's owner when the claiming ID-JAG is not linked yet", async () => {
    const bob = person("bob");
    const { body } = await agent.register({ type: "anonymous" });
    const { claim_token } = body;
    const assertion = await bob.idJag(demo.baseUrl);
    const started = await agent.startClaim({ type: "identity_assertion", claim_token, assertion });
    expect(started).toMatchObject({ status: 200, body: { status: "initiated" } });
    const page = await approve(new Browser(demo.baseUrl), started.body.claim_attempt, {
      email: "bob@example.com",
      password: "bob-demo",
    });
    expect(page.status).toBe(200);
    expect((await poll(claim_token)).status).toBe(200);
    expect((await agent.writeNote("Bob's")).status).toBe(201);
    expect((await register(bob)).status).toBe(200);
  });

  it("is cut off by the provider's button with its very next call", async () => {
    const alice = person("alice");
    const browser = new Browser(demo.baseUrl);
    await link(alice, browser);
    const { body } = await register(alice);
    await exchange(body.identity_assertion);
    expect((await agent.readNotes()).status).toBe(200);

    const connections = await alice.revoke();
    expect(connections.html).toContain(">sent<");
    const refused = await agent.readNotes();
    expect(refused.status).toBe(401);
    expect(refused.challenge).toMatch(/^Bearer resource_metadata=".+", error="invalid_token"/);
    expect(await exchange(body.identity_assertion)).toMatchObject({
      status: 400,
      body: { error: "invalid_grant" },
    });
    expect((await browser.get("/")).html).toContain("Disconnected");

    const [event] = (await call(`${demo.baseUrl}/dev/events.json`)).body;
    expect(decoded(event.token)).toMatchObject({
      header: { alg: keyAlgorithm, typ: "secevent+jwt" },
      claims: { iss: demo.issuer, aud: demo.baseUrl, sub: "usr_alice" },
    });
    // Back to the beginning: the provider asks her, and so does the demo.
    expect((await alice.askForIdJag(demo.baseUrl)).body.error).toBe("interaction_required");
  });

  it("starts over after a revocation, and not with an ID-JAG from before it", async () => {
    const alice = person("alice");
    await link(alice);
    const before = await alice.idJag(demo.baseUrl);
    await alice.revoke();
    expect(await present(before)).toMatchObject({ status: 400, body: { error: "assertion_revoked" } });
    // One of the second of the revocation counts as older than it.
    await secondAfter(Math.floor(Date.now() / 1000));
    const input = { userId: "usr_alice", audience: demo.baseUrl };
    const after = (await demo.provider?.mintIdJag(input)) ?? "";
    expect(await present(after)).toMatchObject({ status: 401, body: { error: "interaction_required" } });
  });
});
