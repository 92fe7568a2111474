/** Owns whom the demo trusts: the sample provider, those of `TRUSTED_PROVIDERS`, and nobody else. */
import { afterEach, describe, expect, it } from "@jest/globals";
import { AgentClient, call } from "../support/agent.js";
import { idJagUrn, ProviderPerson } from "../support/provider.js";
import { startDemo, startDemoWithProvider } from "../support/running-demo.js";

describe("trust", () => {
  const running: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const demo of running.splice(0)) await demo.close();
  });
  function kept<Demo extends { close(): Promise<void> }>(demo: Demo): Demo {
    running.push(demo);
    return demo;
  }

  async function registerAt(baseUrl: string, issuer: string, name = "carol") {
    const agent = await AgentClient.discover(baseUrl);
    const assertion = await new ProviderPerson(issuer, name).idJag(baseUrl);
    return agent.register({ type: "identity_assertion", assertion_type: idJagUrn, assertion });
  }

  it("extends to the providers of TRUSTED_PROVIDERS", async () => {
    const other = kept(await startDemoWithProvider());
    const trusted = [
      { issuer: other.issuer, name: "Other", jwksUri: `${other.issuer}/.well-known/jwks.json` },
    ];
    const demo = kept(await startDemoWithProvider({ TRUSTED_PROVIDERS: JSON.stringify(trusted) }));
    const { body } = await call(`${demo.baseUrl}/.well-known/oauth-authorization-server`);
    expect(body.agent_auth.identity_assertion.issuers_supported).toEqual([demo.issuer, other.issuer]);

    const first = await registerAt(demo.baseUrl, demo.issuer);
    const second = await registerAt(demo.baseUrl, other.issuer);
    expect([first.status, second.status]).toEqual([200, 200]);
    // Two providers say carol@example.com, nobody here has verified it: two people, until shown otherwise.
    expect(second.body.registration_id).not.toBe(first.body.registration_id);
  });

  it("does not extend to anybody else", async () => {
    const other = kept(await startDemoWithProvider());
    const demo = kept(await startDemoWithProvider());
    expect(await registerAt(demo.baseUrl, other.issuer)).toMatchObject({
      status: 400,
      body: { error: "issuer_not_enabled" },
    });
  });

  it("is not offered without any provider", async () => {
    const demo = kept(await startDemo());
    expect(demo.provider).toBeNull();
    const { body } = await call(`${demo.baseUrl}/.well-known/oauth-authorization-server`);
    expect(body.agent_auth.identity_types_supported).toEqual(["anonymous", "service_auth"]);
    expect((await call(demo.baseUrl)).body).not.toContain("play-provider");
  });

  it("shows only what a trusted provider signed as an event", async () => {
    const other = kept(await startDemoWithProvider());
    const demo = kept(await startDemoWithProvider());
    const stranger = await other.provider?.sendEvent({ userId: "usr_alice", audience: demo.baseUrl });
    expect(stranger).toMatchObject({ status: "refused", problem: "invalid_issuer" });
    const tooLarge = await call(`${demo.baseUrl}/agent/event/notify`, {
      method: "POST",
      headers: { "Content-Type": "application/secevent+jwt" },
      body: "x".repeat(70_000),
    });
    expect(tooLarge).toMatchObject({ status: 413, body: { err: "invalid_request" } });
    expect((await call(`${demo.baseUrl}/dev/events.json`)).body).toEqual([]);
    for (let count = 1; count <= 11; count += 1)
      await demo.provider?.sendEvent({ userId: "usr_bob", audience: demo.baseUrl });
    expect((await call(`${demo.baseUrl}/dev/events.json`)).body).toHaveLength(10);
  });

  it("keeps the sessions of demo and provider apart", async () => {
    const demo = kept(await startDemoWithProvider());
    const alice = new ProviderPerson(demo.issuer, "alice");
    await alice.signIn();
    expect([...alice.browser.cookies.keys()]).toEqual(["demo_provider_session"]);
    expect((await fetch(demo.issuer, { redirect: "manual" })).headers.get("location")).toBe("/delegations");
    expect((await fetch(`${demo.issuer}/favicon.ico`)).headers.get("content-type")).toContain("svg");
  });
});
